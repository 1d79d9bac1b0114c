#[macro_use]
extern crate rocket;
use rocket_security::{HasPermission, HasRole, guards};

#[guards]
#[get("/role")]
fn role(_user: HasRole<"admin", "editor">) {}

#[guards]
#[get("/permission")]
fn permission(_user: HasPermission<"read", "write">) {}

fn main() {}
