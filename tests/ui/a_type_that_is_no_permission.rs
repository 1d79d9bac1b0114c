#[macro_use]
extern crate rocket;
use rocket_security::HasPermission;

#[get("/")]
fn edit(_user: HasPermission<String>) {}

fn main() {}
