//! What users see of their own, and revoke.

use super::*;
use crate::answer::{BOTH, Speech};

const URL: &str = "/refresh-tokens";

impl Device {
    async fn look(&mut self, speech: Speech) -> Answer {
        let attempt = Attempt::new(Method::Get, URL);
        self.ask(match speech {
            Speech::Page => attempt.header("Accept", "text/html"),
            Speech::Json => attempt.wants_json(),
        })
        .await
    }

    /// As our page or a front end sends it.
    async fn revoke(&mut self, speech: Speech, fields: &[(&str, &str)]) -> Answer {
        let token = self.csrf().await;
        let attempt = Attempt::post(URL).same_origin();
        self.ask(match speech {
            Speech::Page => {
                let mut all = vec![("csrf_token", token.as_str())];
                all.extend_from_slice(fields);
                attempt.form(&all)
            }
            Speech::Json => {
                let body: BTreeMap<_, _> = fields.iter().copied().collect();
                attempt.header("X-CSRF-Token", &token).json(&json!(body))
            }
        })
        .await
    }

    async fn listed(&mut self) -> Vec<Value> {
        let answer = self.look(Speech::Json).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let list = answer.json()["response"]["refresh_tokens"].clone();
        list.as_array().expect("a list").clone()
    }

    async fn ids(&mut self) -> Vec<String> {
        let list = self.listed().await;
        let ids = list.iter().map(|family| family["id"].as_str().expect("an id"));
        ids.map(str::to_owned).collect()
    }
}

/// What the page shows, by the value of each hidden field of that name.
fn values(html: &str, name: &str) -> Vec<String> {
    let page = scraper::Html::parse_document(html);
    let selector = scraper::Selector::parse(&format!("input[name=\"{name}\"]")).expect("a selector");
    let values = page
        .select(&selector)
        .filter_map(|input| input.value().attr("value"));
    values.map(str::to_owned).collect()
}

