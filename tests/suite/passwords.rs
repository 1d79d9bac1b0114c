//! Which passwords are accepted, and that they are verified as they were meant.

use crate::answer::Speech;
use crate::support::{Browser, app};

const ADA: &str = "ada@example.org";

async fn register(browser: &Browser, password: &str) -> crate::answer::Answer {
    let fields = [
        ("email", ADA),
        ("password", password),
        ("password_confirm", password),
    ];
    browser.send(Speech::Json, "/register", &fields).await
}

async fn opens(browser: &Browser, password: &str) -> bool {
    let fields = [("email", ADA), ("password", password)];
    let signed_in = browser.send(Speech::Page, "/login", &fields).await.status == 302;
    if signed_in {
        browser.sign_out().await;
    }
    signed_in
}

/// (what was chosen, what else opens, what does not)
type Pair = (&'static str, &'static [&'static str], &'static [&'static str]);

#[rustfmt::skip]
const VERIFIED: [Pair; 8] = [
    // Never trimmed.
    ("  spaces around it  ", &[], &["spaces around it", " spaces around it ", "  spaces around it"]),
    ("spaces within are fine", &[], &["spaces  within are fine", "spaceswithinarefine"]),
    // No change of case.
    ("Correct Horse Battery", &[], &["correct horse battery", "CORRECT HORSE BATTERY"]),
    // Composed and decomposed: the same letters from another keyboard.
    ("cr\u{e8}me br\u{fb}l\u{e9}e forever", &["cre\u{300}me bru\u{302}le\u{301}e forever"], &["creme brulee forever"]),
    ("A\u{30a}ngstro\u{308}m is a unit", &["\u{c5}ngstr\u{f6}m is a unit", "\u{212b}ngstr\u{f6}m is a unit"], &[]),
    ("of\u{fb01}ce full of people", &["office full of people"], &[]),
    ("\u{1F600}\u{1F601}\u{1F602} fifteen and emoji", &[], &["\u{1F600}\u{1F601}\u{1F603} fifteen and emoji"]),
    ("tab\tand\nnewline in it", &[], &["tab and newline in it"]),
];

#[rocket::async_test]
async fn a_password_is_verified_as_it_was_meant() {
    for (chosen, same, different) in VERIFIED {
        let app = app();
        let browser = Browser::new(&app).await;
        let answer = register(&browser, chosen).await;
        assert_eq!(answer.status, 200, "{chosen:?}: {}", answer.body);
        browser.sign_out().await;
        for wrong in different {
            assert!(!opens(&browser, wrong).await, "{wrong:?} opens {chosen:?}");
        }
        for right in same.iter().chain([&chosen]) {
            assert!(opens(&browser, right).await, "{right:?} does not open {chosen:?}");
        }
    }
}

#[rocket::async_test]
async fn every_character_counts_and_none_is_cut_off() {
    for length in [15, 64, 71, 72, 73, 127, 128] {
        let app = app();
        let browser = Browser::new(&app).await;
        let chosen = "p".repeat(length);
        let answer = register(&browser, &chosen).await;
        assert_eq!(answer.status, 200, "{length}: {}", answer.body);
        browser.sign_out().await;
        assert!(
            !opens(&browser, &format!("{}q", "p".repeat(length - 1))).await,
            "{length}: the last one does not count"
        );
        assert!(
            !opens(&browser, &"p".repeat(length + 1)).await,
            "{length}: one more opens too"
        );
        assert!(
            !opens(&browser, &"p".repeat(length - 1)).await,
            "{length}: one less opens too"
        );
        assert!(opens(&browser, &chosen).await, "{length}");
    }
}

#[rocket::async_test]
async fn length_is_counted_in_characters() {
    // (the password, the code of its refusal)
    let table = [
        ("p".repeat(14), Some("PASSWORD_INVALID_LENGTH")),
        ("p".repeat(129), Some("PASSWORD_INVALID_LENGTH")),
        ("p".repeat(10_000), Some("PASSWORD_INVALID_LENGTH")),
        // Many bytes, few characters.
        ("\u{1F600}".repeat(14), Some("PASSWORD_INVALID_LENGTH")),
        ("\u{1F600}".repeat(15), None),
        ("\u{1F600}".repeat(128), None),
        (" ".repeat(40), Some("PASSWORD_NOT_PROVIDED")),
        ("\t\n\u{a0}\u{2003}".repeat(10), Some("PASSWORD_NOT_PROVIDED")),
        (String::new(), Some("PASSWORD_NOT_PROVIDED")),
    ];
    for (password, code) in table {
        let app = app();
        let browser = Browser::new(&app).await;
        let answer = register(&browser, &password).await;
        match code {
            Some(code) => {
                answer.assert_refused(Speech::Json, &[("password", code)], &format!("{password:.20}"))
            }
            None => assert_eq!(answer.status, 200, "{password:.20}: {}", answer.body),
        }
    }
}

#[rocket::async_test]
async fn sixty_four_characters_of_any_script_are_accepted() {
    // ASVS 6.2.9. Normalising takes such letters apart, up to three code points for one; that is not the user's affair.
    for letter in ["\u{ac01}", "\u{1ed9}", "\u{fb01}", "\u{e9}"] {
        let app = app();
        let browser = Browser::new(&app).await;
        let chosen = letter.repeat(64);
        let answer = register(&browser, &chosen).await;
        assert_eq!(answer.status, 200, "64 of {letter}: {}", answer.body);
        browser.sign_out().await;
        assert!(opens(&browser, &chosen).await, "64 of {letter}");
    }
}

#[rocket::async_test]
async fn taking_letters_apart_does_not_make_a_short_password_long() {
    // Five syllables are fifteen code points once they are taken apart, and five to whoever guesses.
    let app = app();
    let browser = Browser::new(&app).await;
    let answer = register(&browser, &"\u{ac01}".repeat(5)).await;
    answer.assert_refused(
        Speech::Json,
        &[("password", "PASSWORD_INVALID_LENGTH")],
        "five syllables",
    );
}

#[rocket::async_test]
async fn the_least_length_is_a_setting() {
    let app = app().set("security.password_length_min", 8);
    let browser = Browser::new(&app).await;
    let answer = register(&browser, "seven 7").await;
    answer.assert_refused(Speech::Json, &[("password", "PASSWORD_INVALID_LENGTH")], "seven");
    assert!(
        answer.json()["response"]["errors"][0]
            .as_str()
            .is_some_and(|text| text.contains('8')),
        "{}",
        answer.body
    );
    assert_eq!(register(&browser, "eight: 8").await.status, 200);
}

#[rocket::async_test]
async fn a_raised_cost_renews_the_hash_at_the_next_sign_in() {
    let app = app();
    let browser = Browser::new(&app).await;
    assert_eq!(register(&browser, "correct horse battery").await.status, 200);
    let figment = app.figment().merge(("security.argon2_memory_kib", 128));
    let raised = Browser::on(crate::support::rocket_on(&app, figment)).await;
    let hashes = |browser: &Browser| rocket_security::testing::work(&browser.client).hashes;
    let mut costs = Vec::new();
    for _ in 0..2 {
        let before = hashes(&raised);
        assert!(opens(&raised, "correct horse battery").await);
        costs.push(hashes(&raised) - before);
    }
    assert_eq!(costs, [2, 1], "checked and renewed once, then only checked");
    // Never downward.
    browser.sign_out().await;
    let before = hashes(&browser);
    assert!(opens(&browser, "correct horse battery").await);
    assert_eq!(hashes(&browser) - before, 1);
}
