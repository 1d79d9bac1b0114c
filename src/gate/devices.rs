//! Browsers in which somebody has signed in before.
//!
//! Whoever keeps failing at somebody's account makes strangers wait there, and without this its owner too. A browser that
//! once got in has a counter of its own instead: its failures make nobody wait, the waits of strangers do not hold it up,
//! and strangers learn nothing of its success. After [`FAILURES`] failures in a row it is a stranger like the rest. It is
//! spared waits and nothing else: no password, no factor (RULINGS, "Abuse").

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crypto::{KeyRing, Purpose, random_hex32};
use crate::error::Result;
use crate::gate::Gate;
use crate::gate::throttle::Attempt;
use crate::model::{User, UserId};

/// How often a known browser may fail in a row (OWASP: device cookies).
const FAILURES: i32 = 10;

/// How long a browser's cookie and its failures are remembered: as long as browsers keep any cookie.
pub(crate) const DEVICE_LIVES: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// Of how many users a browser remembers that they signed in there.
const MOST: usize = 5;

/// The users who signed in here before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Devices(Vec<Device>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Device {
    user: UserId,
    /// The user's when he signed in: signing out everywhere makes all his browsers strangers.
    fs_uniquifier: String,
    /// From the system's random source; anew at each sign-in, so that the owner's success forgives the failures of a copy of
    /// his cookie once at most.
    id: String,
}

impl Devices {
    /// What a cookie of that name holds; nothing when it is not ours.
    pub fn open(ring: &KeyRing, name: &str, value: &str) -> Self {
        let read = || {
            let plain = ring.open(Purpose::Device, &[name.as_bytes()], value)?;
            serde_json::from_slice(&plain).ok()
        };
        Devices(read().unwrap_or_default())
    }

    /// The value of a cookie of that name.
    pub fn seal(&self, ring: &KeyRing, name: &str) -> Result<String> {
        let plain = serde_json::to_vec(&self.0)
            .map_err(|error| crate::Error::internal("devices have no JSON").with_source(error))?;
        ring.seal(Purpose::Device, &[name.as_bytes()], &plain)
    }

    /// The same, now that this user has signed in.
    pub fn with(mut self, user: &User) -> Result<Self> {
        self.0.retain(|device| device.user != user.id);
        self.0.insert(
            0,
            Device {
                user: user.id,
                fs_uniquifier: user.fs_uniquifier.clone(),
                id: random_hex32()?,
            },
        );
        self.0.truncate(MOST);
        Ok(self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, user: &User) -> Option<&Device> {
        self.0
            .iter()
            .find(|device| device.user == user.id && device.fs_uniquifier == user.fs_uniquifier)
    }
}

impl Gate {
    /// Counts a try of a browser in which this user has signed in before: nobody waits for it, and it waits for nobody.
    /// Nothing where he has not, or where it has failed too often since.
    pub(super) async fn begin_known_attempt(
        &self,
        devices: &Devices,
        user: &User,
    ) -> Result<Option<Attempt>> {
        let Some(device) = devices.of(user) else {
            return Ok(None);
        };
        let key = self.keys.counter_key("login-device", device.id.as_bytes());
        self.count_within(&key, FAILURES, DEVICE_LIVES).await
    }
}
