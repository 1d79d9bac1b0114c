use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use argon2::Block;

use super::*;
use crate::crypto::{KeyRing, NormalForm, Purpose};

pub(super) const A: &str = "first key of the tests: pQ7cV2xJtB8mZsR4nKfW";
pub(super) const B: &str = "second key of the tests: 3GdLy6hTuE9wXaCb5iMo";
const C: &str = "third key of the tests: Yk1qN8rDvS0zFjHp7UeI";

pub(super) const CHEAP: PasswordCost = PasswordCost {
    memory_kib: 64,
    iterations: 1,
    parallelism: 1,
};

pub(super) fn keys(data: &[&str]) -> Keys {
    Keys::new(KeyRing::new(&[C]).unwrap(), KeyRing::new(data).unwrap()).unwrap()
}

fn service(cost: PasswordCost) -> Passwords {
    Passwords::new(cost, PasswordQueue::default()).unwrap()
}

fn queue(threads: usize, waiting: usize, per_address: usize) -> Passwords {
    let queue = PasswordQueue {
        threads,
        waiting,
        per_address,
    };
    Passwords::new(CHEAP, queue).unwrap()
}

pub(super) fn typed(text: &str) -> Password {
    Password::new(text, NormalForm::Nfkd)
}

fn ip(last: u8) -> Option<IpAddr> {
    Some(IpAddr::from([192, 0, 2, last]))
}

async fn hash(passwords: &Passwords, keys: &Keys, password: &str, handle: &str) -> SealedPassword {
    let ticket = passwords.admit(None).unwrap();
    ticket.hash(keys, &typed(password), handle).await.unwrap()
}

/// `None` for wrong, else whether it was outdated.
pub(super) async fn verify(
    passwords: &Passwords,
    keys: &Keys,
    password: &str,
    stored: Option<(&SealedPassword, &str)>,
) -> Option<bool> {
    let ticket = passwords.admit(None).unwrap();
    match ticket.verify(keys, &typed(password), stored).await.unwrap() {
        Verdict::Right { proof, outdated } => {
            assert!(proof.is_of(stored.unwrap().1));
            Some(outdated)
        }
        Verdict::Wrong => None,
    }
}

fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn the_right_password_and_no_other() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let stored = hash(&passwords, &keys, "Correct horse é ", "alice").await;
    for right in ["Correct horse é ", "Correct horse e\u{301} "] {
        let verdict = verify(&passwords, &keys, right, Some((&stored, "alice"))).await;
        assert_eq!(verdict, Some(false));
    }
    for wrong in [
        "",
        " ",
        "correct horse é ",
        "Correct horse é",
        "Correct horse e ",
        "Correct horse é \0",
    ] {
        let verdict = verify(&passwords, &keys, wrong, Some((&stored, "alice"))).await;
        assert_eq!(verdict, None, "{wrong:?}");
    }
}

#[tokio::test]
async fn the_whole_of_a_long_password_counts() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let long = "x".repeat(5000);
    let stored = hash(&passwords, &keys, &format!("{long}a"), "alice").await;
    let end = |end: &str| format!("{long}{end}");
    assert_eq!(
        verify(&passwords, &keys, &end("a"), Some((&stored, "alice"))).await,
        Some(false)
    );
    assert_eq!(
        verify(&passwords, &keys, &end("b"), Some((&stored, "alice"))).await,
        None
    );
    assert_eq!(
        verify(&passwords, &keys, &long, Some((&stored, "alice"))).await,
        None
    );
}

#[tokio::test]
async fn what_is_stored_shows_neither_password_nor_hash() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let one = hash(&passwords, &keys, "same password", "alice").await;
    let other = hash(&passwords, &keys, "same password", "alice").await;
    assert!(one.as_stored() != other.as_stored());
    assert!(!one.as_stored().contains("argon2"));
    assert!(one.as_stored().len() < 255, "{}", one.as_stored().len());
    let opened =
        |sealed: &SealedPassword| String::from_utf8(sealed.open(&keys, "alice").unwrap().to_vec()).unwrap();
    assert!(opened(&one).starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    // Salts differ too, not only nonces.
    assert_ne!(opened(&one), opened(&other));
}

#[tokio::test]
async fn a_hash_from_another_row_is_wrong() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let mine = hash(&passwords, &keys, "my own password", "mallory").await;
    let verdict = verify(&passwords, &keys, "my own password", Some((&mine, "alice"))).await;
    assert_eq!(verdict, None);
}

#[tokio::test]
async fn an_imported_hash_verifies() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let phc = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    let stored = SealedPassword::seal(&keys, "alice", phc).unwrap();
    assert_eq!(
        verify(&passwords, &keys, "password", Some((&stored, "alice"))).await,
        Some(false)
    );
    assert_eq!(
        verify(&passwords, &keys, "passwort", Some((&stored, "alice"))).await,
        None
    );
    // It needs more memory than our own: nothing of that is kept.
    assert!(
        passwords
            .0
            .buffers()
            .iter()
            .all(|buffer| buffer.memory.len() == passwords.0.blocks)
    );
}

