//! What is no token, and tokens of those who may not come in.

use super::*;
use rocket_security::{Policy, Result, User};

#[rocket::async_test]
async fn what_is_no_token_is_refused() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    ears.heard();
    let flipped = |at: usize| {
        let mut text = token.clone().into_bytes();
        text[at] = if text[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(text).unwrap()
    };
    for odd in [
        &token[1..],
        &format!("{token}="),
        &format!("{token}A"),
        &format!(" {token}"),
        "é",
        "null",
        &"A".repeat(4096),
        "' OR 1=1 --",
        "eyJ2ZXIiOiIxIn0.6Xoqzp6B2wR5J-MpPSbinOjUajs",
    ] {
        refused(&exchange(&browser, odd).await, "INVALID");
    }
    refused(&exchange(&browser, &signed_by_nobody()).await, "NOT_FOUND");
    // Another family than its own.
    refused(&exchange(&browser, &flipped(3)).await, "NOT_FOUND");
    assert_eq!((number(&app, REVOKED), ears.heard()), (0, vec![]));
    for (body, code) in [
        (json!({}), "VALUE_NOT_PROVIDED"),
        (json!({ "refresh_token": "" }), "VALUE_NOT_PROVIDED"),
        (json!({ "refresh_token": null }), "VALUE_NOT_PROVIDED"),
        (json!({ "refresh_token": 7 }), "API_ERROR"),
        (json!({ "refresh_token": [token] }), "API_ERROR"),
        (json!({ "refresh_token": { "a": token } }), "API_ERROR"),
        (json!({ "refresh_token": "a\0b" }), "INVALID_INPUT"),
    ] {
        let attempt = Attempt::post("/refresh-token").json(&body);
        let answer = Answer::of(browser.attempt(&attempt).await).await;
        assert_eq!(
            (answer.status, answer.codes()),
            (400, vec![code.to_owned()]),
            "{body}"
        );
    }
    // In the query or in a form it is not even looked at.
    let url = format!("/refresh-token?refresh_token={token}");
    for (attempt, status) in [
        (Attempt::post(&url).json(&json!({})), 400),
        (
            Attempt::post("/refresh-token").form(&[("refresh_token", &token)]),
            400,
        ),
        (
            Attempt::post("/refresh-token").body("text/plain", token.clone()),
            400,
        ),
        (Attempt::post("/refresh-token"), 400),
        (Attempt::new(Method::Get, &url), 404),
        (
            Attempt::post("/refresh-token").body("application/json", "[]"),
            400,
        ),
        (
            Attempt::post("/refresh-token").body("application/json", "{\"a\""),
            400,
        ),
        (
            Attempt::post("/refresh-token").body("application/json", vec![b' '; 100_000]),
            413,
        ),
    ] {
        let answer = Answer::of(browser.attempt(&attempt).await).await;
        assert_eq!(answer.status, status, "{:?}: {}", attempt.headers, answer.body);
    }
    assert_eq!(
        exchange(&browser, &token).await.status,
        200,
        "nothing of this has used it"
    );
}

#[rocket::async_test]
async fn a_token_with_a_right_family_and_a_wrong_rest_was_copied_and_changed() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    let mut other = token.clone().into_bytes();
    other[40] = if other[40] == b'A' { b'B' } else { b'A' };
    let other = String::from_utf8(other).unwrap();
    // Who knows the 128 bits of the family was given a token of it.
    refused(&exchange(&browser, &other).await, "GEN_MISMATCH");
    assert_eq!(ears.ends(), [RefreshEnd::Reused]);
    refused(&exchange(&browser, &token).await, "REVOKED");
}

#[rocket::async_test]
async fn a_token_of_another_purpose_is_none() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    let body = json!({ "email": ADA, "password": PASSWORD, "remember": true });
    let answer = device.send("/login?include_auth_token", &body).await;
    let (auth, refresh) = (auth_of(&answer), refresh_of(&answer));
    ears.heard();
    let session = device.jar["session"].clone();
    let remember = device.jar["remember_token"].clone();
    for (odd, reason) in [
        (&auth, "INVALID"),
        (&session, "INVALID"),
        (&remember, "NOT_FOUND"),
    ] {
        refused(&exchange(&browser, odd).await, reason);
    }
    // And the other way round.
    assert_eq!(who(&browser, &refresh).await, None);
    for cookie in ["session", "remember_token"] {
        let mut thief = Device::new(&browser);
        thief.jar.insert(cookie.to_owned(), refresh.clone());
        let page = Attempt::new(Method::Get, "/profile").wants_json();
        assert_eq!(thief.ask(page).await.status, 401, "{cookie}");
    }
    assert_eq!(exchange(&browser, &refresh).await.status, 200);
    assert_eq!(ears.heard(), []);
}

#[rocket::async_test]
async fn who_is_deactivated_or_signed_out_everywhere_gets_nothing() {
    for deactivate in [true, false] {
        let app = in_json();
        let (browser, _, user) = open(&app).await;
        let token = signed_in(&browser, ADA).await;
        let bobs = signed_in(&browser, BOB).await;
        let security = browser.security();
        match deactivate {
            true => assert!(security.deactivate_user(user).await.unwrap()),
            false => assert!(security.sign_out_everywhere(user).await.unwrap()),
        }
        refused(&exchange(&browser, &token).await, "NOT_FOUND");
        if deactivate {
            // Nor when he is back.
            assert!(security.activate_user(user).await.unwrap());
            refused(&exchange(&browser, &token).await, "NOT_FOUND");
        }
        assert_eq!(exchange(&browser, &bobs).await.status, 200);
        assert_eq!(number(&app, FAMILIES), 1);
    }
}

/// Locks Ada while it says so.
struct Lock(Arc<Mutex<bool>>);

#[rocket::async_trait]
impl Policy for Lock {
    async fn is_locked(&self, user: &User) -> Result<bool> {
        Ok(user.email == ADA && *self.0.lock().unwrap())
    }
}

#[rocket::async_test]
async fn who_is_locked_gets_nothing_while_he_is() {
    let app = in_json();
    let locked = Arc::new(Mutex::new(false));
    let lock = Lock(locked.clone());
    let (browser, ears, _) = open_with(&app, |fairing| fairing.policy(lock)).await;
    let token = signed_in(&browser, ADA).await;
    ears.heard();
    *locked.lock().unwrap() = true;
    let answer = exchange(&browser, &token).await;
    assert_eq!(
        (answer.status, answer.codes()),
        (400, vec!["ACCOUNT_LOCKED".to_owned()])
    );
    assert!(!answer.body.contains("authentication_token"));
    assert_eq!(number(&app, GENERATIONS), 1, "the token was not used up");
    *locked.lock().unwrap() = false;
    assert_eq!(exchange(&browser, &token).await.status, 200);
    assert_eq!(ears.heard(), []);
}

#[rocket::async_test]
async fn a_session_that_comes_along_changes_nothing() {
    let app = in_json();
    let (browser, ..) = open(&app).await;
    let adas = signed_in(&browser, ADA).await;
    let mut bob = Device::new(&browser);
    bob.sign_in(BOB).await;
    let attempt = Attempt::post("/refresh-token").json(&json!({ "refresh_token": adas }));
    let answer = bob.ask(attempt).await;
    assert_eq!(who(&browser, &auth_of(&answer)).await.as_deref(), Some(ADA));
    let page = Attempt::new(Method::Get, "/profile").wants_json();
    assert_eq!(bob.ask(page).await.body, BOB, "his session is his");
}
