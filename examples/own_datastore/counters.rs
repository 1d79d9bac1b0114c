use rocket_security::store::{Counter, CounterKey, Counters};
use rocket_security::{Result, Timestamp};

use super::{MemoryStore, at_most};

#[rocket::async_trait]
impl Counters for MemoryStore {
    fn contract(&self) -> u32 {
        1
    }

    async fn counter(&self, key: &CounterKey) -> Result<Option<Counter>> {
        Ok(self.rows()?.counters.get(key).copied())
    }

    async fn swap_counter(
        &self,
        key: &CounterKey,
        expected: Option<&Counter>,
        new: &Counter,
    ) -> Result<bool> {
        let mut rows = self.rows()?;
        if rows.counters.get(key) != expected {
            return Ok(false);
        }
        rows.counters.insert(*key, *new);
        Ok(true)
    }

    async fn delete_counter(&self, key: &CounterKey) -> Result<()> {
        self.rows()?.counters.remove(key);
        Ok(())
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
