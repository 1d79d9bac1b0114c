#[macro_use]
extern crate rocket;
use rocket_security::Protected;

#[get("/")]
fn index() {}

fn main() {
    let _ = rocket::build().mount("/", Protected::new(routes![index]));
}
