//! Who may wait for a hash.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};

/// How many hashes run and wait at once. A hash takes some 30 ms and 19 MiB: without a bound, sign-ins would be the
/// cheapest way to bring the server down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordQueue {
    /// Hashes that run at the same time (`hash_threads`); 0 is one for each core.
    pub threads: usize,
    /// Hashes that wait beside those that run (`hash_queue`).
    pub waiting: usize,
    /// Hashes of one address that run or wait (`hash_queue_per_address`). An IPv6 network of 64 bits is one address.
    pub per_address: usize,
}

impl Default for PasswordQueue {
    fn default() -> Self {
        PasswordQueue {
            threads: 0,
            waiting: 64,
            per_address: 2,
        }
    }
}

impl PasswordQueue {
    /// The number of threads, with 0 replaced by the number of cores.
    pub(super) fn resolved_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

/// The places that are taken.
pub(super) struct Places {
    capacity: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place in the queue; dropping it gives it back.
pub(super) struct Place {
    places: Arc<Places>,
    address: Option<IpAddr>,
}

impl Places {
    pub(super) fn new(capacity: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Places {
            capacity,
            per_address,
            taken: Mutex::default(),
        })
    }

    pub(super) fn take(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Place> {
        let address = address.map(network);
        let mut taken = self.lock();
        if taken.total >= self.capacity {
            return Err(Error::new(ErrorKind::Busy, "the password queue is full"));
        }
        if let Some(address) = address {
            let of_address = taken.by_address.entry(address).or_default();
            if *of_address >= self.per_address {
                return Err(Error::new(
                    ErrorKind::Busy,
                    "the address has its share of the password queue",
                ));
            }
            *of_address += 1;
        }
        taken.total += 1;
        Ok(Place {
            places: Arc::clone(self),
            address,
        })
    }

    // The counts are whole at every moment, so a panic elsewhere leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.total -= 1;
        if let Some(address) = self.address
            && let Some(of_address) = taken.by_address.get_mut(&address)
        {
            *of_address -= 1;
            // An address that waits for nothing must not stay in the table: a botnet would fill it.
            if *of_address == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}

/// What shares a limit: an IPv4 address, also when it is written as IPv6, or the 64-bit network of an IPv6 address,
/// because everybody who has one has all of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let places = Places::new(10, 2);
        let first = places.take(ip("192.0.2.1")).unwrap();
        let _second = places.take(ip("192.0.2.1")).unwrap();
        assert!(places.take(ip("192.0.2.1")).is_err_and(|error| error.is_busy()));
        // Another address is not held up.
        let _other = places.take(ip("192.0.2.2")).unwrap();
        drop(first);
        assert!(places.take(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn the_whole_is_bounded_also_for_unknown_addresses() {
        let places = Places::new(3, 2);
        let mut held: Vec<_> = (0..3).map(|_| places.take(None).unwrap()).collect();
        assert!(places.take(None).is_err_and(|error| error.is_busy()));
        assert!(places.take(ip("192.0.2.1")).is_err_and(|error| error.is_busy()));
        held.pop();
        assert!(places.take(ip("192.0.2.1")).is_ok());
    }

    #[test]
    fn nothing_is_left_behind() {
        let places = Places::new(2, 1);
        for i in 0..100u8 {
            let _place = places.take(ip(&format!("192.0.2.{i}"))).unwrap();
            // A refusal changes nothing either.
            assert!(places.take(ip(&format!("192.0.2.{i}"))).is_err());
        }
        let taken = places.lock();
        assert_eq!(taken.total, 0);
        assert!(taken.by_address.is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let places = Places::new(10, 1);
        let _one = places.take(ip("2001:db8:1:2::1")).unwrap();
        assert!(places.take(ip("2001:db8:1:2:ffff::9")).is_err());
        let _next = places.take(ip("2001:db8:1:3::1")).unwrap();
        let _v4 = places.take(ip("192.0.2.1")).unwrap();
        assert!(places.take(ip("::ffff:192.0.2.1")).is_err());
        assert!(places.take(ip("::ffff:192.0.2.2")).is_ok());
    }
}
