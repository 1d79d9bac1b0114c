//! What every datastore must do. Each function stands for itself and may run beside the others: it makes its own
//! users and counts nothing that is not its own.

mod counters;
mod identities;
mod races;
mod remember;
mod roles;
mod sessions;
mod tracking;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::crypto::SealedPassword;
use crate::model::{Counter, CounterKey, Factor, NewUser, Proof, Session, SessionHash, Timestamp, User};
use crate::store::Datastore;

pub(crate) type Store = Arc<dyn Datastore>;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Runs all of it.
pub(crate) async fn holds(store: Store) {
    users::a_user_is_found_as_he_was_made(&store).await;
    users::an_identity_is_exact(&store).await;
    users::a_taken_identity_is_a_conflict(&store).await;
    users::a_part_that_fails_takes_the_user_along(&store).await;
    users::what_does_not_fit_is_refused(&store).await;
    identities::a_user_is_found_by_each_identity(&store).await;
    identities::an_identity_belongs_to_one(&store).await;
    identities::an_identity_comes_and_goes(&store).await;
    identities::fields_come_back_as_they_were(&store).await;
    tracking::sign_ins_are_counted_where_asked(&store).await;
    users::a_password_is_replaced_only_if_it_is_the_expected_one(&store).await;
    users::deactivation_ends_sessions(&store).await;
    users::a_new_uniquifier_ends_sessions(&store).await;
    users::a_deleted_user_takes_everything_along(&store).await;
    roles::roles_come_and_go(&store).await;
    sessions::a_session_is_found_under_any_key(&store).await;
    sessions::a_session_replaces_another(&store).await;
    sessions::a_session_needs_its_user(&store).await;
    sessions::a_touched_session_moves_to_the_current_key(&store).await;
    sessions::sessions_end_one_by_one_or_together(&store).await;
    sessions::sweeping_takes_only_what_is_over(&store).await;
    remember::a_series_is_found_under_any_key(&store).await;
    remember::a_series_needs_its_user(&store).await;
    remember::a_token_turns_over_with_its_session(&store).await;
    remember::a_series_ends_with_its_session(&store).await;
    remember::whatever_ends_all_sessions_ends_all_series(&store).await;
    remember::sweeping_takes_only_expired_series(&store).await;
    counters::a_counter_is_swapped_only_if_it_is_the_expected_one(&store).await;
    races::one_of_64_makes_the_user(&store).await;
    races::one_of_64_swaps_the_counter(&store).await;
    races::of_64_failures_none_is_lost(&store).await;
    races::no_session_outlives_a_deactivation(&store).await;
    races::one_of_64_rotates_the_series(&store).await;
    races::no_restored_session_outlives_its_series(&store).await;
    store.ping().await.expect("ping");
}

fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn digits(kind: u8) -> String {
    format!("{kind:02x}{:030x}", unique())
}

fn hash() -> SessionHash {
    let mut bytes = [0xff; 32];
    bytes[..8].copy_from_slice(&unique().to_be_bytes());
    bytes[8] = 0;
    SessionHash::from_bytes(bytes)
}

fn counter_key() -> CounterKey {
    CounterKey(*hash().as_bytes())
}

fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        email: format!("{name}@Example.org"),
        email_key: format!("{name}@example.org"),
        username: Some(name.to_owned()),
        username_key: Some(name.to_lowercase()),
        active: true,
        fs_uniquifier: digits(1),
        handle: digits(2),
        confirmed_at: Some(NOW),
        created_at: NOW,
        password: Some(SealedPassword::from_stored(format!("v1.key.{name}"))),
        phone: None,
        fields: None,
        identities: Vec::new(),
    }
}

async fn somebody(store: &Store) -> User {
    let user = new_user(&format!("user{}", unique()));
    store.create_user(user).await.expect("a new user")
}

pub(crate) fn session_of(user: &User) -> Session {
    Session {
        hash: hash(),
        user_id: user.id,
        fs_uniquifier: user.fs_uniquifier.clone(),
        created_at: NOW,
        last_seen_at: NOW,
        authenticated_at: NOW,
        grace_until: None,
        factors: vec![proof(Factor::Password)],
        ip: Some("2001:db8::1".to_owned()),
        user_agent: Some("Browser/1.0".to_owned()),
    }
}

fn proof(factor: Factor) -> Proof {
    Proof { factor, at: NOW }
}

async fn signed_in(store: &Store, user: &User) -> Session {
    let session = session_of(user);
    store
        .create_session(&session, None, false)
        .await
        .expect("a new session");
    session
}

async fn is_alive(store: &Store, hash: SessionHash) -> bool {
    store
        .session_with_user(&[hash])
        .await
        .expect("a look-up")
        .is_some()
}

fn failed(failures: i32) -> Counter {
    Counter {
        failures,
        blocked_until: later(failures.unsigned_abs().into()),
        expires_at: later(3600),
    }
}