#[rocket::async_test]
async fn a_user_sees_his_own_and_nothing_a_token_could_be_made_of() {
    let app = in_cookie();
    let (browser, ..) = open(&app).await;
    let mut bob = Device::new(&browser);
    bob.sign_in(BOB).await;
    let (mut here, mut there) = (Device::new(&browser), Device::new(&browser));
    there.sign_in(ADA).await;
    app.advance(MINUTE);
    here.sign_in(ADA).await;
    let list = here.listed().await;
    assert_eq!(list.len(), 2);
    assert_eq!(
        (&list[0]["current"], &list[1]["current"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(list[0]["created_at"], json!("2026-01-01T12:01:00Z"));
    assert_eq!(list[1]["last_used_at"], json!("2026-01-01T12:00:00Z"));
    assert_eq!(list[1]["expires_at"], json!("2026-04-01T12:00:00Z"));
    assert_eq!(list[0]["authn_via"], json!(["password"]));
    let mut keys: Vec<&str> = list[0].as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "authenticated_at",
            "authn_via",
            "created_at",
            "current",
            "expires_at",
            "id",
            "ip",
            "last_used_at",
            "user_agent"
        ]
    );
    let bobs = bob.ids().await;
    let page = here.look(Speech::Page).await;
    assert_eq!(page.status, 200);
    page.assert_not_cached("the page");
    assert_eq!(values(&page.body, "delete"), here.ids().await);
    for secret in [here.refresh().unwrap(), there.refresh().unwrap(), bobs[0].clone()] {
        assert!(!page.body.contains(&secret) && !list.iter().any(|it| it.to_string().contains(&secret)));
    }
}

#[rocket::async_test]
async fn a_name_cannot_break_out_of_the_page() {
    let app = in_cookie();
    let (browser, ..) = open(&app).await;
    let mut device = Device::new(&browser);
    let token = device.csrf().await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let attempt = Attempt::post("/login?include_auth_token")
        .same_origin()
        .header("X-CSRF-Token", &token)
        .header("User-Agent", "<script>alert(1)</script>\"'");
    assert_eq!(device.ask(attempt.json(&body)).await.status, 200);
    let page = device.look(Speech::Page).await;
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    assert!(page.body.contains("alert(1)"));
}

#[rocket::async_test]
async fn one_is_revoked_and_the_others_live() {
    for speech in BOTH {
        let app = in_cookie();
        let (browser, ears, user) = open(&app).await;
        let (mut here, mut there) = (Device::new(&browser), Device::new(&browser));
        there.sign_in(ADA).await;
        app.advance(SECOND);
        here.sign_in(ADA).await;
        ears.heard();
        let ids = here.ids().await;
        let answer = here.revoke(speech, &[("delete", &ids[1])]).await;
        match speech {
            Speech::Page => {
                assert_eq!((answer.status, answer.location()), (302, Some(URL)));
                assert!(here.look(speech).await.says("REFRESH_TOKEN_REVOKED"));
            }
            Speech::Json => assert_eq!(answer.response_keys(), ["csrf_token", "refresh_tokens"]),
        }
        let family = Some(ids[1].clone());
        let why = RefreshEnd::Revoked;
        assert_eq!(ears.heard(), [Event::RefreshTrackerRevoked { user, family, why }]);
        refused(&there.exchange().await, "REVOKED");
        assert_eq!(here.ids().await, ids[..1]);
        assert_eq!(here.exchange().await.status, 200);
        // The browser's own takes its cookie along.
        let answer = here.revoke(speech, &[("delete", &ids[0])]).await;
        assert!(matches!(answer.status, 200 | 302));
        assert_eq!(here.refresh(), None);
        assert!(here.ids().await.is_empty());
        assert!(here.look(Speech::Page).await.body.contains("There are none."));
    }
}

#[rocket::async_test]
async fn all_are_revoked_together() {
    for speech in BOTH {
        let app = in_cookie();
        let (browser, ears, _) = open(&app).await;
        let (mut here, mut there, mut bob) = (
            Device::new(&browser),
            Device::new(&browser),
            Device::new(&browser),
        );
        here.sign_in(ADA).await;
        there.sign_in(ADA).await;
        bob.sign_in(BOB).await;
        let there_still = there.clone();
        ears.heard();
        let answer = here.revoke(speech, &[("delete_all", "y")]).await;
        assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
        assert_eq!(ears.ends(), [RefreshEnd::Revoked]);
        assert_eq!(here.refresh(), None);
        refused(&there_still.clone().exchange().await, "REVOKED");
        assert_eq!(bob.exchange().await.status, 200);
    }
}

#[rocket::async_test]
async fn what_is_not_his_is_not_there() {
    for speech in BOTH {
        let app = in_cookie();
        let (browser, ears, _) = open(&app).await;
        let (mut ada, mut bob) = (Device::new(&browser), Device::new(&browser));
        ada.sign_in(ADA).await;
        bob.sign_in(BOB).await;
        let adas = ada.ids().await.remove(0);
        ears.heard();
        let unknown = "0f".repeat(16);
        for id in [&adas, &unknown, "x", &"y".repeat(5000)] {
            let answer = bob.revoke(speech, &[("delete", id)]).await;
            match speech {
                Speech::Json => {
                    assert_eq!(
                        (answer.status, answer.codes()),
                        (400, vec!["REFRESH_TOKEN_INVALID".into()])
                    );
                    let errors = &answer.json()["response"]["field_errors"]["delete"];
                    assert!(errors[0].as_str().unwrap().contains("NOT_FOUND"));
                }
                Speech::Page => assert!(answer.status == 200 && answer.says("REFRESH_TOKEN_INVALID")),
            }
        }
        for fields in [
            &[][..],
            &[("delete", "")],
            &[("delete", &adas), ("delete_all", "y")],
        ] {
            let answer = bob.revoke(speech, fields).await;
            answer.assert_refused(speech, &[("delete", "VALUE_NOT_PROVIDED")], "nothing named");
        }
        assert_eq!((number(&app, REVOKED), ears.heard()), (0, vec![]));
        assert_eq!(ada.exchange().await.status, 200);
    }
}

#[rocket::async_test]
async fn who_is_not_signed_in_or_not_fresh_sees_nothing() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut nobody = Device::new(&browser);
    assert_eq!(nobody.look(Speech::Json).await.status, 401);
    let page = nobody.look(Speech::Page).await;
    assert_eq!(page.status, 302);
    assert!(page.location().unwrap().starts_with("/login?next="));
    assert_eq!(
        nobody.revoke(Speech::Json, &[("delete_all", "y")]).await.status,
        401
    );

    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    ears.heard();
    // Used now and then, so that the session lives; the password is a day old.
    for _ in 0..3 {
        app.advance(9 * 60 * MINUTE);
        device.ask(Attempt::new(Method::Get, "/profile")).await;
    }
    let answer = device.look(Speech::Json).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["response"]["reauth_required"], json!(true));
    let page = device.look(Speech::Page).await;
    assert!(page.location().unwrap().starts_with("/verify?next="), "{page:?}");
    assert_eq!(
        device.revoke(Speech::Json, &[("delete_all", "y")]).await.status,
        401
    );
    assert_eq!(
        device.revoke(Speech::Page, &[("delete_all", "y")]).await.status,
        302
    );
    assert_eq!((number(&app, REVOKED), ears.heard()), (0, vec![]));
    assert_eq!(
        device
            .send("/verify", &json!({ "password": PASSWORD }))
            .await
            .status,
        200
    );
    assert_eq!(device.look(Speech::Page).await.status, 200);
}

