//! How a rule says what it expected and what it found. The place in our sources comes along, for who wants to read the
//! rule itself.

use std::fmt::Debug;
use std::panic::Location;

use crate::error::{Error, Result};

/// The first thing that a rule found wrong.
pub(crate) struct Fault {
    pub expected: String,
    pub found: String,
    pub at: &'static Location<'static>,
}

pub(super) type Verdict<T = ()> = std::result::Result<T, Fault>;

impl Fault {
    #[track_caller]
    pub(super) fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Fault {
            expected: expected.into(),
            found: found.into(),
            at: Location::caller(),
        }
    }
}

/// A store that fails where a rule does not expect it, by `?`.
impl From<Error> for Fault {
    #[track_caller]
    fn from(error: Error) -> Self {
        Fault::new("an answer", told(&error))
    }
}

fn told(error: &Error) -> String {
    match error.conflict() {
        Some(column) => format!("a conflict on `{column}`"),
        None => format!("the error: {error}"),
    }
}

/// That something is so.
#[track_caller]
pub(super) fn hold(so: bool, expected: &str) -> Verdict {
    match so {
        true => Ok(()),
        false => Err(Fault::new(expected, "it is not so")),
    }
}

/// That two values are equal.
#[track_caller]
pub(super) fn equal<T: PartialEq<U> + Debug, U: Debug>(what: &str, found: T, expected: U) -> Verdict {
    match found == expected {
        true => Ok(()),
        false => Err(Fault::new(format!("{what}: {expected:?}"), format!("{found:?}"))),
    }
}

/// That there is something.
#[track_caller]
pub(super) fn there<T>(what: &str, found: Option<T>) -> Verdict<T> {
    match found {
        Some(found) => Ok(found),
        None => Err(Fault::new(format!("{what}: there is one"), "nothing")),
    }
}

/// That it was refused as a conflict on that column.
#[track_caller]
pub(super) fn conflict<T>(what: &str, found: Result<T>, column: &str) -> Verdict<Error> {
    match found {
        Err(error) if error.conflict() == Some(column) => Ok(error),
        Err(error) => Err(Fault::new(
            format!("{what}: a conflict on `{column}`"),
            told(&error),
        )),
        Ok(_) => Err(Fault::new(
            format!("{what}: a conflict on `{column}`"),
            "it was done",
        )),
    }
}

/// That it was refused because it breaks a rule, and not as something that may go well another time.
#[track_caller]
pub(super) fn refused<T>(what: &str, found: Result<T>) -> Verdict {
    match found {
        Err(error) if !error.is_conflict() && !error.is_unavailable() && !error.is_busy() => Ok(()),
        Err(error) => Err(Fault::new(
            format!("{what}: refused for what it is"),
            told(&error),
        )),
        Ok(_) => Err(Fault::new(
            format!("{what}: refused for what it is"),
            "it was done",
        )),
    }
}

/// Who won and who lost a race; nothing for who was told that there is no place now. Under such a load a store may say
/// so. A conflict on that column is how the others lose.
#[track_caller]
pub(super) fn won<T>(found: Result<T>, column: &str) -> Verdict<Option<bool>> {
    match found {
        Ok(_) => Ok(Some(true)),
        Err(error) if error.conflict() == Some(column) => Ok(Some(false)),
        Err(error) if error.is_busy() || error.is_unavailable() => Ok(None),
        Err(error) => Err(Fault::new(
            format!("who loses is told a conflict on `{column}`"),
            told(&error),
        )),
    }
}

/// The same for an operation that says by `true` or `false` who won.
#[track_caller]
pub(super) fn said(found: Result<bool>) -> Verdict<Option<bool>> {
    match found {
        Ok(won) => Ok(Some(won)),
        Err(error) if error.is_busy() || error.is_unavailable() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// That of many one won.
#[track_caller]
pub(super) fn one_won(what: &str, outcomes: &[Option<bool>]) -> Verdict {
    let winners = outcomes.iter().filter(|outcome| **outcome == Some(true)).count();
    match winners {
        1 => Ok(()),
        _ => Err(Fault::new(
            format!("{what}: 1 of {} wins", outcomes.len()),
            format!("{winners} were told so"),
        )),
    }
}
