//! The brake on guessing: a wait that grows with failures, per account and per address.
//!
//! A try is counted before the password is looked at and taken back when it was right. So however many guesses
//! arrive at once, each sees the others. What is counted is what the visitor *typed*, known or not, so that the
//! wait tells nobody which accounts exist. A wait is all that happens, and it ends by itself. Whoever keeps failing keeps it
//! up, for all but browsers that have signed in before (see `devices.rs`). An address alone waits `login_wait_max` at most.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Client, Gate};
use crate::model::{
    Counter, CounterKey, CounterSwap, Event, Issued, Session, SessionHash, Timestamp, UserId,
};

/// How long failures are remembered when nothing more happens.
const REMEMBER: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a try is written again when others write the same row. Each round at least one of them wins, so this
/// many tries at the same moment get through; the rest is asked to come again.
const ROUNDS: usize = 128;

/// No wait is on. Never "until now": who read the clock a moment before would find that in his future, and wait for what
/// nobody did wrong.
const NO_WAIT: Timestamp = Timestamp::from_millis(0);

/// A try that was counted.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    account: CounterKey,
    /// Until when this try has made the account wait.
    own_wait: Timestamp,
    address: AddressTry,
}

/// A try that was counted for an address: which, and until when this try has made it wait; nothing where none is counted.
#[derive(Clone, Copy)]
pub(crate) struct AddressTry(Option<(CounterKey, Timestamp)>);

/// Whose failures are counted.
#[derive(Clone, Copy)]
pub(super) enum Account<'a> {
    /// What somebody typed at the sign-in, known or not.
    Typed(&'a str),
    /// Who is signed in and proves it again: apart, so that strangers' guesses do not make him wait.
    Own(UserId),
}

impl Account<'_> {
    fn kind(self) -> &'static str {
        match self {
            Account::Typed(_) => "login-account",
            Account::Own(_) => "verify-account",
        }
    }

    fn value(self) -> Vec<u8> {
        match self {
            Account::Typed(typed) => typed.as_bytes().to_vec(),
            Account::Own(user) => user.to_be_bytes().to_vec(),
        }
    }
}

pub(super) enum Brake {
    Go(Attempt),
    Wait { seconds: u64 },
}

impl Gate {
    /// Counts a try that no wait follows, as long as there were fewer than `most` before; else nothing. However many come
    /// at once, no more get through.
    pub(super) async fn count_within(
        &self,
        key: &CounterKey,
        most: i32,
        remember: Duration,
    ) -> Result<Option<Attempt>> {
        for _ in 0..ROUNDS {
            let before = self.store.counter(key).await?;
            let failures = before.map_or(0, |counter| counter.failures);
            if failures >= most {
                return Ok(None);
            }
            let after = Counter {
                failures: failures + 1,
                blocked_until: NO_WAIT,
                expires_at: self.clock.now() + remember,
            };
            if self
                .store
                .swap_counters(&[swap(key, before, Some(after))])
                .await?
            {
                return Ok(Some(Attempt {
                    account: *key,
                    own_wait: NO_WAIT,
                    address: AddressTry(None),
                }));
            }
        }
        Ok(None)
    }

    /// Counts a try for `account` and for the client's address. While one of them has to wait, nothing is counted for either:
    /// who insists on a waiting account must not bring a wait upon all behind his address.
    pub(super) async fn begin_attempt(&self, account: Account<'_>, client: &Client) -> Result<Brake> {
        self.sweep_now_and_then();
        let account = self.keys.counter_key(account.kind(), &account.value());
        let address = self.address_key(client);
        let mut limits = vec![(account, self.config.login_wait_after)];
        limits.extend(address.map(|key| (key, self.config.login_wait_address_after)));
        Ok(match self.count(&limits).await? {
            Ok(waits) => Brake::Go(Attempt {
                account,
                own_wait: waits.first().copied().unwrap_or(NO_WAIT),
                address: AddressTry(address.zip(waits.get(1).copied())),
            }),
            Err(seconds) => Brake::Wait { seconds },
        })
    }

    /// Takes a counted try back: it succeeded. The account starts anew; the address loses this one try only, so
    /// that signing in to one's own account does not wash away the guesses at others.
    pub(super) async fn take_back(&self, attempt: Option<Attempt>) -> Result<()> {
        match attempt {
            Some(attempt) => self.forgive_all(Some(attempt.account), &attempt.address).await,
            None => Ok(()),
        }
    }

