//! Stolen tokens, and what is none.

use super::*;

#[rocket::async_test]
async fn a_token_that_comes_again_after_a_minute_ends_the_series_and_its_session() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut victim = remembered(&browser).await;
    let mut bystander = remembered(&browser).await;
    let mut thief = victim.copy();
    let stolen = thief.remember();
    assert!(victim.who().await.is_some() && bystander.who().await.is_some());
    ears.heard();
    app.advance(MINUTE + SECOND);
    assert_eq!(thief.who().await, None);
    assert_eq!(ears.heard(), [Event::RememberTheft { user }]);
    assert!(!thief.jar.contains_key("remember_token"), "the cookie goes");
    assert!(!thief.jar.contains_key("session"));
    // The session restored from the series has ended, and the series with it.
    assert_eq!(victim.who().await, None);
    assert!(!victim.jar.contains_key("remember_token"));
    // Another browser of hers has nothing to do with it.
    assert_eq!(bystander.who().await.as_deref(), Some(ADA));
    bystander.close();
    assert_eq!(bystander.who().await.as_deref(), Some(ADA));
    // It is told once, however often he comes.
    let mut again = Device::new(&browser);
    again.jar.insert("remember_token".to_owned(), stolen);
    assert_eq!(again.who().await, None);
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
}

#[rocket::async_test]
async fn a_clock_that_was_set_back_gives_a_copy_no_time() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut victim = remembered(&browser).await;
    let mut thief = victim.copy();
    app.advance(DAY);
    assert!(victim.who().await.is_some());
    ears.heard();
    let back = 30 * MINUTE;
    app.advance(std::time::Duration::from_millis(
        (back.as_millis() as i64).wrapping_neg() as u64,
    ));
    assert_eq!(thief.who().await, None);
    assert_eq!(ears.heard(), [Event::RememberTheft { user }]);
}

#[rocket::async_test]
async fn a_thief_who_is_first_loses_what_he_got() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut victim = remembered(&browser).await;
    let mut thief = victim.copy();
    assert_eq!(thief.who().await.as_deref(), Some(ADA));
    app.advance(DAY);
    ears.heard();
    assert_eq!(victim.who().await, None);
    assert_eq!(ears.heard(), [Event::RememberTheft { user }]);
    assert_eq!(thief.who().await, None, "his session has ended");
    thief.close();
    assert_eq!(thief.who().await, None, "and his token too");
    assert_eq!((number(&app, SERIES), ears.heard()), (0, vec![]));
}

#[rocket::async_test]
async fn a_series_has_one_session_at_a_time() {
    let app = app();
    let (browser, ..) = open(&app).await;
    let mut victim = remembered(&browser).await;
    assert!(victim.who().await.is_some());
    let mut thief = victim.copy();
    // The victim's session lives, and whoever restores another from the same series ends it.
    assert!(thief.who().await.is_some());
    app.advance(MINUTE + SECOND);
    assert_eq!(victim.who().await, None, "so the theft shows at once");
    assert_eq!(thief.who().await, None);
}

#[rocket::async_test]
async fn what_was_proved_by_password_outlives_a_theft() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut victim = remembered(&browser).await;
    let mut thief = victim.copy();
    assert!(victim.who().await.is_some());
    let answer = victim
        .send(Speech::Page, "/verify", &[("password", PASSWORD)])
        .await;
    assert_eq!(answer.status, 302);
    app.advance(MINUTE + SECOND);
    ears.heard();
    assert_eq!(thief.who().await, None);
    assert_eq!(ears.heard(), [Event::RememberTheft { user }]);
    assert_eq!(victim.who().await.as_deref(), Some(ADA));
    assert_eq!(number(&app, SERIES), 0);
}

#[rocket::async_test]
async fn within_the_minute_a_token_finds_the_session_and_turns_nothing_over() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut device = remembered(&browser).await;
    let mut tab = device.copy();
    assert!(device.who().await.is_some());
    app.advance(MINUTE);
    // The answer to the first request may have got lost: whoever asks again is told the same.
    assert_eq!(tab.who().await.as_deref(), Some(ADA));
    assert_eq!(
        (tab.session(), tab.remember()),
        (device.session(), device.remember())
    );
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
    app.advance(2 * DAY);
    tab.close();
    assert_eq!(tab.who().await.as_deref(), Some(ADA));
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
}

