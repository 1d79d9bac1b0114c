//! The one way in.
//!
//! Every sign-in, whatever it looks like from outside, ends here: a feature earns [`Evidence`] that somebody is a
//! user, and [`Gate::admit`] alone turns it into a session. The gate asks what must be asked each time — is the
//! account active, is the address confirmed — so a feature that forgets to ask cannot exist.
//!
//! It also is the brake: tries are counted *before* the password is looked at ([`throttle`]), so that a thousand
//! parallel guesses count as a thousand.

mod admission;
mod basic;
mod caller;
mod devices;
mod events;
mod evidence;
mod failures;
mod freshness;
mod identities;
mod password;
mod remember;
mod sessions;
mod throttle;
mod tokens;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

pub(crate) use admission::Admission;
pub(crate) use caller::{ByBasic, ByToken, Caller};
pub(crate) use devices::{DEVICE_LIVES, Devices};
pub(crate) use events::Events;
pub use evidence::Evidence;
pub(crate) use freshness::Freshness;
pub(crate) use identities::{Identities, LoginIdentity, Mapper};
pub(crate) use password::PasswordRefusal;
pub(crate) use remember::{Keepsake, Restored};
pub(crate) use sessions::Authenticated;

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::{Keys, Passwords};
use crate::error::Result;
use crate::model::Timestamp;
use crate::policy::Policy;
use crate::store::Datastore;

/// Who asks: where the request came from, as far as it can be known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    /// The address, for the session's row.
    pub address: Option<IpAddr>,
    /// What limits are counted under; nothing when the address cannot be trusted (see `web::client`).
    pub limit: Option<IpAddr>,
    /// The browser's `User-Agent`.
    pub user_agent: Option<String>,
    /// Who has signed in with this browser before.
    pub devices: Devices,
}

/// How long a browser's name may be in a table.
const USER_AGENT_MAX: usize = 255;

impl Client {
    /// Address and browser as a table keeps them, without control characters: what a browser calls itself ends in logs
    /// and pages.
    fn for_the_row(&self) -> (Option<String>, Option<String>) {
        let cut = |text: &str| -> String {
            text.chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_MAX)
                .collect()
        };
        (
            self.address.map(|address| address.to_string()),
            self.user_agent.as_deref().map(cut),
        )
    }
}

/// Everything that signing in needs and nothing of how it looks.
pub(crate) struct Gate {
    pub config: Arc<Config>,
    pub identities: Identities,
    pub keys: Keys,
    pub passwords: Passwords,
    pub store: Arc<dyn Datastore>,
    pub clock: Clock,
    pub events: Events,
    pub policy: Arc<dyn Policy>,
    /// Calls of the policy beside the requests.
    calls: Arc<Semaphore>,
    /// When the expired rows were last swept, in milliseconds.
    swept_at: AtomicI64,
    /// Whether a sweep is under way.
    sweeping: Arc<AtomicBool>,
}

/// What a gate is made of.
pub(crate) struct Parts {
    pub config: Arc<Config>,
    pub identities: Identities,
    pub keys: Keys,
    pub passwords: Passwords,
    pub store: Arc<dyn Datastore>,
    pub clock: Clock,
    pub events: Events,
    pub policy: Arc<dyn Policy>,
}

/// How often an instance sweeps expired rows, how many in one statement, and how many statements at most: short ones,
/// so that nobody waits for a lock, and enough of them to outrun whoever fills the tables.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_ROWS: i64 = 500;
const SWEEP_ROUNDS: usize = 40;

impl Gate {
    pub fn new(parts: Parts) -> Self {
        let Parts {
            config,
            identities,
            keys,
            passwords,
            store,
            clock,
            events,
            policy,
        } = parts;
        Gate {
            config,
            identities,
            keys,
            passwords,
            store,
            clock,
            events,
            policy,
            calls: Arc::new(Semaphore::new(failures::CALLS_AT_ONCE)),
            swept_at: AtomicI64::new(0),
            sweeping: Arc::default(),
        }
    }

    /// Removes expired rows, at most once a minute, beside the request that noticed.
    fn sweep_now_and_then(&self) {
        let now = self.clock.now();
        let last = self.swept_at.load(Ordering::Relaxed);
        if now.as_millis() - last < SWEEP_EVERY.as_millis() as i64
            || self
                .swept_at
                .compare_exchange(last, now.as_millis(), Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        let store = self.store.clone();
        let (idle, absolute) = (
            now - self.config.session_idle_timeout,
            now - self.config.session_lifetime,
        );
        let sweeping = self.sweeping.clone();
        sweeping.store(true, Ordering::Release);
        tokio::spawn(async move {
            if let Err(error) = sweep(store.as_ref(), now, idle, absolute).await {
                log::warn!("sweeping expired rows failed: {error}");
            }
            sweeping.store(false, Ordering::Release);
        });
    }

    /// Whether a sweep is under way: a test that counts statements waits for its end.
    #[cfg(any(test, feature = "testing"))]
    pub fn is_sweeping(&self) -> bool {
        self.sweeping.load(Ordering::Acquire)
    }
}

async fn sweep(store: &dyn Datastore, now: Timestamp, idle: Timestamp, absolute: Timestamp) -> Result<()> {
    for _ in 0..SWEEP_ROUNDS {
        let sessions = store.sweep_sessions(idle, absolute, SWEEP_ROWS).await?;
        let series = store.sweep_series(now, SWEEP_ROWS).await?;
        let counters = store.sweep_counters(now, SWEEP_ROWS).await?;
        if sessions == 0 && series == 0 && counters == 0 {
            break;
        }
    }
    Ok(())
}
