#[macro_use]
extern crate rocket;
use rocket_security::{HasRole, roles};

roles! { Admin = "admin" }

#[get("/")]
fn admin(_user: HasRole<Amdin>) {}

fn main() {}