#[rocket::async_test]
async fn within_the_minute_a_token_revives_no_session_that_has_ended() {
    let app = app();
    let (browser, ears, _) = open(&app).await;
    let mut device = remembered(&browser).await;
    let mut tab = device.copy();
    assert!(device.who().await.is_some());
    ears.heard();
    // Proving once more gives the session another id, which the token does not lead to.
    let answer = device
        .send(Speech::Page, "/verify", &[("password", PASSWORD)])
        .await;
    assert_eq!(answer.status, 302);
    let before = tab.remember();
    assert_eq!(tab.who().await, None);
    assert_eq!(tab.remember(), before, "nobody, but no theft");
    assert_eq!((number(&app, SERIES), ears.heard()), (1, vec![]));
    assert!(device.who().await.is_some());

    // Who then signs in there anew replaces what the browser was remembered by.
    let fields = [("email", ADA), ("password", PASSWORD)];
    let answer = tab.send(Speech::Page, "/login", &fields).await;
    assert_eq!(answer.status, 302);
    assert!(!tab.jar.contains_key("remember_token"));
    assert_eq!(number(&app, SERIES), 0);
    assert!(tab.who().await.is_some() && device.who().await.is_some());
}

#[rocket::async_test]
async fn sixty_four_at_once_have_one_winner_and_no_thief() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let device = remembered(&browser).await;
    let all = (0..64).map(|_| {
        let mut tab = device.copy();
        async move { (tab.who().await, tab.session(), tab.remember()) }
    });
    let all = rocket::futures::future::join_all(all).await;
    assert!(
        all.iter()
            .all(|each| *each == all[0] && each.0.as_deref() == Some(ADA))
    );
    assert_eq!(ears.heard(), [Event::UserRemembered { user }]);
}

#[rocket::async_test]
async fn sixty_four_thieves_at_once_are_told_of_once() {
    let app = app();
    let (browser, ears, user) = open(&app).await;
    let mut victim = remembered(&browser).await;
    let thief = victim.copy();
    assert!(victim.who().await.is_some());
    app.advance(2 * MINUTE);
    ears.heard();
    let all = (0..64).map(|_| {
        let mut tab = thief.copy();
        async move { tab.who().await }
    });
    let all = rocket::futures::future::join_all(all).await;
    assert!(all.iter().all(Option::is_none));
    assert_eq!(ears.heard(), [Event::RememberTheft { user }]);
}

#[rocket::async_test]
async fn forged_cookies_are_nobody_and_only_a_known_series_is_a_theft() {
    let app = app();
    let (browser, ears, _) = open(&app).await;
    let bob = browser.security().create_user(BOB, PASSWORD).await.expect("bob");
    let mut bobs = Device::new(&browser);
    bobs.sign_in(Speech::Page, BOB).await;
    bobs.close();
    let (good, other) = (remembered(&browser).await.remember(), bobs.remember());
    // 16 bytes of series end within a character; the first 21 and the last 42 belong to one part alone.
    let flip = |at: usize| {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    let unknown = [
        ("cut", good[..63].to_owned()),
        ("longer", format!("{good}A")),
        ("padded", format!("{good}=")),
        ("lower case", good.to_lowercase()),
        ("another alphabet", format!("{}+", &good[..63])),
        ("half", good[..32].to_owned()),
        ("long", "A".repeat(100_000)),
        ("zeros", "A".repeat(64)),
        ("NUL", "%00".repeat(64)),
        ("SQL", "' OR 1=1 --".to_owned()),
        ("the reference's", "0123456789abcdef|00112233".to_owned()),
        ("another series", flip(3)),
    ];
    for (case, forged) in unknown {
        let mut device = Device::new(&browser);
        device.jar.insert("remember_token".to_owned(), forged);
        assert_eq!(device.who().await, None, "{case}");
        assert!(!device.jar.contains_key("remember_token"), "{case}: it stays");
        assert!(!device.jar.contains_key("session"), "{case}");
    }
    assert_eq!((number(&app, SERIES), ears.heard()), (2, vec![]));

    // Ada's token under Bob's series: whoever sends it knows his id, so somebody has stolen that.
    let series = data_encoding::BASE64URL_NOPAD;
    let (mut swapped, own) = (
        series.decode(other.as_bytes()).expect("48 bytes"),
        series.decode(good.as_bytes()).expect("48 bytes"),
    );
    swapped[16..].copy_from_slice(&own[16..]);
    let mut device = Device::new(&browser);
    device
        .jar
        .insert("remember_token".to_owned(), series.encode(&swapped));
    assert_eq!(device.who().await, None);
    assert_eq!(ears.heard(), [Event::RememberTheft { user: bob.id }]);
    assert_eq!(number(&app, SERIES), 1);
    assert_eq!(bobs.who().await, None);
    let mut ada = Device::new(&browser);
    ada.jar.insert("remember_token".to_owned(), good);
    assert_eq!(ada.who().await.as_deref(), Some(ADA));
}
