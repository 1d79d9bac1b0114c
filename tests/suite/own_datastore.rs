//! The example with a datastore of its own, over HTTP; and what the launch says about a store that does not fit.

use std::sync::Arc;
use std::time::Duration;

use rocket::error::ErrorKind;
use rocket::http::Status;
use rocket::local::asynchronous::Client;
use rocket_security::store::{Datastore, Identity, Users};
use rocket_security::testing::App;
use rocket_security::{Error, Security, SecurityFairing};

use crate::contract::wrong::{Fault, WrongStore};
use crate::support::{Browser, PASSWORD, app};
use example::memory::MemoryStore;

#[path = "../../examples/own_datastore.rs"]
pub mod example;

async fn browser(app: &App, store: &MemoryStore) -> Browser {
    let fairing = SecurityFairing::new().clock(app.clock().clone());
    let rocket = example::mounted(rocket::custom(app.figment()), fairing, store.clone());
    let rocket = rocket.mount("/", rocket::routes![crate::support::token]);
    Browser::on(rocket).await
}

/// No database may be opened: there is nothing to open.
fn without_database() -> App {
    app().set("databases.security.url", "sqlite:/proc/no/such/folder/x.sqlite")
}

#[rocket::async_test]
async fn sign_up_in_and_out() {
    let (app, store) = (without_database(), MemoryStore::default());
    let ada = browser(&app, &store).await;
    assert_eq!(ada.get("/profile").await.status(), Status::Found);
    ada.register("ada@example.org").await;
    let profile = ada.get("/profile").await.into_string().await.unwrap();
    assert!(profile.contains("ada@example.org"), "{profile}");
    let made = store.user_by(Identity::Email, "ada@example.org").await.unwrap();
    assert!(made.is_some_and(|user| user.has_password()));

    assert_eq!(ada.get("/admin").await.status(), Status::Forbidden);
    let security = ada.client.rocket().state::<Security>().unwrap();
    let user = security.find_user("ada@example.org").await.unwrap().unwrap();
    assert!(security.add_role(user.id, "admin").await.unwrap());
    assert_eq!(ada.get("/admin").await.status(), Status::Ok);

    ada.sign_out().await;
    assert_eq!(ada.get("/profile").await.status(), Status::Found);
    let wrong = ada.sign_in("ada@example.org", "wrong horse battery staple").await;
    assert_eq!(wrong.status(), Status::Ok);
    assert_eq!(
        ada.sign_in("ada@example.org", PASSWORD).await.status(),
        Status::Found
    );
    assert_eq!(ada.get("/profile").await.status(), Status::Ok);
    assert!(security.deactivate_user(user.id).await.unwrap());
    assert_eq!(ada.get("/profile").await.status(), Status::Found);
}

/// As JSON, and two applications on one store, as two instances behind a balancer.
#[rocket::async_test]
async fn two_instances_share_a_store() {
    let (app, store) = (without_database(), MemoryStore::default());
    let (first, second) = (browser(&app, &store).await, browser(&app, &store).await);
    let account =
        serde_json::json!({ "email": "bob@example.org", "password": PASSWORD, "password_confirm": PASSWORD });
    let (status, answer) = first.submit_json("/register", account.clone()).await;
    assert_eq!(status, Status::Ok, "{answer}");
    let (status, answer) = second.submit_json("/register", account).await;
    assert_eq!(status, Status::BadRequest, "{answer}");
    assert!(
        answer["response"]["field_errors"]["email"].is_array(),
        "the conflict names no field: {answer}"
    );
    let account = serde_json::json!({ "email": "bob@example.org", "password": PASSWORD });
    let (status, answer) = second.submit_json("/login", account).await;
    assert_eq!(status, Status::Ok, "{answer}");
    assert_eq!(second.get("/profile").await.status(), Status::Ok);
}

#[rocket::async_test]
async fn a_browser_is_remembered() {
    let (app, store) = (without_database(), MemoryStore::default());
    let ada = browser(&app, &store).await;
    ada.register("ada@example.org").await;
    ada.sign_out().await;
    let fields = [
        ("email", "ada@example.org"),
        ("password", PASSWORD),
        ("remember", "y"),
    ];
    assert_eq!(ada.submit("/login", &fields).await.status(), Status::Found);
    // Idle for longer than a session may be: only the remembered browser brings her back.
    app.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(ada.get("/profile").await.status(), Status::Ok);
    app.advance(Duration::from_secs(40 * 86_400));
    assert_eq!(ada.get("/profile").await.status(), Status::Found);
}

async fn starts(setup: impl FnOnce(SecurityFairing) -> SecurityFairing) -> bool {
    match Client::untracked(app().rocket(setup)).await {
        Ok(_) => true,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::FailedFairings(_)), "{error}");
            false
        }
    }
}

#[rocket::async_test]
async fn a_store_may_be_opened_at_launch() {
    let app = without_database().set("accounts.places", 3);
    let rocket = app.rocket(|fairing| {
        fairing.datastore_with(|rocket| {
            Box::pin(async move {
                let places: u32 = rocket
                    .figment()
                    .extract_inner("accounts.places")
                    .map_err(|error| Error::invalid("`accounts.places` is missing").caused_by(error))?;
                assert_eq!(places, 3);
                Ok(Arc::new(MemoryStore::default()) as Arc<dyn Datastore>)
            })
        })
    });
    assert!(Client::untracked(rocket).await.is_ok());
    let refused = |fairing: SecurityFairing| {
        fairing.datastore_with(|_| Box::pin(async { Err(Error::unavailable("nobody is there")) }))
    };
    assert!(!starts(refused).await);
}

#[rocket::async_test]
async fn a_store_of_another_contract_stops_the_launch() {
    assert!(starts(|fairing| fairing.datastore(WrongStore::new(Fault::None))).await);
    for fault in [Fault::OldContract, Fault::NewContract, Fault::DoesNotAnswer] {
        assert!(
            !starts(|fairing| fairing.datastore(WrongStore::new(fault))).await,
            "{fault:?}"
        );
    }
}