#[tokio::test]
async fn unreadable_rows_cost_a_hash_and_are_wrong() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let stored = hash(&passwords, &keys, "password", "alice").await;
    let sealed = stored.as_stored();
    let bcrypt = SealedPassword::seal(&keys, "alice", "$2b$12$whatever").unwrap();
    let costly = "$argon2id$v=19$m=4194304,t=64,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    let costly = SealedPassword::seal(&keys, "alice", costly).unwrap();
    let other_purpose = keys.data.seal(Purpose::Flash, &[b"alice"], b"x").unwrap();
    let foreign = hash(&passwords, &self::keys(&[B]), "password", "alice").await;
    let rows = [
        SealedPassword::from_stored(String::new()),
        SealedPassword::from_stored("v1..".into()),
        SealedPassword::from_stored("\0é".into()),
        SealedPassword::from_stored(sealed[..sealed.len() - 1].into()),
        SealedPassword::from_stored(format!("{sealed}A")),
        SealedPassword::from_stored("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5".into()),
        SealedPassword::from_stored(other_purpose),
        bcrypt,
        costly,
        foreign,
    ];
    for row in rows {
        let before = passwords.hashes();
        let verdict = verify(&passwords, &keys, "password", Some((&row, "alice"))).await;
        assert_eq!(verdict, None);
        assert_eq!(passwords.hashes(), before + 1);
    }
}

#[tokio::test]
async fn everybody_costs_one_hash() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let stored = hash(&passwords, &keys, "password", "alice").await;
    for stored in [None, Some((&stored, "alice")), Some((&stored, "bob"))] {
        for password in ["password", "wrong"] {
            let before = passwords.hashes();
            verify(&passwords, &keys, password, stored).await;
            assert_eq!(passwords.hashes(), before + 1);
        }
    }
}

#[tokio::test]
async fn a_raised_cost_asks_for_a_new_hash_and_a_lowered_one_does_not() {
    let dear = PasswordCost {
        memory_kib: 128,
        ..CHEAP
    };
    let keys = keys(&[A]);
    let (low, high) = (service(CHEAP), service(dear));
    let cheap = hash(&low, &keys, "password", "alice").await;
    assert_eq!(
        verify(&high, &keys, "password", Some((&cheap, "alice"))).await,
        Some(true)
    );
    let costly = hash(&high, &keys, "password", "alice").await;
    assert_eq!(
        verify(&low, &keys, "password", Some((&costly, "alice"))).await,
        Some(false)
    );
    // A wrong password on the cheap hash is topped up to the work of a dummy.
    let before = high.hashes();
    assert_eq!(verify(&high, &keys, "wrong", Some((&cheap, "alice"))).await, None);
    assert_eq!(high.hashes(), before + 2);
}

#[tokio::test]
async fn a_former_data_key_asks_for_a_new_seal() {
    let passwords = service(CHEAP);
    let (before, during, after) = (keys(&[A]), keys(&[B, A]), keys(&[B]));
    let stored = hash(&passwords, &before, "password", "alice").await;
    assert_eq!(stored.key_id(), Some(before.data.key_ids()[0].as_str()));
    assert_eq!(
        verify(&passwords, &during, "password", Some((&stored, "alice"))).await,
        Some(true)
    );
    assert_eq!(
        verify(&passwords, &after, "password", Some((&stored, "alice"))).await,
        None
    );
    let renewed = hash(&passwords, &during, "password", "alice").await;
    assert_eq!(
        verify(&passwords, &after, "password", Some((&renewed, "alice"))).await,
        Some(false)
    );
}

#[tokio::test]
async fn two_addresses_do_not_stand_in_each_others_way() {
    let passwords = queue(1, 8, 2);
    let held: Vec<Ticket> = (0..2).map(|_| passwords.admit(ip(1)).unwrap()).collect();
    assert!(passwords.admit(ip(1)).is_err_and(|error| error.is_busy()));
    let other = passwords.admit(ip(2)).unwrap();
    let keys = keys(&[A]);
    assert!(other.hash(&keys, &typed("password"), "bob").await.is_ok());
    drop(held);
    assert!(passwords.admit(ip(1)).is_ok());
}

#[tokio::test]
async fn a_full_queue_is_busy_and_empties() {
    let (passwords, keys) = (queue(1, 2, 9), keys(&[A]));
    let tickets: Vec<Ticket> = (0..3).map(|_| passwords.admit(ip(1)).unwrap()).collect();
    assert!(passwords.admit(ip(2)).is_err_and(|error| error.is_busy()));
    assert!(passwords.admit(None).is_err_and(|error| error.is_busy()));
    for ticket in tickets {
        let verdict = ticket.verify(&keys, &typed("password"), None).await.unwrap();
        assert!(matches!(verdict, Verdict::Wrong));
    }
    let again: Vec<_> = (0..3).filter_map(|_| passwords.admit(None).ok()).collect();
    assert_eq!(again.len(), 3);
}

