//! The contract on each database and on the store of the example; and that it finds what is wrong with a wrong one.

mod databases;
mod faults;
pub mod wrong;

use std::sync::Arc;
use std::time::Duration;

use rocket_security::db::{PoolOptions, open};
use rocket_security::store::Datastore;
use rocket_security::testing::contract::{Contract, Report, rules};

use crate::own_datastore::example::memory::MemoryStore;
use wrong::{Fault, WrongStore};

/// Runs it on SQLite always, and on each server whose URL is given.
fn on_every_database(contract: &Contract) {
    for database in databases::all() {
        let report = contract.check(|| {
            let url = database.url.clone();
            async move { open(&url, PoolOptions::default()).await?.store() }
        });
        assert!(report.is_kept(), "{}: {report}", database.name);
    }
}

fn on(contract: &Contract, fault: Fault) -> Report {
    contract.check(|| {
        let store: Arc<dyn Datastore> = Arc::new(WrongStore::new(fault));
        async move { Ok(store) }
    })
}

#[test]
fn contract() {
    on_every_database(&Contract::new());
}

#[test]
fn contract_of_the_store_in_the_example() {
    let report = Contract::new().check(|| async {
        let store: Arc<dyn Datastore> = Arc::new(MemoryStore::default());
        Ok(store)
    });
    report.assert();
    assert_eq!(report.kept(), rules().count());
    assert!(report.kept() > 70, "{report}");
}

macro_rules! races {
    ($($name:ident: $rule:literal;)+) => {
        $(#[test]
        fn $name() {
            on_every_database(&Contract::new().only($rule));
        })+

        const RACES: &[&str] = &[$($rule),+];
    };
}

races! {
    race_create_user: "one of 64 makes the user";
    race_set_phone: "one of 64 gets the number";
    race_set_identity: "one of 64 gets the identity";
    race_set_identities_of_one_user: "of 64 identities of a user one stays";
    race_remove_identity: "one of 64 removes the identity";
    race_replace_password: "one of 64 replaces the password";
    race_set_active: "one of 64 deactivates the user";
    race_set_uniquifier: "one of 64 gets the uniquifier";
    race_delete_user: "one of 64 deletes the user";
    race_create_role: "one of 64 makes the role";
    race_add_role: "one of 64 gives the role";
    race_remove_role: "one of 64 takes the role";
    race_create_session: "one of 64 stores the session";
    race_renew_session: "one of 64 renews the session";
    race_delete_session: "one of 64 ends the session";
    race_renew_and_delete_session: "of 64 who renew or end a session one wins";
    race_delete_sessions_of: "of 64 ends of all sessions each counts once";
    race_touch_session: "of 64 who touch a session all find it";
    race_track_sign_ins: "of 64 sign ins each is counted";
    race_sweep_sessions: "of 64 sweeps each session is counted once";
    race_create_session_and_deactivate: "of 64 sessions none outlives a deactivation";
    race_create_session_and_sign_out_everywhere: "of 64 sessions none outlives a new uniquifier";
    race_create_session_and_delete_user: "of 64 sessions none outlives its user";
    race_create_series: "one of 64 stores the series";
    race_rotate_series: "one of 64 rotates the series";
    race_end_series: "one of 64 ends the series";
    race_rotate_and_end_series: "of 64 restored sessions none outlives its series";
    race_rotate_and_end_series_of: "of 64 restored sessions none outlives all series";
    race_rotate_and_deactivate: "of 64 restored sessions none outlives a deactivation";
    race_create_series_and_sign_out_everywhere: "of 64 series none outlives a new uniquifier";
    race_create_family: "one of 64 stores the family";
    race_rotate_family: "one of 64 turns the refresh token over";
    race_revoke_family: "one of 64 revokes the family";
    race_rotate_and_revoke_family: "of 64 exchanges none outlives a revocation";
    race_create_family_and_sign_out_everywhere: "of 64 families none outlives a new uniquifier";
    race_make_counter: "one of 64 makes the counter";
    race_swap_counter: "one of 64 swaps the counter";
    race_count_failures: "of 64 failures none is lost";
    race_swap_counters: "one of 64 swaps all its counters";
    race_swap_counters_in_either_order: "of 64 who swap in either order none is lost";
    race_create_api_key: "one of 64 stores the key";
    race_create_api_keys_up_to_the_limit: "of 64 keys no more than the limit are made";
    race_delete_api_key: "one of 64 revokes the key";
    race_touch_api_key: "one of 64 moves the key to another hash";
    race_touch_and_delete_api_key: "of 64 who touch a key none outlives its end";
    race_create_api_key_and_deactivate: "of 64 keys none outlives a deactivation";
    race_create_api_key_and_sign_out_everywhere: "of 64 keys none outlives a new uniquifier";
}

