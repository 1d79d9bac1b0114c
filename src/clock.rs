//! The time, as everything in this crate sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Where the library reads the time. The system's clock in production; in tests one that is set by hand
/// (`testing::Clock`), so that expiry is tested without sleeping.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Clock(None)
    }

    /// A clock that stands still at `now` until it is moved. All clones move together.
    #[cfg(any(test, feature = "testing"))]
    pub fn fixed(now: Timestamp) -> Self {
        Clock(Some(Arc::new(AtomicI64::new(now.as_millis()))))
    }

    /// Moves a fixed clock forward; does nothing to the system's clock.
    #[cfg(any(test, feature = "testing"))]
    pub fn advance(&self, by: Duration) {
        if let Some(millis) = &self.0 {
            millis.fetch_add(by.as_millis() as i64, Ordering::SeqCst);
        }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(millis) => Timestamp::from_millis(millis.load(Ordering::SeqCst)),
            None => {
                let since = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or(Duration::ZERO);
                Timestamp::from_millis(since.as_millis() as i64)
            }
        }
    }
}
