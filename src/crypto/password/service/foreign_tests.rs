//! Hashes that passlib, Flask-Security's pre-hash and Django made: `tests/data/make_hashes.py` says how.

use serde::Deserialize;

use super::tests::{A, B, CHEAP, keys, typed, verify};
use super::*;
use crate::crypto::{PasswordScheme, SingleHash};

const HANDLE: &str = "alice";

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
    serde_json::from_str(include_str!("../../../../tests/data/hashes.json")).unwrap()
}

fn service(single: SingleHash, salt: Option<&str>) -> Passwords {
    let foreign = ForeignHashes {
        salt: salt.map(|salt| salt.to_owned().into()),
        single,
        schemes: PasswordScheme::ALL.to_vec(),
    };
    Passwords::with_foreign(CHEAP, PasswordQueue::default(), foreign).unwrap()
}

/// The service for hashes that are single, and the one for those that are double.
fn services(salt: &str) -> [Passwords; 2] {
    [
        service(SingleHash::All, None),
        service(SingleHash::Only(Vec::new()), Some(salt)),
    ]
}

async fn import(passwords: &Passwords, keys: &Keys, hash: &str) -> Result<SealedPassword> {
    passwords.admit(None).unwrap().import(keys, hash, HANDLE).await
}

#[tokio::test]
async fn every_vector_verifies_and_no_wrong_password_does() {
    let Hashes {
        password_salt,
        vectors,
    } = hashes();
    let ([single, double], keys) = (services(&password_salt), keys(&[A]));
    let mut seen = std::collections::HashSet::new();
    for Vector {
        scheme,
        password,
        hash,
        double: is_double,
    } in &vectors
    {
        let (passwords, other) = if *is_double {
            (&double, &single)
        } else {
            (&single, &double)
        };
        let stored = import(passwords, &keys, hash).await.unwrap();
        let stored = Some((&stored, HANDLE));
        assert_eq!(
            verify(passwords, &keys, password, stored).await,
            Some(true),
            "{hash}"
        );
        for wrong in [format!("!{password}"), String::new()] {
            assert_eq!(verify(passwords, &keys, &wrong, stored).await, None, "{hash}");
        }
        // Hashed twice is not hashed once.
        assert_eq!(verify(other, &keys, password, stored).await, None, "{hash}");
        seen.insert(scheme.as_str());
    }
    for scheme in PasswordScheme::ALL {
        assert!(seen.contains(scheme.name()), "no vector of {}", scheme.name());
    }
}

#[tokio::test]
async fn mutated_hashes_are_wrong_or_refused_and_never_panic() {
    let Hashes {
        password_salt,
        vectors,
    } = hashes();
    let ([single, _], keys) = (services(&password_salt), keys(&[A]));
    let mut done = std::collections::HashSet::new();
    for Vector {
        scheme,
        password,
        hash,
        double,
    } in &vectors
    {
        if *double || password != "password" || hash.contains("100000") || !done.insert(scheme) {
            continue;
        }
        let weak = PasswordScheme::from_name(scheme).unwrap().is_weak();
        let mut mutants: Vec<String> = (0..hash.len()).map(|end| hash[..end].to_owned()).collect();
        for at in 0..hash.len() {
            for new in ["", "$", "A", "\0", "é", "=", ",", "9"] {
                mutants.push(format!("{}{new}{}", &hash[..at], &hash[at + 1..]));
            }
        }
        mutants.extend([
            format!("{hash}$"),
            format!("{hash}A"),
            format!("{hash}\n"),
            format!(" {hash}"),
        ]);
        mutants.retain(|mutant| mutant != hash);
        // A parameter that a digit made dear is refused or slow, not wrong: a few of those suffice.
        mutants.retain(|mutant| !mutant.contains("99") && !is_dear(mutant));
        let same = |mutant: &str| hash.len() == mutant.len() && spells_the_same(scheme, hash, mutant);
        for mutant in mutants {
            if !weak {
                // As if it had been sealed by an earlier version that was less strict.
                let text = super::super::stored::Stored::write_imported(&mutant);
                let stored = SealedPassword::seal(&keys, HANDLE, &text).unwrap();
                let verdict = verify(&single, &keys, password, Some((&stored, HANDLE))).await;
                assert!(verdict.is_none() || same(&mutant), "{mutant}");
            } else if let Ok(stored) = import(&single, &keys, &mutant).await {
                let verdict = verify(&single, &keys, password, Some((&stored, HANDLE))).await;
                assert!(verdict.is_none() || same(&mutant), "{mutant}");
            }
        }
    }
    assert_eq!(done.len(), PasswordScheme::ALL.len());
}

/// Whether the cost would make the test crawl.
fn is_dear(mutant: &str) -> bool {
    mutant
        .split(['$', ',', '='])
        .any(|part| part.parse::<u32>().is_ok_and(|number| number > 50_000))
        || ["$09$", "$14$", "ln=9", "ln=14"]
            .iter()
            .any(|dear| mutant.contains(dear))
}

/// Hexadecimal digits in another case, and the last characters of bcrypt's salt and hash, whose lowest bits mean nothing.
fn spells_the_same(scheme: &str, hash: &str, mutant: &str) -> bool {
    let differ: Vec<usize> = (0..hash.len())
        .filter(|at| hash.as_bytes()[*at] != mutant.as_bytes()[*at])
        .collect();
    match scheme.contains("bcrypt") {
        true => differ.iter().all(|at| [1, 32].contains(&(hash.len() - at))),
        false => hash.eq_ignore_ascii_case(mutant) && scheme.contains(['5', '1']),
    }
}

