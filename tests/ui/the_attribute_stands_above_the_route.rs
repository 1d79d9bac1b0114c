#[macro_use]
extern crate rocket;
use rocket_security::{HasRole, guards};

#[get("/")]
#[guards]
fn admin(_user: HasRole<"admin">) {}

fn main() {}
