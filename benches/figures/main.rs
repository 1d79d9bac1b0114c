//! What the library costs, as ratios measured in one run: `docs/performance.md` says what and why.
//!
//! ```text
//! cargo bench --all-features --bench figures                       # all of it, some minutes
//! cargo bench --all-features --bench figures -- requests sign-in   # some of it
//! cargo bench --all-features --bench figures -- --short            # whether it still runs, under a minute
//! ```
//!
//! It prints Markdown. It fails when a figure misses its target; with `--short`, whose rounds are too short to be exact,
//! when one misses it by half.

mod growth;
mod load;
mod mechanisms;
mod report;
mod requests;
mod server;
mod sign_in;

use std::process::ExitCode;
use std::time::Duration;

/// How long and how often is measured.
#[derive(Clone, Copy)]
pub struct Plan {
    rounds: usize,
    /// Of one measurement in a round.
    window: Duration,
    /// Look-ups of one kind in a round, where calls are counted and not time.
    calls: usize,
    sizes: &'static [u32],
    short: bool,
}

const FULL: Plan = Plan {
    rounds: 5,
    window: Duration::from_secs(3),
    calls: 2000,
    sizes: &[1_000, 100_000, 1_000_000],
    short: false,
};

const SHORT: Plan = Plan {
    rounds: 3,
    window: Duration::from_millis(500),
    calls: 200,
    sizes: &[1_000, 10_000],
    short: true,
};

fn main() -> ExitCode {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    if let [serve, kind] = &arguments[..]
        && serve == "--serve"
    {
        server::serve(kind);
        return ExitCode::SUCCESS;
    }
    let plan = match arguments.iter().any(|word| word == "--short") {
        true => SHORT,
        false => FULL,
    };
    let named: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if let Some(unknown) = named
        .iter()
        .find(|name| !["requests", "sign-in", "mechanisms", "growth"].contains(*name))
    {
        eprintln!("there is no figure {unknown}: write requests, sign-in, mechanisms or growth");
        return ExitCode::FAILURE;
    }
    let wanted = |name: &str| named.is_empty() || named.contains(&name);
    let mut verdict = report::Verdict::new(plan.short);
    report::head(&plan);
    if wanted("requests") {
        requests::measure(plan, &mut verdict);
    }
    if wanted("sign-in") {
        sign_in::measure(plan, &mut verdict);
    }
    if wanted("mechanisms") {
        mechanisms::measure(plan, &mut verdict);
    }
    if wanted("growth") {
        growth::measure(plan, &mut verdict);
    }
    verdict.tell()
}
