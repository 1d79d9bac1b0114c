#[macro_use]
extern crate rocket;
use rocket_security::{HasAnyPermission, HasAnyRole};

#[get("/roles")]
fn roles(_user: HasAnyRole<()>) {}

#[get("/permissions")]
fn permissions(_user: HasAnyPermission<()>) {}

fn main() {}
