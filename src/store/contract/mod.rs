//! What every datastore must do. Each function is a rule: it stands for itself, makes its own users and counts nothing
//! that is not its own.

pub(crate) mod api_keys;
mod counters;
mod identities;
mod judge;
mod passwords;
mod races;
mod refresh;
mod remember;
mod report;
mod roles;
mod sessions;
mod sign_in;
mod sweeps;
mod tracking;
mod users;
mod verdict;
mod versions;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rocket::futures::future::BoxFuture;

pub use judge::{Contract, check, rules};
pub use report::{Broken, Report};

use self::verdict::Verdict;
use crate::crypto::SealedPassword;
use crate::model::{
    Counter, CounterKey, CounterSwap, Factor, Issued, NewUser, Proof, Session, SessionHash, Timestamp, User,
};
use crate::store::Datastore;

pub(crate) type Store = Arc<dyn Datastore>;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// A rule: whose it is, its name, and how to try it.
struct Rule {
    of: &'static str,
    name: &'static str,
    run: fn(Store) -> BoxFuture<'static, Verdict>,
}

impl Rule {
    fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }
}

macro_rules! list_of_rules {
    ($($of:literal: { $($($module:ident)::+),+ $(,)? })+) => {
        &[$($(Rule {
            of: $of,
            name: last!($($module)::+),
            run: |store| Box::pin(async move { $($module)::+(&store).await }),
        }),+),+]
    };
}

macro_rules! last {
    ($name:ident) => { stringify!($name) };
    ($first:ident :: $($rest:ident)::+) => { last!($($rest)::+) };
}

const RULES: &[Rule] = list_of_rules! {
    "Datastore": {
        versions::the_store_answers_and_knows_its_contract,
        sign_in::a_sign_in_makes_the_session_and_forgives_the_failures,
        sign_in::a_sign_in_happens_as_a_whole_or_not_at_all,
    }
    "Users": {
        users::a_user_is_found_as_he_was_made,
        users::a_user_may_have_next_to_nothing,
        users::an_identity_is_exact,
        users::a_taken_identity_is_a_conflict,
        users::a_part_that_fails_takes_the_user_along,
        users::what_does_not_fit_is_refused,
        users::the_widest_that_fits_comes_back,
        users::deactivation_ends_sessions,
        users::a_new_uniquifier_ends_sessions,
        users::a_deleted_user_takes_everything_along,
        users::an_id_is_not_given_out_again,
        passwords::a_password_is_replaced_only_if_it_is_the_expected_one,
        identities::a_user_is_found_by_each_identity,
        identities::an_identity_belongs_to_one,
        identities::an_identity_comes_and_goes,
        identities::a_number_comes_and_goes,
        identities::an_identity_that_does_not_fit_is_refused,
        identities::fields_come_back_as_they_were,
    }
    "Roles": {
        roles::a_role_is_found_as_it_was_made,
        roles::a_role_that_does_not_fit_is_refused,
        roles::roles_are_given_and_taken,
        roles::permissions_are_replaced,
    }
    "Sessions": {
        sessions::a_session_is_found_under_any_key,
        sessions::sessions_whose_hashes_begin_alike_are_kept_apart,
        sessions::a_session_replaces_another,
        sessions::a_session_needs_its_user,
        sessions::a_session_is_renewed_only_while_it_lives,
        sessions::a_touched_session_moves_to_the_current_key,
        sessions::a_session_gets_its_grace,
        sessions::sessions_end_one_by_one_or_together,
        sessions::the_youngest_sessions_end_alone,
        sweeps::a_sweep_takes_only_sessions_that_are_over,
        tracking::sign_ins_are_counted_where_asked,
    }
    "Remember": {
        remember::a_series_is_found_under_any_key,
        remember::a_series_needs_its_user,
        remember::a_token_turns_over_with_its_session,
        remember::a_token_turns_over_only_where_it_may,
        remember::a_series_ends_with_its_session,
        remember::all_series_of_a_user_end_together,
        remember::whatever_ends_all_sessions_ends_all_series,
        sweeps::a_sweep_takes_only_expired_series,
    }
    "RefreshFamilies": {
        refresh::a_family_is_found_under_any_key,
        refresh::a_family_needs_its_user,
        refresh::a_refresh_token_turns_over_once,
        refresh::a_refresh_token_turns_over_only_where_it_may,
        refresh::a_family_is_revoked_once_and_by_its_owner,
        refresh::all_families_of_a_user_are_revoked_together,
        refresh::families_are_listed_while_they_live,
        refresh::whatever_ends_all_sessions_ends_all_families,
        refresh::a_sweep_takes_only_families_that_are_over,
    }
    "Counters": {
        counters::a_counter_is_swapped_only_if_it_is_the_expected_one,
        counters::a_counter_is_forgotten,
        counters::several_counters_are_read_in_their_order,
        counters::several_counters_are_swapped_together_or_not_at_all,
        sweeps::a_sweep_takes_only_expired_counters,
    }
    "ApiKeys": {
        api_keys::a_key_is_found_as_it_was_made,
        api_keys::a_key_needs_its_user,
        api_keys::a_key_that_does_not_fit_is_refused,
        api_keys::nobody_has_more_keys_than_he_may,
        api_keys::a_key_is_touched_only_under_its_hash,
        api_keys::a_key_is_revoked_by_its_user_alone,
        api_keys::whatever_ends_all_sessions_ends_all_keys,
        api_keys::a_sweep_takes_only_expired_keys,
    }
    "Users": {
        races::users::one_of_64_makes_the_user,
        races::users::one_of_64_gets_the_number,
        races::users::one_of_64_gets_the_identity,
        races::users::of_64_identities_of_a_user_one_stays,
        races::users::one_of_64_removes_the_identity,
        races::users::one_of_64_replaces_the_password,
        races::users::one_of_64_deactivates_the_user,
        races::users::one_of_64_gets_the_uniquifier,
        races::users::one_of_64_deletes_the_user,
    }
    "Roles": {
        races::roles::one_of_64_makes_the_role,
        races::roles::one_of_64_gives_the_role,
        races::roles::one_of_64_takes_the_role,
    }
    "Sessions": {
        races::sessions::one_of_64_stores_the_session,
        races::sessions::one_of_64_renews_the_session,
        races::sessions::one_of_64_ends_the_session,
        races::sessions::of_64_who_renew_or_end_a_session_one_wins,
        races::sessions::of_64_ends_of_all_sessions_each_counts_once,
        races::sessions::of_64_who_touch_a_session_all_find_it,
        races::sessions::of_64_sign_ins_each_is_counted,
        races::sessions::of_64_sweeps_each_session_is_counted_once,
        races::endings::of_64_sessions_none_outlives_a_deactivation,
        races::endings::of_64_sessions_none_outlives_a_new_uniquifier,
        races::endings::of_64_sessions_none_outlives_its_user,
    }
    "Remember": {
        races::remember::one_of_64_stores_the_series,
        races::remember::one_of_64_rotates_the_series,
        races::remember::one_of_64_ends_the_series,
        races::endings::of_64_restored_sessions_none_outlives_its_series,
        races::endings::of_64_restored_sessions_none_outlives_all_series,
        races::endings::of_64_restored_sessions_none_outlives_a_deactivation,
        races::endings::of_64_series_none_outlives_a_new_uniquifier,
    }
    "RefreshFamilies": {
        races::refresh::one_of_64_stores_the_family,
        races::refresh::one_of_64_turns_the_refresh_token_over,
        races::refresh::one_of_64_revokes_the_family,
        races::refresh::of_64_exchanges_none_outlives_a_revocation,
        races::refresh::of_64_families_none_outlives_a_new_uniquifier,
    }
    "Counters": {
        races::counters::one_of_64_makes_the_counter,
        races::counters::one_of_64_swaps_the_counter,
        races::counters::of_64_failures_none_is_lost,
        races::counters::one_of_64_swaps_all_its_counters,
        races::counters::of_64_who_swap_in_either_order_none_is_lost,
    }
    "ApiKeys": {
        races::api_keys::one_of_64_stores_the_key,
        races::api_keys::of_64_keys_no_more_than_the_limit_are_made,
        races::api_keys::one_of_64_revokes_the_key,
        races::api_keys::one_of_64_moves_the_key_to_another_hash,
        races::api_keys::of_64_who_touch_a_key_none_outlives_its_end,
        races::endings::of_64_keys_none_outlives_a_deactivation,
        races::endings::of_64_keys_none_outlives_a_new_uniquifier,
    }
};

