use rocket_security::{Auth, HasRole, Session, roles};

roles! { Admin = "admin" }

#[rocket::get("/one")]
fn one(_user: Auth<String>) {}

#[rocket::get("/two")]
fn two(_user: Auth<(Session, Admin)>) {}

#[rocket::get("/three")]
fn three(_user: HasRole<Admin, Admin>) {}

fn main() {
    let _ = rocket::routes![one, two, three];
}