#[tokio::test]
async fn a_request_given_up_while_waiting_gives_its_place_back() {
    let (passwords, keys) = (queue(1, 1, 1), keys(&[A]));
    let slot = Arc::clone(&passwords.0.slots).acquire_owned().await.unwrap();
    let password = typed("password");
    {
        let ticket = passwords.admit(ip(1)).unwrap();
        let mut waiting = pin!(ticket.verify(&keys, &password, None));
        assert!(poll_once(waiting.as_mut()).is_pending());
        assert!(passwords.admit(ip(1)).is_err());
    }
    assert!(passwords.admit(ip(1)).is_ok());
    assert_eq!(passwords.hashes(), 0);
    // Nor has it kept its turn: the next one runs.
    drop(slot);
    let ticket = passwords.admit(ip(1)).unwrap();
    assert!(ticket.verify(&keys, &password, None).await.is_ok());
}

#[tokio::test]
async fn a_request_given_up_while_hashing_gives_its_place_back_when_the_hash_ends() {
    let (passwords, keys) = (queue(1, 0, 1), keys(&[A]));
    let password = typed("password");
    {
        let ticket = passwords.admit(ip(1)).unwrap();
        let mut running = pin!(ticket.verify(&keys, &password, None));
        assert!(poll_once(running.as_mut()).is_pending());
    }
    let free = async {
        while passwords.admit(ip(1)).is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), free).await.unwrap();
    assert_eq!(passwords.hashes(), 1);
    let ticket = passwords.admit(ip(1)).unwrap();
    assert!(ticket.verify(&keys, &password, None).await.is_ok());
}

#[tokio::test]
async fn a_panic_in_the_work_is_an_error_and_frees_the_place() {
    let passwords = queue(1, 0, 1);
    let ticket = passwords.admit(ip(1)).unwrap();
    let result: Result<()> = ticket.run(|_| panic!("on purpose")).await;
    assert!(result.is_err());
    assert!(passwords.admit(ip(1)).is_ok());
    assert_eq!(passwords.0.slots.available_permits(), 1);
}

/// On a runtime of one thread, an inline hash would be ready at the first poll.
#[tokio::test(flavor = "current_thread")]
async fn hashing_leaves_the_runtime_alone() {
    let (passwords, keys) = (service(CHEAP), keys(&[A]));
    let runtime = std::thread::current().id();
    let password = typed("password");
    let mut hashing = pin!(passwords.admit(None).unwrap().hash(&keys, &password, "alice"));
    assert!(poll_once(hashing.as_mut()).is_pending());
    hashing.await.unwrap();
    let ticket = passwords.admit(None).unwrap();
    let thread = ticket.run(|_| Ok(std::thread::current().id())).await.unwrap();
    assert_ne!(thread, runtime);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_stay_within_slots_and_buffers_and_each_is_right() {
    let (passwords, keys) = (queue(2, 64, 64), Arc::new(keys(&[A])));
    let stored = hash(&passwords, &keys, "password", "alice").await;
    let mut tasks = Vec::new();
    for i in 0..40 {
        let (passwords, keys, stored) = (passwords.clone(), Arc::clone(&keys), stored.clone());
        let ticket = passwords.admit(ip(1)).unwrap();
        tasks.push(tokio::spawn(async move {
            let password = typed(if i % 2 == 0 { "password" } else { "wrong" });
            let verdict = ticket
                .verify(&keys, &password, Some((&stored, "alice")))
                .await
                .unwrap();
            (i, matches!(verdict, Verdict::Right { .. }))
        }));
    }
    for task in tasks {
        let (i, right) = task.await.unwrap();
        assert_eq!(right, i % 2 == 0);
    }
    assert_eq!(passwords.hashes(), 41);
    // The answer goes out first; the slot is free when its buffer is wiped.
    let _all = passwords.0.slots.acquire_many(2).await.unwrap();
    let buffers = passwords.0.buffers();
    assert!(buffers.len() <= 2);
    // Nothing of what was hashed is left in them.
    let zero = Block::new();
    for block in buffers.iter().flat_map(|buffer| &buffer.memory) {
        assert_eq!(AsRef::<[u64]>::as_ref(block), AsRef::<[u64]>::as_ref(&zero));
    }
}

#[test]
fn a_service_that_cannot_work_is_refused() {
    let cost = |memory_kib, iterations| PasswordCost {
        memory_kib,
        iterations,
        parallelism: 1,
    };
    for bad in [cost(7, 1), cost(64, 0), cost(PasswordCost::MAX_MEMORY_KIB + 1, 1)] {
        assert!(Passwords::new(bad, PasswordQueue::default()).is_err());
    }
    for (threads, waiting, per_address) in [(usize::MAX, 0, 1), (1, 1, 0)] {
        let queue = PasswordQueue {
            threads,
            waiting,
            per_address,
        };
        assert!(Passwords::new(CHEAP, queue).is_err());
    }
    let unbounded = PasswordQueue {
        threads: 1,
        waiting: usize::MAX,
        per_address: usize::MAX,
    };
    assert!(Passwords::new(CHEAP, unbounded).is_ok());
}