/// Runs all of it on one store, where the test has a runtime of its own.
#[cfg(test)]
pub(crate) async fn holds(store: Store) {
    let mut report = Report::new();
    for rule in RULES {
        let found = (rule.run)(store.clone()).await;
        report.note(found.map_err(|fault| Broken::new(rule.of, rule.sentence(), fault)));
    }
    report.assert();
}

/// Another number each time, and most likely another than in any run before on the same rows.
fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static START: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    let start = START.get_or_init(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        since.map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(0))
    });
    start + NEXT.fetch_add(1, Ordering::Relaxed)
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
    CounterKey::from_bytes(*hash().as_bytes())
}

async fn swap(
    store: &Store,
    key: &CounterKey,
    expected: Option<Counter>,
    new: Option<Counter>,
) -> crate::error::Result<bool> {
    store.swap_counters(&[swap_of(key, expected, new)]).await
}

fn swap_of(key: &CounterKey, expected: Option<Counter>, new: Option<Counter>) -> CounterSwap {
    CounterSwap {
        key: *key,
        expected,
        new,
    }
}

fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

/// Far in the past, where nobody but the rules about sweeps has rows.
fn then(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000_000_000) + Duration::from_secs(seconds)
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

async fn somebody(store: &Store) -> Verdict<User> {
    let user = new_user(&format!("user{}", unique()));
    Ok(store.create_user(user).await?)
}

/// The row of that user as it is now.
async fn row_of(store: &Store, user: &User) -> Verdict<User> {
    verdict::there("the user", store.user(user.id).await?)
}

pub(crate) fn session_of(user: &User) -> Issued<Session> {
    session_with(user, |_| {})
}

fn session_with(user: &User, change: impl FnOnce(&mut Session)) -> Issued<Session> {
    let mut session = Session::new(hash(), user.id, user.fs_uniquifier.clone(), NOW);
    session.factors = vec![proof(Factor::Password)];
    session.ip = Some("2001:db8::1".to_owned());
    session.user_agent = Some("Browser/1.0".to_owned());
    change(&mut session);
    Issued::new(session)
}

fn proof(factor: Factor) -> Proof {
    Proof { factor, at: NOW }
}

async fn signed_in(store: &Store, user: &User) -> Verdict<Issued<Session>> {
    let session = session_of(user);
    store.create_session(&session, None, false).await?;
    Ok(session)
}

async fn is_alive(store: &Store, hash: SessionHash) -> Verdict<bool> {
    Ok(store.session_with_user(&[hash]).await?.is_some())
}

fn failed(failures: i32) -> Counter {
    Counter {
        failures,
        blocked_until: later(failures.unsigned_abs().into()),
        expires_at: later(3600),
    }
}
