use rocket_security::{permissions, roles};

roles! {
    Empty = "";
    Space = " admin";
}

permissions! {
    Comma = "read,write";
}

fn main() {}
