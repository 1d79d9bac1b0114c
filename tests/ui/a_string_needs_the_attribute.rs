#[macro_use]
extern crate rocket;
use rocket_security::HasRole;

#[get("/")]
fn admin(_user: HasRole<"admin">) {}

fn main() {}
