use rocket_security::{AuthUser, Token};

fn another(user: AuthUser) -> AuthUser {
    AuthUser { ..user }
}

fn longer(token: Token) -> Token {
    Token { expires_at: token.issued_at, ..token }
}

fn main() {
    let _ = (another, longer);
}
