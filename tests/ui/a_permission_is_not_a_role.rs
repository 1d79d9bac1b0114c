#[macro_use]
extern crate rocket;
use rocket_security::{HasRole, permissions};

permissions! { Edit = "edit" }

#[get("/")]
fn edit(_user: Option<HasRole<Edit>>) {}

fn main() {}
