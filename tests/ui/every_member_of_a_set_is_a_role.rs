#[macro_use]
extern crate rocket;
use rocket_security::{HasAnyRole, roles};

roles! { Admin = "admin" }

#[get("/")]
fn staff(_user: HasAnyRole<(Admin, String)>) {}

fn main() {}