#[tokio::test]
async fn what_is_verified_is_renewed_and_never_cheaper() {
    let (passwords, keys) = (service(SingleHash::All, None), keys(&[A]));
    let dear = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    let old = passwords.seal_foreign(&keys, dear, HANDLE).unwrap();
    assert_eq!(
        verify(&passwords, &keys, "password", Some((&old, HANDLE))).await,
        Some(true)
    );
    let ticket = passwords.admit(None).unwrap();
    let new = ticket
        .rehash(&keys, &typed("password"), HANDLE, &old)
        .await
        .unwrap();
    let text = String::from_utf8(new.open(&keys, HANDLE).unwrap().to_vec()).unwrap();
    assert!(text.starts_with("$argon2id$v=19$m=256,t=2,p=2$"), "{text}");
    assert_eq!(
        verify(&passwords, &keys, "password", Some((&new, HANDLE))).await,
        Some(false)
    );

    let cheap = "$pbkdf2-sha256$1$c2FsdA$Eg.2z/z4syxDJ5eSTyO4zIVsiR4bMO0vVeIUm6qAMLE";
    let old = passwords.seal_foreign(&keys, cheap, HANDLE).unwrap();
    let ticket = passwords.admit(None).unwrap();
    let new = ticket
        .rehash(&keys, &typed("password"), HANDLE, &old)
        .await
        .unwrap();
    let text = String::from_utf8(new.open(&keys, HANDLE).unwrap().to_vec()).unwrap();
    assert!(text.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{text}");
}

#[tokio::test]
async fn a_weak_hash_is_kept_inside_argon2_only() {
    let (passwords, keys) = (service(SingleHash::All, None), keys(&[A]));
    let md5 = "5f4dcc3b5aa765d61d8327deb882cf99";
    assert!(
        passwords
            .seal_foreign(&keys, md5, HANDLE)
            .is_err_and(|error| !error.to_string().contains("5f4d"))
    );
    let stored = import(&passwords, &keys, md5).await.unwrap();
    let text = String::from_utf8(stored.open(&keys, HANDLE).unwrap().to_vec()).unwrap();
    assert!(
        text.starts_with("wrapped:hex_md5::$argon2id$") && !text.contains(md5),
        "{text}"
    );
    // The digest itself is no password, and costs what no account costs.
    let before = passwords.hashes();
    assert_eq!(
        verify(&passwords, &keys, md5, Some((&stored, HANDLE))).await,
        None
    );
    assert_eq!(passwords.hashes(), before + 1);
    assert_eq!(
        verify(&passwords, &keys, "password", Some((&stored, HANDLE))).await,
        Some(true)
    );
}

#[tokio::test]
async fn what_is_not_taken_is_refused_at_import_and_wrong_later() {
    let keys = keys(&[A]);
    let bcrypt = hashes()
        .vectors
        .into_iter()
        .find(|vector| vector.scheme == "bcrypt")
        .unwrap();
    let stored = import(&service(SingleHash::All, None), &keys, &bcrypt.hash)
        .await
        .unwrap();
    let only_argon2 = ForeignHashes {
        single: SingleHash::All,
        schemes: vec![PasswordScheme::Argon2],
        salt: None,
    };
    let strict = Passwords::with_foreign(CHEAP, PasswordQueue::default(), only_argon2).unwrap();
    // Double by default, and there is no key for it.
    let unset = Passwords::new(CHEAP, PasswordQueue::default()).unwrap();
    for (passwords, says) in [(strict, "password_schemes"), (unset, "password_salt")] {
        let error = import(&passwords, &keys, &bcrypt.hash)
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains(says) && error.contains("bcrypt") && !error.contains(&bcrypt.hash),
            "{error}"
        );
        let before = passwords.hashes();
        assert_eq!(
            verify(&passwords, &keys, &bcrypt.password, Some((&stored, HANDLE))).await,
            None
        );
        assert_eq!(passwords.hashes(), before + 1);
    }
    let unknown = import(&service(SingleHash::All, None), &keys, "hunter2 is no hash").await;
    assert!(unknown.is_err_and(|error| !error.to_string().contains("hunter2")));
}

#[tokio::test]
async fn an_imported_hash_is_its_users_and_follows_the_keys() {
    let passwords = service(SingleHash::All, None);
    let hash = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    let stored = passwords.seal_foreign(&keys(&[A]), hash, HANDLE).unwrap();
    assert_eq!(
        verify(&passwords, &keys(&[A]), "password", Some((&stored, "mallory"))).await,
        None
    );
    assert_eq!(
        verify(&passwords, &keys(&[B, A]), "password", Some((&stored, HANDLE))).await,
        Some(true)
    );
    assert_eq!(
        verify(&passwords, &keys(&[B]), "password", Some((&stored, HANDLE))).await,
        None
    );
}

#[tokio::test]
async fn a_cheap_foreign_hash_is_not_answered_faster_than_no_account() {
    let cost = PasswordCost {
        memory_kib: 8192,
        ..CHEAP
    };
    let foreign = ForeignHashes {
        single: SingleHash::All,
        ..ForeignHashes::default()
    };
    let (passwords, keys) = (
        Passwords::with_foreign(cost, PasswordQueue::default(), foreign).unwrap(),
        keys(&[A]),
    );
    let cheap = "$pbkdf2-sha256$1$c2FsdA$Eg.2z/z4syxDJ5eSTyO4zIVsiR4bMO0vVeIUm6qAMLE";
    let stored = passwords.seal_foreign(&keys, cheap, HANDLE).unwrap();
    // Also before the service knows how long its own hash takes.
    for _ in 0..3 {
        let before = passwords.hashes();
        assert_eq!(
            verify(&passwords, &keys, "wrong", Some((&stored, HANDLE))).await,
            None
        );
        assert_eq!(passwords.hashes(), before + 2);
        verify(&passwords, &keys, "wrong", None).await;
    }
}