#[test]
fn each_race_of_the_contract_has_its_test() {
    let of_the_contract: Vec<String> = rules()
        .map(|(_, rule)| rule)
        .filter(|rule| rule.contains("of 64"))
        .collect();
    assert_eq!(of_the_contract, RACES);
}

/// The wrapper alone breaks nothing: what is reported below is the fault's.
#[test]
fn a_right_store_keeps_the_contract() {
    on(&Contract::new(), Fault::None).assert();
}

#[test]
fn each_fault_is_told() {
    let mut missed = Vec::new();
    for (fault, broken) in faults::ALL {
        for rule in *broken {
            // A store that loses a race only now and then may be lucky once; not twenty times.
            let is_told = || {
                let report = on(&Contract::new().only(*rule), *fault);
                assert!(report.kept() + report.broken().len() > 0, "no rule {rule:?}");
                report.broken().iter().any(|broken| broken.rule == *rule)
            };
            if !(0..20).any(|_| is_told()) {
                missed.push(format!("{fault:?} keeps {rule:?}"));
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Not the first one alone, and not what has nothing to do with it.
#[test]
fn all_broken_rules_are_told_at_once() {
    let report = on(&Contract::new(), Fault::LastHashIsNotAsked);
    let told: Vec<&str> = report
        .broken()
        .iter()
        .map(|broken| broken.rule.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "a session is found under any key",
            "a series is found under any key",
            "a sweep takes only expired series",
            "a family is found under any key",
            "a sweep takes only families that are over",
        ],
        "{report}"
    );
    let first = &report.broken()[0];
    assert_eq!(first.of, "Sessions");
    assert!(first.expected.contains("by the older of two hashes"), "{report}");
    assert_eq!(first.found, "nothing");
    assert!(first.at.contains("contract/sessions.rs"), "{report}");
    let text = report.to_string();
    for part in [
        "the store breaks 5 of",
        "Sessions: a session is found under any key",
        "expected:",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn a_store_of_another_contract_is_told_what_to_do() {
    let contract = Contract::new().only("knows its contract");
    for (fault, told) in [
        (
            Fault::OldContract,
            "was written against version 0 of `Users`, and this rocket_security relies on version 2: read in \
             docs/datastores.md what has changed",
        ),
        (
            Fault::NewContract,
            "was written against version 4294967295 of `Sessions`, and this rocket_security knows version 1 only",
        ),
    ] {
        let report = on(&contract, fault);
        assert!(report.broken()[0].found.contains(told), "{report}");
    }
}

#[test]
fn a_store_that_panics_is_told() {
    let contract = Contract::new().only("a session is renewed only while it lives");
    let report = on(&contract, Fault::RenewalPanics);
    assert_eq!(report.broken().len(), 1);
    assert_eq!(report.broken()[0].found, "the store panicked: out of range");
    // In a task of a race too.
    let report = on(&Contract::new().only("one of 64 renews"), Fault::RenewalPanics);
    assert!(report.broken()[0].found.contains("out of range"), "{report}");
}

#[test]
fn a_store_that_hangs_is_told_and_the_next_rule_runs() {
    let contract = Contract::new().only("session is").limit(Duration::from_secs(2));
    for fault in [Fault::RenewalHangs, Fault::RenewalBlocksItsThread] {
        let report = on(&contract, fault);
        let told: Vec<_> = report
            .broken()
            .iter()
            .map(|broken| (broken.rule.as_str(), broken.found.as_str()))
            .collect();
        assert_eq!(
            told,
            [("a session is renewed only while it lives", "the store hangs")]
        );
        assert!(report.kept() >= 1, "{report}");
    }
    // Sixty-four at once leave no thread that could look at the clock but the judge's own.
    let contract = Contract::new()
        .only("one of 64 renews")
        .limit(Duration::from_secs(2));
    let report = on(&contract, Fault::RenewalBlocksItsThread);
    assert_eq!(report.broken()[0].found, "the store hangs");
}

#[test]
fn a_store_that_cannot_be_opened_is_told() {
    let report = Contract::new()
        .only("a role")
        .check(|| async { Err(rocket_security::Error::unavailable("nobody listens on that port")) });
    assert_eq!(report.kept(), 0);
    assert!(!report.broken().is_empty());
    for broken in report.broken() {
        assert_eq!(broken.found, "the error: nobody listens on that port");
    }
}

#[test]
#[should_panic(expected = "no rule of the contract was tried")]
fn a_rule_that_does_not_exist_is_not_kept() {
    on(&Contract::new().only("no such rule"), Fault::None).assert();
}
