//! The statements about counted failures, and the trait that runs them. Included by each backend's module, like `roles.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::{CounterRow, NewCounterRow};
use super::super::schema::security_counters;
use super::Line;
use super::store::{Store, as_expected, sorted};
use crate::error::Result;
use crate::model::{Counter, CounterKey, CounterSwap, Timestamp};
use crate::store::Counters;

type Answer<T> = Result<T, Failure>;

/// The most rows that one sweep takes, so that its statement stays short.
const SWEEP: i64 = 1000;

pub(super) async fn counter(line: &mut Line, key: CounterKey) -> Answer<Option<Counter>> {
    let row: Option<CounterRow> = lookups::counter_by_key(&key)
        .get_result(line.statement())
        .await
        .optional()?;
    Ok(row.map(Counter::from))
}

pub(super) async fn counters(line: &mut Line, keys: Vec<CounterKey>) -> Answer<Vec<Option<Counter>>> {
    let rows: Vec<CounterRow> = lookups::counters_by_keys(&keys).load(line.statement()).await?;
    let mut found: HashMap<Vec<u8>, Counter> = rows
        .into_iter()
        .map(|row| (row.hash.clone(), Counter::from(row)))
        .collect();
    Ok(keys
        .iter()
        .map(|key| found.remove(key.as_bytes().as_slice()))
        .collect())
}

/// Where there are several, in a transaction. A row that is not as expected is a conflict, so that none changes.
pub(super) async fn swap_counters(line: &mut Line, swaps: Arc<[CounterSwap]>) -> Answer<()> {
    for swap in swaps.iter() {
        let swapped = match (&swap.expected, &swap.new) {
            (None, None) => counter(line, swap.key).await?.is_none(),
            (None, Some(new)) => insert(line, &swap.key, new).await?,
            (Some(expected), None) => delete(line, &swap.key, expected).await?,
            (Some(expected), Some(new)) => update(line, &swap.key, expected, new).await?,
        };
        if !swapped {
            return Err(Failure::Conflict("counter"));
        }
    }
    Ok(())
}

async fn insert(line: &mut Line, key: &CounterKey, new: &Counter) -> Answer<bool> {
    let inserted = diesel::insert_into(security_counters::table)
        .values(NewCounterRow::new(key, new))
        .execute(line.statement())
        .await
        .map_err(Failure::from);
    match inserted {
        Ok(_) => Ok(true),
        Err(failure) if failure.is_unique_violation() => Ok(false),
        Err(failure) => Err(failure),
    }
}

async fn delete(line: &mut Line, key: &CounterKey, expected: &Counter) -> Answer<bool> {
    let deleted = diesel::delete(lookups::counter_as(key, expected))
        .execute(line.statement())
        .await?;
    Ok(deleted == 1)
}

async fn update(line: &mut Line, key: &CounterKey, expected: &Counter, new: &Counter) -> Answer<bool> {
    let updated = diesel::update(lookups::counter_as(key, expected))
        .set((
            security_counters::failures.eq(new.failures),
            security_counters::blocked_until.eq(new.blocked_until.as_millis()),
            security_counters::expires_at.eq(new.expires_at.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(updated == 1)
}

pub(super) async fn sweep_counters(line: &mut Line, now: Timestamp, limit: i64) -> Answer<usize> {
    let expired: Vec<Vec<u8>> = security_counters::table
        .filter(security_counters::expires_at.lt(now.as_millis()))
        .order(security_counters::expires_at)
        .limit(limit.clamp(0, SWEEP))
        .select(security_counters::hash)
        .load(line.statement())
        .await?;
    if expired.is_empty() {
        return Ok(0);
    }
    // Again with the condition: somebody may have failed anew in between.
    let swept = diesel::delete(security_counters::table)
        .filter(security_counters::hash.eq_any(expired))
        .filter(security_counters::expires_at.lt(now.as_millis()))
        .execute(line.statement())
        .await?;
    Ok(swept)
}

#[rocket::async_trait]
impl Counters for Store {
    fn contract(&self) -> u32 {
        <dyn Counters>::CONTRACT
    }

    async fn counter(&self, key: &CounterKey) -> Result<Option<Counter>> {
        if let Some(found) = self.inline.counter(key, &self.statements) {
            return Ok(found);
        }
        let key = *key;
        self.read(move |line| Box::pin(counter(line, key))).await
    }

    async fn counters(&self, keys: &[CounterKey]) -> Result<Vec<Option<Counter>>> {
        if let Some(found) = self.inline.counters(keys, &self.statements) {
            return Ok(found);
        }
        let keys = keys.to_vec();
        self.read(move |line| Box::pin(counters(line, keys))).await
    }

    async fn swap_counters(&self, swaps: &[CounterSwap]) -> Result<bool> {
        let swaps = sorted(swaps);
        let swapped = match swaps.len() {
            1 => {
                self.write(move |line| Box::pin(swap_counters(line, swaps.clone())))
                    .await
            }
            _ => {
                self.transaction(move |line| Box::pin(swap_counters(line, swaps.clone())))
                    .await
            }
        };
        as_expected(swapped)
    }

    async fn sweep_counters(&self, now: Timestamp, limit: i64) -> Result<usize> {
        self.write(move |line| Box::pin(sweep_counters(line, now, limit)))
            .await
    }
}
