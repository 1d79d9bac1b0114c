//! Medians, and how they are told.

use std::process::ExitCode;

use crate::Plan;

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The median of the ratios of each round: what slows the machine for a while slows both sides.
pub fn ratio(of: &[f64], to: &[f64]) -> f64 {
    let ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to).collect();
    median(&ratios)
}

/// Where and how it was measured.
pub fn head(plan: &Plan) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches(['\t', ' ', ':']));
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    println!(
        "{cores} cores ({model}), load {load} at the start, medians of {} interleaved rounds{}.",
        plan.rounds,
        match plan.short {
            true => " (short: not exact)",
            false => "",
        }
    );
}

/// Prints a table of Markdown.
pub fn table(title: &str, head: &[&str], rows: &[Vec<String>]) {
    println!("\n### {title}\n\n| {} |", head.join(" | "));
    let marks: Vec<&str> = (0..head.len())
        .map(|column| if column == 0 { "---" } else { "---:" })
        .collect();
    println!("|{}|", marks.join("|"));
    for row in rows {
        println!("| {} |", row.join(" | "));
    }
}

/// What was promised, and whether it was kept.
pub struct Verdict {
    short: bool,
    lines: Vec<String>,
    missed: bool,
}

impl Verdict {
    pub fn new(short: bool) -> Self {
        Verdict {
            short,
            lines: Vec::new(),
            missed: false,
        }
    }

    pub fn at_least(&mut self, what: &str, value: f64, target: f64) {
        let limit = if self.short { target / 2.0 } else { target };
        self.judge(what, value, "≥", target, value >= limit);
    }

    pub fn at_most(&mut self, what: &str, value: f64, target: f64) {
        let limit = if self.short { target * 2.0 } else { target };
        self.judge(what, value, "≤", target, value <= limit);
    }

    fn judge(&mut self, what: &str, value: f64, sign: &str, target: f64, held: bool) {
        let word = if held { "held" } else { "**missed**" };
        self.lines.push(format!(
            "* {what}: {value:.2} (target {sign} {target:.2}): {word}"
        ));
        self.missed |= !held;
    }

    pub fn tell(self) -> ExitCode {
        println!("\n### Targets\n");
        for line in &self.lines {
            println!("{line}");
        }
        match self.missed {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        }
    }
}
