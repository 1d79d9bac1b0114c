#[macro_use]
extern crate rocket;
use rocket_security::HasRole;

struct Admin;

#[get("/")]
fn admin(_user: HasRole<Admin>) {}

fn main() {}
