#[macro_use]
extern crate rocket;
use rocket_security::{HasRole, guards};

#[guards(role = "admin")]
#[get("/")]
fn admin(_user: HasRole<"admin">) {}

fn main() {}
