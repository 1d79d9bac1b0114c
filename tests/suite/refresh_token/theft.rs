//! Copies of a token, lost answers, and everybody at once.

use super::*;
use crate::support::beside::{Beside, Kind};

#[rocket::async_test]
async fn a_lost_answer_and_a_second_tab_get_the_same_one() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    ears.heard();
    let first = exchange(&browser, &token).await;
    for wait in [Duration::ZERO, 4 * SECOND, 5 * SECOND] {
        app.advance(wait);
        let again = exchange(&browser, &token).await;
        assert_eq!(again.status, 200, "{}", again.body);
        assert_eq!(refresh_of(&again), refresh_of(&first));
        assert_eq!(who(&browser, &auth_of(&again)).await.as_deref(), Some(ADA));
    }
    assert_eq!(number(&app, GENERATIONS), 2, "nothing turned over a second time");
    assert_eq!(exchange(&browser, &refresh_of(&first)).await.status, 200);
    assert_eq!((number(&app, GENERATIONS), ears.heard()), (3, vec![]));
}

#[rocket::async_test]
async fn a_token_that_comes_again_later_ends_the_family() {
    let app = in_json();
    let (browser, ears, user) = open(&app).await;
    let (stolen, other) = (signed_in(&browser, ADA).await, signed_in(&browser, ADA).await);
    let answer = exchange(&browser, &stolen).await;
    app.advance(10 * SECOND);
    ears.heard();
    refused(&exchange(&browser, &stolen).await, "GEN_MISMATCH");
    let heard = ears.heard();
    assert!(
        matches!(
            heard.as_slice(),
            [Event::RefreshTrackerRevoked { user: whose, family: Some(_), why: RefreshEnd::Reused }] if *whose == user
        ),
        "{heard:?}"
    );
    // Whichever of the two was the thief, neither goes on.
    refused(&exchange(&browser, &refresh_of(&answer)).await, "REVOKED");
    refused(&exchange(&browser, &stolen).await, "GEN_MISMATCH");
    assert_eq!(ears.heard(), [], "it is told once");
    assert_eq!(
        exchange(&browser, &other).await.status,
        200,
        "another family lives on"
    );
    assert_eq!(number(&app, REVOKED), 1);
}

#[rocket::async_test]
async fn a_thief_who_is_first_loses_what_he_got() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    let thief = refresh_of(&exchange(&browser, &token).await);
    app.advance(MINUTE);
    let thief = refresh_of(&exchange(&browser, &thief).await);
    // Two generations on.
    refused(&exchange(&browser, &token).await, "GEN_MISMATCH");
    assert_eq!(ears.ends(), [RefreshEnd::Reused]);
    refused(&exchange(&browser, &thief).await, "REVOKED");
}

#[rocket::async_test]
async fn without_an_overlap_the_second_use_ends_it_at_once() {
    let app = in_json().set("security.refresh_token_overlap", "0 s");
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    let answer = exchange(&browser, &token).await;
    refused(&exchange(&browser, &token).await, "GEN_MISMATCH");
    refused(&exchange(&browser, &refresh_of(&answer)).await, "REVOKED");
    assert_eq!(ears.ends(), [RefreshEnd::Reused]);
}

#[rocket::async_test]
async fn sixty_four_at_once_make_one_new_generation() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    ears.heard();
    let all = (0..64).map(|_| exchange(&browser, &token));
    let answers = rocket::futures::future::join_all(all).await;
    let served: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    // A server may be too busy for some of them, and says so.
    for answer in &answers {
        assert!(
            matches!(answer.status, 200 | 503),
            "{} {}",
            answer.status,
            answer.body
        );
    }
    assert!(!served.is_empty());
    assert_eq!(number(&app, GENERATIONS), 2);
    let next = refresh_of(served[0]);
    for answer in served {
        assert_eq!(refresh_of(answer), next, "each was told the one that works");
        assert_eq!(who(&browser, &auth_of(answer)).await.as_deref(), Some(ADA));
    }
    assert_eq!(exchange(&browser, &next).await.status, 200);
    assert_eq!((number(&app, REVOKED), ears.heard()), (0, vec![]));
}

#[rocket::async_test]
async fn sixty_four_thieves_are_told_once() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    exchange(&browser, &token).await;
    app.advance(MINUTE);
    ears.heard();
    let all = (0..64).map(|_| exchange(&browser, &token));
    for answer in rocket::futures::future::join_all(all).await {
        assert!(
            matches!(answer.status, 400 | 503),
            "{} {}",
            answer.status,
            answer.body
        );
    }
    assert_eq!(
        (number(&app, REVOKED), ears.ends()),
        (1, vec![RefreshEnd::Reused])
    );
}

#[rocket::async_test]
async fn a_store_that_does_not_answer_is_503_and_no_theft() {
    let app = in_json();
    let (browser, ears, _) = open(&app).await;
    let token = signed_in(&browser, ADA).await;
    crate::answer::settled(&browser).await;
    ears.heard();
    let mut rival = Beside::of(&app).await;
    match rival.kind() {
        Kind::Sqlite => rival.run("BEGIN IMMEDIATE").await,
        Kind::Postgres => {
            rival.run("BEGIN").await;
            rival.run("LOCK TABLE security_refresh IN SHARE MODE").await;
        }
        Kind::MySql => {
            rival.run("BEGIN").await;
            rival.run("SELECT * FROM security_refresh FOR UPDATE").await;
        }
    }
    let answer = exchange(&browser, &token).await;
    rival.run("ROLLBACK").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.codes(), ["TEMPORARILY_UNAVAILABLE"]);
    assert!(answer.header("retry-after").is_some());
    assert_eq!((number(&app, GENERATIONS), number(&app, REVOKED)), (1, 0));
    assert_eq!(exchange(&browser, &token).await.status, 200, "it was not used up");
    assert_eq!(ears.heard(), []);
}