    /// Takes this one try back and no other: it succeeded, but was no sign-in. Whoever sends his password with each request
    /// would else wash away what others guess between them.
    pub(super) async fn uncount(&self, attempt: Option<Attempt>) -> Result<()> {
        let Some(attempt) = attempt else { return Ok(()) };
        let mut tried = vec![(attempt.account, attempt.own_wait, self.config.login_wait_after)];
        tried.extend(
            (attempt.address.0).map(|(key, own_wait)| (key, own_wait, self.config.login_wait_address_after)),
        );
        let keys: Vec<CounterKey> = tried.iter().map(|(key, ..)| *key).collect();
        for _ in 0..ROUNDS {
            let found = self.store.counters(&keys).await?;
            let swaps: Vec<CounterSwap> = tried
                .iter()
                .zip(found)
                .filter_map(|((key, own_wait, free), before)| {
                    let before = before?;
                    let after = self.without(before, *own_wait, *free);
                    Some(swap(key, Some(before), (after.failures > 0).then_some(after)))
                })
                .collect();
            if swaps.is_empty() || self.store.swap_counters(&swaps).await? {
                return Ok(());
            }
        }
        // Harmless: whoever was right keeps a try too many on his account.
        Ok(())
    }

    /// Stores a new session and takes the try back that was counted for it, in one transaction.
    pub(super) async fn store_session(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        attempt: Option<Attempt>,
    ) -> Result<()> {
        let track = self.config.trackable;
        if let Some(attempt) = &attempt {
            for _ in 0..ROUNDS {
                let forgiven = self.forgiven(Some(attempt.account), &attempt.address).await?;
                if self.store.sign_in(session, replaces, track, &forgiven).await? {
                    return Ok(());
                }
            }
        }
        // After so many rounds it is as in `forgive_all`: harmless.
        self.store.create_session(session, replaces, track).await
    }

    /// Counts a try of the client's address, before what it tries is looked at: however many arrive at once, each sees
    /// the others. Or the seconds that it has to wait.
    pub async fn begin_address(&self, client: &Client) -> Result<Result<AddressTry, u64>> {
        let Some(key) = self.address_key(client) else {
            return Ok(Ok(AddressTry(None)));
        };
        let counted = self.count(&[(key, self.config.login_wait_address_after)]).await?;
        Ok(counted.map(|waits| AddressTry(waits.first().map(|until| (key, *until)))))
    }

    /// Takes a counted try of an address back: it was none that failed.
    pub async fn forgive(&self, tried: AddressTry) -> Result<()> {
        self.forgive_all(None, &tried).await
    }

    /// The seconds that the client's address has to wait, if it has to; counts nothing.
    pub async fn address_wait(&self, client: &Client) -> Result<Option<u64>> {
        match self.address_key(client) {
            Some(key) => self.wait_of(&key).await,
            None => Ok(None),
        }
    }

    async fn wait_of(&self, key: &CounterKey) -> Result<Option<u64>> {
        let now = self.clock.now();
        let until = self
            .store
            .counter(key)
            .await?
            .map(|counter| counter.blocked_until)
            .filter(|until| *until > now);
        Ok(until.map(|until| whole_seconds(until.since(now))))
    }

    /// Counts a failure of the client's address outside of signing in: asking for what belongs to others.
    pub async fn count_address(&self, client: &Client) -> Result<()> {
        if let Some(key) = self.address_key(client) {
            let _ = self.count(&[(key, self.config.login_wait_address_after)]).await?;
        }
        Ok(())
    }

    fn address_key(&self, client: &Client) -> Option<CounterKey> {
        client.limit.map(|address| {
            self.keys
                .counter_key("login-address", address.to_string().as_bytes())
        })
    }

