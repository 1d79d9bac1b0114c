//! Runs the rules where nothing that a store does can hurt the judge: each on a store and a runtime of its own.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use rocket::futures::FutureExt;
use tokio::runtime::Builder;

use super::report::{Broken, Report};
use super::verdict::Fault;
use super::{RULES, Rule, Store};
use crate::error::Result;
use crate::store::Datastore;

/// How long a rule may take unless it is said otherwise. Most take milliseconds; 64 writers at a slow disk need more.
const LIMIT: Duration = Duration::from_secs(60);

/// The contract, to run a store against. [`check`] runs all of it.
#[derive(Debug, Clone)]
pub struct Contract {
    limit: Duration,
    only: Option<String>,
}

impl Default for Contract {
    fn default() -> Self {
        Self::new()
    }
}

impl Contract {
    /// All rules, with a minute for each.
    pub fn new() -> Self {
        Contract {
            limit: LIMIT,
            only: None,
        }
    }

    /// How long a rule may take before the store counts as hung.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Only the rules whose sentence contains `part`, such as `"of 64"` for the races.
    pub fn only(mut self, part: impl Into<String>) -> Self {
        self.only = Some(part.into());
        self
    }

    /// Runs the rules one after another and tells each that is broken. `open` is called once for each; the stores may
    /// share their rows, as two pools on one database do, but nobody else should write there meanwhile.
    ///
    /// It blocks until all is done, and runs the store on threads of its own: a store that panics, hangs or blocks its
    /// threads for ever breaks the rule at hand and no other. Where the stores share what it holds, they may.
    pub fn check<O, F>(&self, open: O) -> Report
    where
        O: Fn() -> F,
        F: Future<Output = Result<Arc<dyn Datastore>>> + Send + 'static,
    {
        let mut report = Report::new();
        for rule in RULES.iter().filter(|rule| self.asks_for(rule)) {
            let found = judge(rule, open(), self.limit);
            report.note(found.map_err(|fault| Broken::new(rule.of, rule.sentence(), fault)));
        }
        report
    }

    fn asks_for(&self, rule: &Rule) -> bool {
        match &self.only {
            Some(part) => rule.sentence().contains(part.as_str()),
            None => true,
        }
    }
}

/// Runs all rules of the contract with a minute for each; see [`Contract::check`].
pub fn check<O, F>(open: O) -> Report
where
    O: Fn() -> F,
    F: Future<Output = Result<Arc<dyn Datastore>>> + Send + 'static,
{
    Contract::new().check(open)
}

/// The rules, as sentences, each with the trait that it is a rule of.
pub fn rules() -> impl Iterator<Item = (&'static str, String)> {
    RULES.iter().map(|rule| (rule.of, rule.sentence()))
}

fn judge<F>(rule: &Rule, opening: F, limit: Duration) -> std::result::Result<(), Fault>
where
    F: Future<Output = Result<Arc<dyn Datastore>>> + Send + 'static,
{
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Err(Fault::new("a runtime to run the rule on", error.to_string())),
    };
    let (tell, hear) = channel();
    let run = rule.run;
    runtime.spawn(async move {
        let trial = async {
            let store: Store = opening.await?;
            run(store).await
        };
        let found = AssertUnwindSafe(trial).catch_unwind().await;
        let _ = tell.send(found);
    });
    let found = hear.recv_timeout(limit);
    // Without waiting: a thread that the store blocks is given up.
    runtime.shutdown_background();
    match found {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(panic)) => Err(panicked(panic.as_ref())),
        Err(RecvTimeoutError::Timeout) => Err(Fault::new(
            format!("an end within {} seconds", limit.as_secs_f32()),
            "the store hangs",
        )),
        Err(RecvTimeoutError::Disconnected) => Err(Fault::new("an end", "the rule was given up")),
    }
}

pub(super) fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a word");
    Fault::new("an answer", format!("the store panicked: {message}"))
}
