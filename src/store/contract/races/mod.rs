//! What must happen once happens once, with 64 at it.

pub(super) mod api_keys;
pub(super) mod counters;
pub(super) mod endings;
pub(super) mod refresh;
pub(super) mod remember;
pub(super) mod roles;
pub(super) mod sessions;
pub(super) mod users;

use std::sync::Arc;

use tokio::sync::Barrier;

use super::judge::panicked;
use super::verdict::{Fault, Verdict};

const RACERS: usize = 64;

/// Runs 64 tasks that start at the same moment, and returns what each found.
async fn at_once<T, F>(task: impl Fn(usize) -> F) -> Verdict<Vec<T>>
where
    T: Send + 'static,
    F: Future<Output = Verdict<T>> + Send + 'static,
{
    let start = Arc::new(Barrier::new(RACERS));
    let tasks: Vec<_> = (0..RACERS)
        .map(|number| {
            let (start, racer) = (start.clone(), task(number));
            tokio::spawn(async move {
                start.wait().await;
                racer.await
            })
        })
        .collect();
    let mut found = Vec::new();
    for task in tasks {
        match task.await {
            Ok(outcome) => found.push(outcome?),
            Err(error) if error.is_panic() => return Err(panicked(error.into_panic().as_ref())),
            Err(error) => return Err(Fault::new("an answer", error.to_string())),
        }
    }
    Ok(found)
}
