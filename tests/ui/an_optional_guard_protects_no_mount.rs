#[macro_use]
extern crate rocket;
use rocket_security::{AuthUser, Protected};

#[get("/")]
fn index() {}

fn main() {
    let _ = Protected::new(routes![index]).require::<Option<AuthUser>>();
}
