//! Users who come from another system, and sign in with the passwords that they had there.

use rocket_security::{Event, Security};
use serde::Deserialize;

use crate::answer::Speech;
use crate::support::{Browser, app};

const ADA: &str = "ada@example.org";

#[derive(Deserialize)]
struct Hashes {
    password_salt: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    scheme: String,
    password: String,
    hash: String,
    double: bool,
}

fn hashes() -> Hashes {
    serde_json::from_str(include_str!("../data/hashes.json")).unwrap()
}

async fn sign_in(browser: &Browser, password: &str) -> u16 {
    let fields = [("email", ADA), ("password", password)];
    let status = browser.send(Speech::Page, "/login", &fields).await.status;
    if status == 302 {
        browser.sign_out().await;
    }
    status
}

fn renewed(events: &mut tokio::sync::broadcast::Receiver<Event>) -> usize {
    std::iter::from_fn(|| events.try_recv().ok())
        .filter(|event| matches!(event, Event::PasswordRehashed { .. }))
        .count()
}

#[rocket::async_test]
async fn an_imported_user_signs_in_and_his_hash_is_made_anew_once() {
    let Hashes {
        password_salt,
        vectors,
    } = hashes();
    for scheme in [
        "bcrypt",
        "sha512_crypt",
        "django_pbkdf2_sha256",
        "argon2",
        "hex_md5",
    ] {
        // Flask-Security hashes all but Django's twice.
        let double = !scheme.starts_with("django");
        let vector = vectors
            .iter()
            .find(|vector| {
                vector.scheme == scheme && vector.double == double && vector.password == "password"
            })
            .unwrap();
        let app = app()
            .set("security.password_salt", &password_salt)
            .set("security.password_schemes", vec![scheme]);
        let browser = Browser::new(&app).await;
        let security = browser.client.rocket().state::<Security>().unwrap();
        let mut events = security.events();
        security.import_user(ADA, &vector.hash).await.unwrap();
        assert_ne!(sign_in(&browser, "Password").await, 302, "{scheme}");
        assert_eq!(renewed(&mut events), 0, "{scheme}");
        assert_eq!(sign_in(&browser, &vector.password).await, 302, "{scheme}");
        assert_eq!(renewed(&mut events), 1, "{scheme}");
        assert_eq!(sign_in(&browser, &vector.password).await, 302, "{scheme}");
        assert_eq!(renewed(&mut events), 0, "{scheme}");
    }
}

#[rocket::async_test]
async fn what_cannot_be_verified_is_not_imported() {
    let app = app();
    let browser = Browser::new(&app).await;
    let security = browser.client.rocket().state::<Security>().unwrap();
    let twice = hashes()
        .vectors
        .into_iter()
        .find(|vector| vector.scheme == "bcrypt")
        .unwrap();
    for (hash, says) in [
        (twice.hash.as_str(), "password_salt"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "password_schemes"),
        ("a password in plain text", "no known scheme"),
    ] {
        let error = security.import_user(ADA, hash).await.err().unwrap().to_string();
        assert!(error.contains(says) && !error.contains(hash), "{error}");
    }
    assert!(security.find_user(ADA).await.unwrap().is_none());
}