#[rocket::async_test]
async fn another_site_revokes_nothing() {
    let app = in_cookie();
    let (browser, ears, _) = open(&app).await;
    let mut device = Device::new(&browser);
    device.sign_in(ADA).await;
    let token = device.csrf().await;
    ears.heard();
    let form = |fields: &[(&str, &str)]| Attempt::post(URL).form(fields);
    let all = ("delete_all", "y");
    for attempt in [
        form(&[all]),
        form(&[all]).same_origin(),
        form(&[all, ("csrf_token", &"A".repeat(86))]).same_origin(),
        form(&[all, ("csrf_token", &token)]).header("Sec-Fetch-Site", "cross-site"),
        form(&[("_method", "get"), all]).same_origin(),
        Attempt::post(URL).json(&json!({ "delete_all": true })),
    ] {
        device.clone().ask(attempt).await;
        assert_eq!(number(&app, REVOKED), 0);
    }
    assert_eq!(ears.heard(), []);
}

#[rocket::async_test]
async fn the_application_may_do_it_in_process() {
    let app = in_json();
    let (browser, ears, user) = open(&app).await;
    let (one, two, three) = (
        signed_in(&browser, ADA).await,
        signed_in(&browser, ADA).await,
        signed_in(&browser, ADA).await,
    );
    let security = browser.security();
    let families = security.refresh_families(user).await.unwrap();
    assert_eq!(families.len(), 3);
    assert!(
        families
            .iter()
            .all(|family| family.user_id == user && family.revoked_at.is_none())
    );
    ears.heard();
    let id = &families[0].id;
    assert!(!security.revoke_refresh_family(user + 1, id).await.unwrap());
    assert!(security.revoke_refresh_family(user, id).await.unwrap());
    assert!(!security.revoke_refresh_family(user, id).await.unwrap());
    assert_eq!(security.refresh_families(user).await.unwrap().len(), 2);
    assert_eq!(security.revoke_refresh_families(user).await.unwrap(), 2);
    assert_eq!(security.revoke_refresh_families(user).await.unwrap(), 0);
    assert_eq!(ears.ends(), [RefreshEnd::Revoked, RefreshEnd::Revoked]);
    for token in [one, two, three] {
        refused(&exchange(&browser, &token).await, "REVOKED");
    }
}

#[rocket::async_test]
async fn who_has_no_session_but_an_auth_token_sees_his_own_too() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let answer = Device::new(&browser).sign_in(ADA).await;
    let (auth, refresh) = (auth_of(&answer), refresh_of(&answer));
    let mut client = Device::new(&browser);
    let get = |auth: &str| {
        let attempt = Attempt::new(Method::Get, URL).wants_json();
        attempt.header("Authentication-Token", auth)
    };
    let list = client.ask(get(&auth)).await.json();
    let id = list["response"]["refresh_tokens"][0]["id"].clone();
    // As fresh as the sign-in, and no fresher.
    app.advance(2 * DAY);
    let answer = exchange(&browser, &refresh).await;
    let stale = client.ask(get(&auth_of(&answer))).await;
    assert_eq!(stale.status, 401);
    assert_eq!(stale.json()["response"]["reauth_required"], json!(true));
    let fresh = Device::new(&browser).sign_in(ADA).await;
    ears.heard();
    let attempt = Attempt::post(URL).header("Authentication-Token", &auth_of(&fresh));
    let revoked = client.ask(attempt.json(&json!({ "delete": id }))).await;
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    assert_eq!(ears.ends(), [RefreshEnd::Revoked]);
    refused(&exchange(&browser, &refresh_of(&answer)).await, "REVOKED");
    // A refresh token opens nothing by itself.
    assert_eq!(client.ask(get(&refresh_of(&fresh))).await.status, 401);
}
