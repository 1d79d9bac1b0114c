//! Auth tokens: signed notes that say who asks, so that a client without cookies needs no session.
//!
//! They are good for minutes and stand in no table. What ends one before its time is what ends all of a user's: another
//! `fs_uniquifier` (a changed password, signing out everywhere), deactivation, the end of its key, or the application's
//! word (spec 4.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::crypto::Purpose;
use crate::error::Result;
use crate::gate::{ByToken, Gate};
use crate::model::{Event, Factor, Proof, Timestamp, Token, User};
use crate::store::Identity;

/// What this version writes and reads.
const VERSION: &str = "5";

/// What stands in a token. Everybody who holds it can read it.
#[derive(Serialize, Deserialize)]
struct Claims {
    ver: String,
    /// The user's `fs_uniquifier`.
    uid: String,
    iat: i64,
    exp: i64,
    /// When he last proved who he is.
    fs_paa: i64,
    /// By what, and when.
    amr: Vec<(String, i64)>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    app: Map<String, Value>,
}

impl Gate {
    /// A token for a user who has proved who he is by these factors, last at `authenticated_at`. It is as fresh as that,
    /// however late it is made.
    pub async fn issue_token(
        &self,
        user: &User,
        factors: &[Proof],
        authenticated_at: Timestamp,
    ) -> Result<String> {
        let token = self.make_token(user, factors, authenticated_at).await?;
        self.events.emit(Event::AuthTokenIssued { user: user.id });
        Ok(token)
    }

    /// The same without a word, for who cannot give it out yet.
    pub(super) async fn make_token(
        &self,
        user: &User,
        factors: &[Proof],
        authenticated_at: Timestamp,
    ) -> Result<String> {
        let now = self.clock.now();
        let longest = now + self.config.token_max_age;
        let expires_at = match self.policy.token_expires_at(user, now) {
            Some(sooner) if sooner < longest => sooner,
            _ => longest,
        };
        let claims = Claims {
            ver: VERSION.to_owned(),
            uid: user.fs_uniquifier.clone(),
            iat: now.as_millis(),
            exp: expires_at.as_millis(),
            fs_paa: authenticated_at.as_millis(),
            amr: factors
                .iter()
                .map(|proof| (proof.factor.name().to_owned(), proof.at.as_millis()))
                .collect(),
            app: self.policy.augment_token(user).await?,
        };
        self.keys.secret.sign(Purpose::AuthToken, &claims, now)
    }

    /// Who comes with this token, if it is ours, of this time, and its user still the one it was made for: one look-up by
    /// a unique key.
    pub async fn by_token(&self, token: &str) -> Result<Option<ByToken>> {
        let now = self.clock.now();
        // Its own end decides below; this one is for when `token_max_age` has been shortened since.
        let longest = self.config.token_max_age;
        let Ok(claims) = self
            .keys
            .secret
            .verify::<Claims>(Purpose::AuthToken, token, now, longest)
        else {
            return Ok(None);
        };
        let expires_at = Timestamp::from_millis(claims.exp);
        if claims.ver != VERSION || now >= expires_at {
            return Ok(None);
        }
        let Some(user) = self.store.user_by(Identity::Uniquifier, &claims.uid).await? else {
            return Ok(None);
        };
        if !user.active || !self.policy.verify_token(&user, &claims.app).await? {
            return Ok(None);
        }
        let factors = claims.amr.iter().filter_map(|(name, at)| {
            Some(Proof {
                factor: Factor::from_name(name)?,
                at: Timestamp::from_millis(*at),
            })
        });
        let token = Token {
            issued_at: Timestamp::from_millis(claims.iat),
            expires_at,
            authenticated_at: Timestamp::from_millis(claims.fs_paa),
            factors: factors.collect(),
            data: claims.app,
        };
        Ok(Some(ByToken { user, token }))
    }
}
