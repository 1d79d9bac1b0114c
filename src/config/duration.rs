use std::time::Duration;

/// Far beyond any sensible setting, and far below where a sum of times could overflow.
const LONGEST: u64 = 36_500 * DAY;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;

/// Reads `"5 days"`, `"30m"`, `"1h 30m"`, `"1 day, 12 hours"` and a bare number of seconds.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("is empty".into());
    }
    if let Ok(seconds) = rest.parse::<u64>() {
        return millis(seconds.checked_mul(SECOND));
    }
    let mut total = Some(0u64);
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        let Ok(number) = number.parse::<u64>() else {
            return Err("must begin with a whole number".into());
        };
        let after = after.trim_start();
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        let each = unit_millis(unit)?;
        total = total.and_then(|total| total.checked_add(number.checked_mul(each)?));
        rest = after.trim_start();
        if let Some(more) = rest.strip_prefix(',') {
            rest = more.trim_start();
            if rest.is_empty() {
                return Err("ends with a comma".into());
            }
        }
    }
    millis(total)
}

pub(super) fn from_seconds(seconds: u128) -> Result<Duration, String> {
    millis(
        u64::try_from(seconds)
            .ok()
            .and_then(|seconds| seconds.checked_mul(SECOND)),
    )
}

fn millis(total: Option<u64>) -> Result<Duration, String> {
    match total {
        Some(millis) if millis <= LONGEST => Ok(Duration::from_millis(millis)),
        _ => Err("is longer than a hundred years".into()),
    }
}

fn unit_millis(unit: &str) -> Result<u64, String> {
    Ok(match unit.to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => WEEK,
        "" => return Err("has a number without a unit".into()),
        "month" | "months" | "y" | "year" | "years" => {
            return Err(format!("uses `{unit}`, whose length varies: count in days"));
        }
        _ => return Err(format!("has the unit `{unit}`, which is unknown")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("30 s", 30),
            ("30s", 30),
            ("30m", 1_800),
            ("1 hour", 3_600),
            ("5 days", 432_000),
            (" 2 Weeks ", 1_209_600),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("1 day, 12 hours", 129_600),
            ("36500 days", 3_153_600_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "  ",
            "day",
            "1.5 days",
            "-1 day",
            "5 dayz",
            "1 month",
            "1 year",
            "1h 30",
            "1h,",
            "1,h",
            "٣ days",
            "36501 days",
            "18446744073709551615",
            "18446744073709551615 weeks",
            "99999999999999999999 s",
            "1h 18446744073709551615 ms",
            "1 \u{1F600}",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
