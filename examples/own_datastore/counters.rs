use rocket_security::store::{Counter, CounterKey, CounterSwap, Counters};
use rocket_security::{Result, Timestamp};

use super::{MemoryStore, Rows, at_most};

impl Rows {
    pub(super) fn are_as_expected(&self, swaps: &[CounterSwap]) -> bool {
        let as_expected = |swap: &CounterSwap| self.counters.get(&swap.key) == swap.expected.as_ref();
        swaps.iter().all(as_expected)
    }

    pub(super) fn swap(&mut self, swaps: &[CounterSwap]) {
        for swap in swaps {
            match swap.new {
                Some(new) => self.counters.insert(swap.key, new),
                None => self.counters.remove(&swap.key),
            };
        }
    }
}

#[rocket::async_trait]
impl Counters for MemoryStore {
    fn contract(&self) -> u32 {
        2
    }

    async fn counter(&self, key: &CounterKey) -> Result<Option<Counter>> {
        Ok(self.rows()?.counters.get(key).copied())
    }

    async fn swap_counters(&self, swaps: &[CounterSwap]) -> Result<bool> {
        let mut rows = self.rows()?;
        let may_swap = rows.are_as_expected(swaps);
        if may_swap {
            rows.swap(swaps);
        }
        Ok(may_swap)
    }

    async fn sweep_counters(&self, now: Timestamp, limit: i64) -> Result<usize> {
        let mut rows = self.rows()?;
        let expired = rows
            .counters
            .iter()
            .filter(|(_, counter)| counter.expires_at < now);
        let expired: Vec<CounterKey> = expired.map(|(key, _)| *key).take(at_most(limit)).collect();
        for key in &expired {
            rows.counters.remove(key);
        }
        Ok(expired.len())
    }
}