    /// One more for each of these keys, which have so many tries free, and until when others now have to wait; or the
    /// seconds to wait, when for one of them a wait is on.
    async fn count(&self, limits: &[(CounterKey, u32)]) -> Result<Result<Vec<Timestamp>, u64>> {
        let keys: Vec<CounterKey> = limits.iter().map(|(key, _)| *key).collect();
        for _ in 0..ROUNDS {
            let now = self.clock.now();
            let found = self.store.counters(&keys).await?;
            let live = |before: &Option<Counter>| before.filter(|counter| counter.expires_at > now);
            let wait = found
                .iter()
                .filter_map(live)
                .find(|counter| counter.blocked_until > now);
            if let Some(counter) = wait {
                return Ok(Err(whole_seconds(counter.blocked_until.since(now))));
            }
            let swaps: Vec<CounterSwap> = limits
                .iter()
                .zip(&found)
                .map(|((key, free), before)| {
                    let failures = live(before)
                        .map_or(0, |counter| counter.failures)
                        .saturating_add(1);
                    swap(key, *before, Some(self.counter(failures, *free, now)))
                })
                .collect();
            if self.store.swap_counters(&swaps).await? {
                let waits: Vec<Timestamp> = swaps
                    .iter()
                    .map(|swap| swap.new.map_or(NO_WAIT, |counter| counter.blocked_until))
                    .collect();
                for until in waits.iter().filter(|until| **until > now) {
                    let seconds = whole_seconds(until.since(now));
                    self.events.emit(Event::WaitImposed { seconds });
                }
                return Ok(Ok(waits));
            }
        }
        Err(Error::new(
            ErrorKind::Busy,
            "too many sign-ins for one account or address at the same moment",
        ))
    }

    async fn forgive_all(&self, account: Option<CounterKey>, address: &AddressTry) -> Result<()> {
        for _ in 0..ROUNDS {
            let swaps = self.forgiven(account, address).await?;
            if swaps.is_empty() || self.store.swap_counters(&swaps).await? {
                return Ok(());
            }
        }
        // Harmless: whoever was right keeps a try too many on his account.
        Ok(())
    }

    /// What forgets an account's failures, and takes one try of an address back.
    async fn forgiven(&self, account: Option<CounterKey>, address: &AddressTry) -> Result<Vec<CounterSwap>> {
        let keys: Vec<CounterKey> = account.into_iter().chain(address.0.map(|(key, _)| key)).collect();
        let found = self.store.counters(&keys).await?;
        let swaps = keys.iter().zip(found).filter_map(|(key, before)| {
            let before = before?;
            let after = match address.0 {
                Some((address, own_wait)) if address == *key => {
                    Some(self.without(before, own_wait, self.config.login_wait_address_after))
                }
                _ => None,
            };
            Some(swap(key, Some(before), after))
        });
        Ok(swaps.collect())
    }

    /// A row with one try less, of which so many are free.
    fn without(&self, before: Counter, own_wait: Timestamp, free: u32) -> Counter {
        let after = self.counter((before.failures - 1).max(0), free, self.clock.now());
        // A wait that others brought about stays; one that this try began goes with it.
        let is_free = after.failures < i32::try_from(free).unwrap_or(i32::MAX);
        let blocked_until = match is_free || before.blocked_until == own_wait {
            true => NO_WAIT,
            false => before.blocked_until,
        };
        Counter {
            blocked_until,
            ..after
        }
    }

    fn counter(&self, failures: i32, free: u32, now: Timestamp) -> Counter {
        let wait = wait_after(
            failures,
            free,
            self.config.login_wait_first,
            self.config.login_wait_max,
        );
        Counter {
            failures,
            blocked_until: if wait.is_zero() { NO_WAIT } else { now + wait },
            expires_at: now + wait + REMEMBER,
        }
    }
}

fn swap(key: &CounterKey, expected: Option<Counter>, new: Option<Counter>) -> CounterSwap {
    CounterSwap {
        key: *key,
        expected,
        new,
    }
}

/// The wait after so many failures in a row: none for the first `free`, then `first`, doubled each time, at most `max`.
fn wait_after(failures: i32, free: u32, first: Duration, max: Duration) -> Duration {
    let failures = u32::try_from(failures).unwrap_or(0);
    if failures < free.max(1) {
        return Duration::ZERO;
    }
    let doublings = (failures - free.max(1)).min(30);
    first.saturating_mul(1 << doublings).min(max)
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_limit() {
        let wait =
            |failures| wait_after(failures, 5, Duration::from_secs(30), Duration::from_secs(3600)).as_secs();
        assert_eq!(
            [0, 4, 5, 6, 7, 11, 12, 13, 1_000_000].map(wait),
            [0, 0, 30, 60, 120, 1920, 3600, 3600, 3600]
        );
        assert_eq!(wait(-5), 0);
    }

    #[test]
    fn a_part_of_a_second_is_a_second_to_wait() {
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1000)), 1);
    }
}
