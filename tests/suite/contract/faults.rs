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
            "a sweep takes only families that are over",
            "a sweep takes only expired counters",
            "a sweep takes only expired keys",
        ],
    ),
    (
        SweepHasNoLimit,
        &[
            "a sweep takes only sessions that are over",
            "a sweep takes only expired series",
            "a sweep takes only families that are over",
            "a sweep takes only expired counters",
            "a sweep takes only expired keys",
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
    // RefreshFamilies
    (LastHashIsNotAsked, &["a family is found under any key"]),
    (
        FamilyIsOverwritten,
        &["a family is found under any key", "one of 64 stores the family"],
    ),
    (
        RefusedFamilyIsKept,
        &[
            "a family needs its user",
            "whatever ends all sessions ends all families",
        ],
    ),
    (
        RefreshTokenIsNotCompared,
        &[
            "a refresh token turns over once",
            "one of 64 turns the refresh token over",
        ],
    ),
    (
        RefreshTokenIsReadThenWritten,
        &["one of 64 turns the refresh token over"],
    ),
    (
        ExpiredFamilyTurnsOver,
        &["a refresh token turns over only where it may"],
    ),
    (
        RevokedFamilyTurnsOver,
        &[
            "a refresh token turns over only where it may",
            "of 64 exchanges none outlives a revocation",
        ],
    ),
    (
        AnybodyRevokesAFamily,
        &["a family is revoked once and by its owner"],
    ),
    (
        RevocationIsAlwaysNew,
        &[
            "a family is revoked once and by its owner",
            "all families of a user are revoked together",
            "one of 64 revokes the family",
        ],
    ),
    (
        FamiliesOutliveAll,
        &[
            "families are listed while they live",
            "whatever ends all sessions ends all families",
            "of 64 families none outlives a new uniquifier",
        ],
    ),
    (IdleFamiliesAreListed, &["families are listed while they live"]),
    (
        FamiliesAreListedBackwards,
        &["families are listed while they live"],
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
    // API keys
    (
        DeactivationKeepsKeys,
        &[
            "whatever ends all sessions ends all keys",
            "of 64 keys none outlives a deactivation",
        ],
    ),
    (
        UniquifierKeepsKeys,
        &[
            "whatever ends all sessions ends all keys",
            "of 64 keys none outlives a new uniquifier",
        ],
    ),
    (DeletionKeepsKeys, &["a key needs its user"]),
    (
        KeyLimitIsNotKept,
        &[
            "nobody has more keys than he may",
            "of 64 keys no more than the limit are made",
        ],
    ),
    (
        KeyLimitIsReadThenKept,
        &["of 64 keys no more than the limit are made"],
    ),
    (
        KeyIsOverwritten,
        &["a key is found as it was made", "one of 64 stores the key"],
    ),
    (RefusedKeyIsMade, &["a key needs its user"]),
    (KeyThatDoesNotFitIsTaken, &["a key that does not fit is refused"]),
    (KeyIgnoresSpaces, &["a key is found as it was made"]),
    (ScopesAreLost, &["a key is found as it was made"]),
    (
        KeyHashIsNotCompared,
        &[
            "a key is touched only under its hash",
            "one of 64 moves the key to another hash",
        ],
    ),
    (
        KeyHashIsReadThenWritten,
        &["one of 64 moves the key to another hash"],
    ),
    (AddressOfUseIsLost, &["a key is touched only under its hash"]),
    (KeysAreUnsorted, &["a key is found as it was made"]),
    (KeyOfAnotherIsRevoked, &["a key is revoked by its user alone"]),
    (KeyIsReadThenRevoked, &["one of 64 revokes the key"]),
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
