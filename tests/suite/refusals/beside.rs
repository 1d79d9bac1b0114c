//! Fairings, cookies and rockets beside ours.

use rocket::fairing::AdHoc;
use rocket::http::{Cookie, CookieJar, Header, Status};
use rocket::{get, routes};
use rocket_security::{Security, SecurityContext, SecurityFairing};

use super::{JSON, ask, inner, tracked};
use crate::support::{Browser, PASSWORD, app, field};

/// Headers of the application's own on everything it answers: they win over ours, in either order.
#[rocket::async_test]
async fn headers_of_the_applications_fairings_stay() {
    fn own() -> AdHoc {
        AdHoc::on_response("own headers", |_, response| {
            Box::pin(async move {
                response.set_raw_header("X-Frame-Options", "SAMEORIGIN");
                response.set_raw_header(
                    "Content-Security-Policy",
                    "default-src 'self' https://cdn.example",
                );
                response.set_raw_header("Referrer-Policy", "no-referrer");
                response.adjoin_raw_header("Set-Cookie", "theme=dark; Path=/");
            })
        })
    }
    let one = app();
    let before = rocket::custom(one.figment())
        .attach(own())
        .attach(SecurityFairing::new().clock(one.clock().clone()))
        .mount("/", routes![inner]);
    let two = app();
    let after = two
        .rocket(|fairing| fairing)
        .attach(own())
        .mount("/", routes![inner]);
    for (order, rocket) in [("before", before), ("after", after)] {
        let client = tracked(rocket).await;
        for (path, accept) in [
            ("/inner", "text/html"),
            ("/inner", JSON),
            ("/login", "text/html"),
            ("/login", JSON),
        ] {
            let answer = ask(&client, path, accept).await;
            let what = format!("{path} for {accept}, attached {order}");
            let all = |name| answer.headers().get(name).collect::<Vec<_>>();
            assert_eq!(all("X-Frame-Options"), ["SAMEORIGIN"], "{what}");
            assert_eq!(
                all("Content-Security-Policy"),
                ["default-src 'self' https://cdn.example"],
                "{what}"
            );
            assert_eq!(all("Referrer-Policy"), ["no-referrer"], "{what}");
            assert!(
                all("Set-Cookie").contains(&"theme=dark; Path=/"),
                "{what}: {:?}",
                all("Set-Cookie")
            );
            // Ours beside it: the flash of a refusal, the secret that the form's token is bound to.
            if accept != JSON {
                assert!(all("Set-Cookie").len() > 1, "{what}: {:?}", all("Set-Cookie"));
            }
        }
    }
}

#[get("/both-cookies")]
fn both_cookies(security: SecurityContext, jar: &CookieJar<'_>) -> String {
    jar.add(Cookie::new("basket", "apples"));
    security.csrf_token
}

#[rocket::async_test]
async fn cookies_of_a_handler_and_ours_both_arrive() {
    let app = app();
    let client = tracked(app.rocket(|fairing| fairing).mount("/", routes![both_cookies])).await;
    let answer = ask(&client, "/both-cookies", "text/html").await;
    let names: Vec<_> = answer
        .cookies()
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .collect();
    assert!(
        names.iter().any(|name| name == "basket") && names.len() > 1,
        "{names:?}"
    );
}

#[rocket::async_test]
async fn two_rockets_in_one_process_know_nothing_of_each_other() {
    let (one, two) = (app(), app().set("security.login_url", "/sign-in"));
    let (first, second) = (Browser::new(&one).await, Browser::new(&two).await);
    first.register("ada@example.org").await;
    let theirs = second.client.rocket().state::<Security>().unwrap();
    assert!(theirs.find_user("ada@example.org").await.unwrap().is_none());
    // The same keys, and yet the cookie of one opens nothing at the other.
    let cookies: Vec<_> = first.client.cookies().iter().cloned().collect();
    assert!(!cookies.is_empty());
    let request = second
        .client
        .get("/profile")
        .cookies(cookies)
        .header(Header::new("Host", "app.example"));
    let refused = request.dispatch().await;
    assert_eq!(
        refused.headers().get_one("Location"),
        Some("/sign-in?next=/profile")
    );
    assert_eq!(first.get("/profile").await.status(), Status::Ok);
}

/// Two instances behind a balancer: the state is in the database, not in a process.
#[rocket::async_test]
async fn two_rockets_on_one_database_are_one_application() {
    let app = app();
    let (first, second) = (Browser::new(&app).await, Browser::new(&app).await);
    first.register("ada@example.org").await;
    let cookies: Vec<_> = first.client.cookies().iter().cloned().collect();
    let at_second = async || {
        let request = second
            .client
            .get("/profile")
            .header(Header::new("Host", "app.example"));
        request.cookies(cookies.clone()).dispatch().await.status()
    };
    assert_eq!(at_second().await, Status::Ok);
    let page = second.get("/login").await.into_string().await.unwrap();
    let token = field(&page, "csrf_token").unwrap();
    assert_eq!(
        second
            .post(
                "/login",
                &[
                    ("csrf_token", &token),
                    ("email", "ada@example.org"),
                    ("password", PASSWORD),
                ]
            )
            .await
            .status(),
        Status::Found
    );
    first.sign_out().await;
    assert_eq!(
        at_second().await,
        Status::Found,
        "signed out at one is signed out at the other"
    );
    assert_eq!(
        second.get("/profile").await.status(),
        Status::Ok,
        "the second browser stays signed in"
    );
}
