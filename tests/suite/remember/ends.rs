//! What a user or an administrator ends stays ended.

use super::*;

#[rocket::async_test]
async fn signing_out_ends_the_series() {
    for (speech, closed) in [(Speech::Page, false), (Speech::Json, false), (Speech::Page, true)] {
        let app = app();
        let (browser, ears, _) = open(&app).await;
        let mut device = Device::new(&browser);
        device.sign_in(speech, ADA).await;
        let mut other = remembered(&browser).await;
        if closed {
            device.close();
            assert_eq!(device.who().await.as_deref(), Some(ADA));
        }
        let mut copy = device.copy();
        let answer = device.send(speech, "/logout", &[]).await;
        assert!(matches!(answer.status, 200 | 302), "{}", answer.body);
        assert!(!device.jar.contains_key("remember_token"));
        assert!(!device.jar.contains_key("session"));
        assert_eq!(copy.who().await, None, "a copy of the cookie is worth nothing");
        assert!(!copy.jar.contains_key("remember_token"));
        assert_eq!(number(&app, SERIES), 1, "that of another browser stays");
        assert_eq!(other.who().await.as_deref(), Some(ADA));
        assert!(
            !ears
                .heard()
                .iter()
                .any(|event| matches!(event, Event::RememberTheft { .. }))
        );
    }
}

#[rocket::async_test]
async fn what_ends_all_sessions_ends_all_series() {
    for deactivate in [true, false] {
        let app = app();
        let (browser, ears, user) = open(&app).await;
        let mut devices = [remembered(&browser).await, remembered(&browser).await];
        assert!(devices[1].who().await.is_some());
        devices[1].close();
        ears.heard();
        let security = browser.security();
        match deactivate {
            true => {
                assert!(security.deactivate_user(user).await.expect("an answer"));
                assert!(security.activate_user(user).await.expect("an answer"));
            }
            false => assert!(security.sign_out_everywhere(user).await.expect("an answer")),
        }
        assert_eq!(number(&app, SERIES), 0);
        for device in &mut devices {
            assert_eq!(device.who().await, None);
            assert!(!device.jar.contains_key("remember_token"));
        }
        assert_eq!(ears.heard(), []);
    }
}
