use argon2::Params;

use crate::error::{Error, Result};

/// What one argon2id hash costs. The default is the one of OWASP and ASVS 11.4.2: 19 MiB, two passes, one lane.
///
/// ```
/// use rocket_security::crypto::PasswordCost;
///
/// let cost = PasswordCost { iterations: 3, ..PasswordCost::default() };
/// assert!(cost.check().is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB (`argon2_memory_kib`).
    pub memory_kib: u32,
    /// Passes over that memory (`argon2_iterations`).
    pub iterations: u32,
    /// Lanes (`argon2_parallelism`). They are worked off one after the other; more lanes only help an attacker who
    /// has the cores, and exist for hashes that come from elsewhere.
    pub parallelism: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        PasswordCost {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
        }
    }
}

impl PasswordCost {
    /// Most memory of a hash, configured or stored: 1 GiB.
    pub const MAX_MEMORY_KIB: u32 = 1 << 20;
    /// Most passes of a hash, configured or stored.
    pub const MAX_ITERATIONS: u32 = 64;
    /// Most lanes of a hash, configured or stored.
    pub const MAX_PARALLELISM: u32 = 64;
    /// Most memory times passes, in KiB: four passes over 1 GiB, some seconds of a core.
    pub const MAX_WORK_KIB: u64 = 4 << 20;

    /// Whether argon2 takes it and it lies within the caps.
    pub fn check(&self) -> Result<()> {
        self.params().map(drop)
    }

    pub(super) fn params(&self) -> Result<Params> {
        if self.parallelism > Self::MAX_PARALLELISM
            || self.memory_kib > Self::MAX_MEMORY_KIB
            || self.iterations > Self::MAX_ITERATIONS
            || self.work() > Self::MAX_WORK_KIB
        {
            return Err(Error::config(format!(
                "the argon2 cost {self} is above the cap of {} KiB, {} passes, {} lanes and {} KiB in all passes",
                Self::MAX_MEMORY_KIB,
                Self::MAX_ITERATIONS,
                Self::MAX_PARALLELISM,
                Self::MAX_WORK_KIB,
            )));
        }
        Params::new(self.memory_kib, self.iterations, self.parallelism, None)
            .map_err(|error| Error::config(format!("argon2 refuses the cost {self}: {error}")))
    }

    /// How long it takes: the blocks that are filled.
    pub(super) fn work(&self) -> u64 {
        u64::from(self.memory_kib) * u64::from(self.iterations)
    }

    /// Whether a hash of this cost should be made anew at `wanted`.
    ///
    /// Measured by what an attacker pays, memory times time, so that a cost that trades passes for memory or
    /// back is judged as one number and nothing is ever made weaker. Lanes do not count: they change neither.
    pub(super) fn is_below(&self, wanted: &PasswordCost) -> bool {
        let price = |cost: &PasswordCost| u128::from(cost.memory_kib) * u128::from(cost.work());
        price(self) < price(wanted)
    }

    /// The cost of the work that a cheaper hash lacks of `self`.
    pub(super) fn remainder(&self, cheaper: &PasswordCost) -> PasswordCost {
        let missing = self.work().saturating_sub(cheaper.work()) / u64::from(self.iterations.max(1));
        let least = self.parallelism.saturating_mul(8);
        PasswordCost {
            memory_kib: u32::try_from(missing).unwrap_or(u32::MAX).max(least),
            ..*self
        }
    }
}

impl std::fmt::Display for PasswordCost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "m={},t={},p={}",
            self.memory_kib, self.iterations, self.parallelism
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(memory_kib: u32, iterations: u32, parallelism: u32) -> PasswordCost {
        PasswordCost {
            memory_kib,
            iterations,
            parallelism,
        }
    }

    #[test]
    fn the_caps_hold() {
        assert!(PasswordCost::default().check().is_ok());
        for fine in [
            cost(1 << 20, 4, 1),
            cost(8, 1, 1),
            cost(65_536, 64, 4),
            cost(512, 1, 64),
        ] {
            assert!(fine.check().is_ok(), "{fine}");
        }
        for bad in [
            cost((1 << 20) + 1, 1, 1),
            cost(1 << 20, 5, 1),
            cost(64, 65, 1),
            cost(1024, 1, 65),
            cost(7, 1, 1),
            cost(64, 0, 1),
            cost(64, 1, 0),
            cost(31, 1, 4),
            cost(u32::MAX, u32::MAX, u32::MAX),
        ] {
            assert!(bad.check().is_err(), "{bad}");
        }
    }

    #[test]
    fn rehash_only_upward() {
        let wanted = PasswordCost::default();
        for weaker in [
            cost(19_455, 2, 1),
            cost(19_456, 1, 1),
            cost(8, 2, 8),
            cost(4096, 20, 1),
            cost(12_288, 3, 1),
        ] {
            assert!(weaker.is_below(&wanted), "{weaker}");
            assert!(!wanted.is_below(&weaker), "{weaker}");
        }
        for as_good in [
            wanted,
            cost(19_456, 3, 1),
            cost(65_536, 3, 4),
            cost(47_104, 1, 1),
            cost(19_456, 2, 4),
        ] {
            assert!(!as_good.is_below(&wanted), "{as_good}");
        }
        let largest = cost(u32::MAX, u32::MAX, 1);
        assert!(!largest.is_below(&largest));
    }

    #[test]
    fn the_remainder_adds_up() {
        let wanted = cost(19_456, 2, 1);
        for cheaper in [cost(19_456, 1, 1), cost(8192, 2, 1), cost(64, 1, 1)] {
            let rest = wanted.remainder(&cheaper);
            assert_eq!(rest.work() + cheaper.work(), wanted.work());
            assert!(rest.check().is_ok());
        }
        assert!(wanted.remainder(&wanted).check().is_ok());
        assert!(cost(64, 3, 8).remainder(&cost(64, 2, 8)).check().is_ok());
    }
}
