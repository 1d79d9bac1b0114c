//! The whole story in one go, as a visitor lives it.

use rocket::http::Status;

use crate::support::{Browser, PASSWORD, app};

#[rocket::async_test]
async fn a_visitor_signs_up_reaches_the_page_and_signs_out() {
    let app = app();
    let browser = Browser::new(&app).await;

    let turned_away = browser.get("/profile").await;
    assert_eq!(turned_away.status(), Status::Found);
    assert_eq!(
        turned_away.headers().get_one("Location"),
        Some("/login?next=/profile")
    );

    browser.register("ada@example.org").await;
    assert_eq!(
        browser.get("/profile").await.into_string().await.as_deref(),
        Some("ada@example.org")
    );
    assert_eq!(browser.get("/admin").await.status(), Status::Forbidden);

    browser.sign_out().await;
    assert_eq!(browser.get("/profile").await.status(), Status::Found);

    let signed_in = browser
        .submit(
            "/login?next=/profile",
            &[("email", "ada@example.org"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(signed_in.status(), Status::Found);
    assert_eq!(signed_in.headers().get_one("Location"), Some("/profile"));
    assert_eq!(browser.get("/profile").await.status(), Status::Ok);
}
