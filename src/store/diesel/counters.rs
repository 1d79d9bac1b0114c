//! The statements about counted failures. Included by each backend's module, like `roles.rs`.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::super::failure::Failure;
use super::super::lookups;
use super::super::rows::{CounterRow, NewCounterRow};
use super::super::schema::security_counters;
use super::Line;
use crate::model::{Counter, CounterKey, Timestamp};

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

pub(super) async fn swap_counter(
    line: &mut Line,
    key: CounterKey,
    expected: Option<Counter>,
    new: Counter,
) -> Answer<bool> {
    let Some(expected) = expected else {
        let inserted = diesel::insert_into(security_counters::table)
            .values(NewCounterRow::new(&key, &new))
            .execute(line.statement())
            .await
            .map_err(Failure::from);
        return match inserted {
            Ok(_) => Ok(true),
            Err(failure) if failure.is_unique_violation() => Ok(false),
            Err(failure) => Err(failure),
        };
    };
    let swapped = diesel::update(security_counters::table)
        .filter(security_counters::hash.eq(key.as_bytes().as_slice()))
        .filter(security_counters::failures.eq(expected.failures))
        .filter(security_counters::blocked_until.eq(expected.blocked_until.as_millis()))
        .filter(security_counters::expires_at.eq(expected.expires_at.as_millis()))
        .set((
            security_counters::failures.eq(new.failures),
            security_counters::blocked_until.eq(new.blocked_until.as_millis()),
            security_counters::expires_at.eq(new.expires_at.as_millis()),
        ))
        .execute(line.statement())
        .await?;
    Ok(swapped == 1)
}

pub(super) async fn delete_counter(line: &mut Line, key: CounterKey) -> Answer<()> {
    diesel::delete(security_counters::table)
        .filter(security_counters::hash.eq(key.as_bytes().as_slice()))
        .execute(line.statement())
        .await?;
    Ok(())
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
