//! Which rules must tell of which fault.

use super::wrong::Fault::{self, *};

pub const ALL: &[(Fault, &[&str])] = &[
    (DoesNotAnswer, &["the store answers and knows its contract"]),
    (OldContract, &["the store answers and knows its contract"]),
    (NewContract, &["the store answers and knows its contract"]),
    (
        AllIsUnavailable,
        &["a user is found as he was made", "a counter is forgotten"],
    ),
    // Users
    (EmailIgnoresCase, &["an identity is exact"]),
    (EmailIgnoresSpaces, &["an identity is exact"]),
    (OwnIdentityIgnoresCase, &["a user is found by each identity"]),
    (OwnIdentityIgnoresAttribute, &["a user is found by each identity"]),
    (ConflictNamesNoColumn, &["a taken identity is a conflict"]),
    (
        TakenIsTheSameUser,
        &["a taken identity is a conflict", "one of 64 makes the user"],
    ),
    (UserIsMadeBeforeHisIdentities, &["an identity belongs to one"]),
    (
        PartOfTheApplicationIsForgotten,
        &["a part that fails takes the user along"],
    ),
    (CutsWhatDoesNotFit, &["what does not fit is refused"]),
    (CutsPasswords, &["the widest that fits comes back"]),
    (LosesFields, &["fields come back as they were"]),
    (ForgetsConfirmation, &["a user is found as he was made"]),
    (
        PasswordIsNotCompared,
        &[
            "a password is replaced only if it is the expected one",
            "one of 64 replaces the password",
        ],
    ),
    (PasswordIsReadThenWritten, &["one of 64 replaces the password"]),
    (
        DeactivationKeepsSessions,
        &[
            "deactivation ends sessions",
            "whatever ends all sessions ends all series",
            "of 64 sessions none outlives a deactivation",
            "of 64 restored sessions none outlives a deactivation",
        ],
    ),
    (
        DeactivationIsAlwaysNew,
        &["deactivation ends sessions", "one of 64 deactivates the user"],
    ),
    (
        UniquifierKeepsSessions,
        &[
            "a new uniquifier ends sessions",
            "of 64 sessions none outlives a new uniquifier",
        ],
    ),
    (
        UniquifierKeepsSeries,
        &[
            "whatever ends all sessions ends all series",
            "of 64 series none outlives a new uniquifier",
        ],
    ),
    (
        UniquifierMayBeTaken,
        &["a new uniquifier ends sessions", "one of 64 gets the uniquifier"],
    ),
    (
        DeletionIsAlwaysNew,
        &[
            "a deleted user takes everything along",
            "one of 64 deletes the user",
        ],
    ),
    (
        DeletionKeepsSessions,
        &[
            "a deleted user takes everything along",
            "of 64 sessions none outlives its user",
        ],
    ),
    (
        NumberMayBeTaken,
        &["an identity belongs to one", "one of 64 gets the number"],
    ),
    (NumberHasNoTime, &["a number comes and goes"]),
    (
        IdentityMayBeTaken,
        &["an identity belongs to one", "one of 64 gets the identity"],
    ),
    (IdentityIsRemovedFirst, &["an identity comes and goes"]),
    (IdentityIsReadThenRemoved, &["one of 64 removes the identity"]),
    (
        IdentitiesOfAUserPileUp,
        &[
            "an identity comes and goes",
            "of 64 identities of a user one stays",
        ],
    ),
    (
        NumberThatDoesNotFitIsTaken,
        &["an identity that does not fit is refused"],
    ),
    // Roles
    (
        TakenRoleIsTheSame,
        &["a role is found as it was made", "one of 64 makes the role"],
    ),
    (RoleIgnoresCase, &["a role is found as it was made"]),
    (RolesAreUnsorted, &["roles are given and taken"]),
    (RoleIsReadThenGiven, &["one of 64 gives the role"]),
    (
        RoleIsAlwaysTaken,
        &["roles are given and taken", "one of 64 takes the role"],
    ),
    (PermissionsStay, &["permissions are replaced"]),
    (PermissionsAreSplit, &["a role that does not fit is refused"]),
    // Sessions
    (LastHashIsNotAsked, &["a session is found under any key"]),
    (ReplacedStays, &["a session replaces another"]),
    (ReplacedEndsFirst, &["a session replaces another"]),
    (NothingIsTracked, &["sign ins are counted where asked"]),
    (AllIsTracked, &["sign ins are counted where asked"]),
    (TrackingLosesUpdates, &["of 64 sign ins each is counted"]),
    (RefusedSessionIsKept, &["a session needs its user"]),
    (
        HashIsOverwritten,
        &["a session is found under any key", "one of 64 stores the session"],
    ),
    (
        RenewalRevives,
        &[
            "a session is renewed only while it lives",
            "one of 64 renews the session",
            "of 64 who renew or end a session one wins",
        ],
    ),
    (
        RenewalIsReadThenWritten,
        &[
            "one of 64 renews the session",
            "of 64 who renew or end a session one wins",
        ],
    ),
    (
        TouchFindsOldHashOnly,
        &[
            "a touched session moves to the current key",
            "of 64 who touch a session all find it",
        ],
    ),
    (TouchDoesNotMove, &["a touched session moves to the current key"]),
    (TouchForgetsTheSeries, &["a series ends with its session"]),
    (GraceIsLost, &["a session gets its grace"]),
    (EndIsReadThenWritten, &["one of 64 ends the session"]),
    (EndSparesNone, &["sessions end one by one or together"]),
    (
        EndIsCountedByAll,
        &["of 64 ends of all sessions each counts once"],
    ),
    (YoungestBeginLater, &["the youngest sessions end alone"]),
    (
        SweepTakesTooMuch,
        &[
            "a sweep takes only sessions that are over",
            "a sweep takes only expired series",
            "a sweep takes only expired counters",
        ],
    ),
    (
        SweepHasNoLimit,
        &[
            "a sweep takes only sessions that are over",
            "a sweep takes only expired series",
            "a sweep takes only expired counters",
        ],
    ),
    (
        SweepCountsWhatItFinds,
        &["of 64 sweeps each session is counted once"],
    ),
    // Remember
    (LastHashIsNotAsked, &["a series is found under any key"]),
    (
        SeriesIsOverwritten,
        &["a series is found under any key", "one of 64 stores the series"],
    ),
    (RefusedSeriesIsKept, &["a series needs its user"]),
    (
        TokenIsNotCompared,
        &[
            "a token turns over with its session",
            "one of 64 rotates the series",
        ],
    ),
    (RotationComesBeforeItsSession, &["one of 64 rotates the series"]),
    (FormerSessionStays, &["a token turns over with its session"]),
    (ExpiredSeriesRestores, &["a token turns over only where it may"]),
    (
        SeriesEndKeepsSession,
        &[
            "a series ends with its session",
            "of 64 restored sessions none outlives its series",
        ],
    ),
    (
        AllSeriesEndKeepSessions,
        &[
            "all series of a user end together",
            "of 64 restored sessions none outlives all series",
        ],
    ),
    (
        SeriesEndIsAlwaysNew,
        &["a series ends with its session", "one of 64 ends the series"],
    ),
    // Counters
    (
        CounterIsNotCompared,
        &[
            "a counter is swapped only if it is the expected one",
            "one of 64 swaps the counter",
            "of 64 failures none is lost",
        ],
    ),
    (
        CounterIsReadThenWritten,
        &[
            "one of 64 makes the counter",
            "one of 64 swaps the counter",
            "of 64 failures none is lost",
        ],
    ),
    (
        CounterIsComparedByFailuresOnly,
        &["a counter is swapped only if it is the expected one"],
    ),
    (CounterIsNotForgotten, &["a counter is forgotten"]),
    (
        SignInForgivesNothing,
        &["a sign in makes the session and forgives the failures"],
    ),
    (
        SignInMakesTheSessionFirst,
        &["a sign in happens as a whole or not at all"],
    ),
    (
        SignInForgivesFirst,
        &["a sign in happens as a whole or not at all"],
    ),
    (CountersAreUnsorted, &["several counters are read in their order"]),
    (
        CountersAreSwappedOneByOne,
        &[
            "several counters are swapped together or not at all",
            "one of 64 swaps all its counters",
        ],
    ),
];
