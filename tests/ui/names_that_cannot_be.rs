#[macro_use]
extern crate rocket;
use rocket_security::guards;

#[guards]
mod area {
    use rocket_security::{HasAnyPermission, HasRole};

    #[get("/empty")]
    fn empty(_user: HasRole<"">) {}

    #[get("/space")]
    fn space(_user: HasRole<"admin ">) {}

    #[get("/long")]
    fn long(_user: HasRole<"a name that goes on and on until it has fifty letters">) {}

    #[get("/comma")]
    fn comma(_user: HasAnyPermission<"read,write">) {}
}

fn main() {}
