use super::purpose::Purpose;
use super::ring::KeyRing;
use super::secret::SessionSecret;
use crate::error::{Error, Result};
use crate::model::{CounterKey, SessionHash};

/// The two rings of an application.
pub struct Keys {
    /// `secret_keys`: for what may be dropped when a key leaks, such as cookies, tokens and session hashes.
    pub secret: KeyRing,
    /// `data_keys`: for what must stay readable, such as password hashes.
    pub data: KeyRing,
}

impl Keys {
    /// Both rings. A secret that is in both is refused: the one ring's keys must be free to go when they leak.
    pub fn new(secret: KeyRing, data: KeyRing) -> Result<Self> {
        let ids = data.key_ids();
        if secret.key_ids().iter().any(|id| ids.contains(id)) {
            return Err(Error::config(
                "secret_keys and data_keys share a key; give each its own, made with `openssl rand -base64 48`",
            ));
        }
        Ok(Keys { secret, data })
    }

    /// The hashes under which a session may be stored, one per key, the current one first.
    pub fn session_hashes(&self, secret: &SessionSecret) -> Vec<SessionHash> {
        let macs = self.secret.macs(Purpose::Session, &[secret.bytes()]);
        macs.into_iter().map(SessionHash).collect()
    }

    /// The hash under which a new session is stored: under the current key.
    pub fn session_hash(&self, secret: &SessionSecret) -> SessionHash {
        SessionHash(self.secret.mac(Purpose::Session, &[secret.bytes()]))
    }

    /// The key of a counter, such as the failures of one account. `kind` keeps the counters of different things apart.
    ///
    /// Made under the current key only: a rotation of the secret keys forgets the counts.
    pub fn counter_key(&self, kind: &str, value: &[u8]) -> CounterKey {
        CounterKey(self.secret.mac(Purpose::Counter, &[kind.as_bytes(), value]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "first key of the tests: pQ7cV2xJtB8mZsR4nKfW";
    const B: &str = "second key of the tests: 3GdLy6hTuE9wXaCb5iMo";
    const C: &str = "third key of the tests: Yk1qN8rDvS0zFjHp7UeI";

    fn keys(secret: &[&str], data: &[&str]) -> Result<Keys> {
        Keys::new(KeyRing::new(secret)?, KeyRing::new(data)?)
    }

    #[test]
    fn the_rings_share_no_key() {
        assert!(keys(&[A, B], &[C]).is_ok());
        assert!(keys(&[A, B], &[C, B]).is_err_and(|error| error.to_string().contains("share a key")));
    }

    #[test]
    fn a_session_is_found_while_keys_rotate() {
        let session = SessionSecret::generate().unwrap();
        let before = keys(&[A], &[C]).unwrap().session_hashes(&session);
        let during = keys(&[B, A], &[C]).unwrap().session_hashes(&session);
        assert_eq!(before.len(), 1);
        assert_eq!(during.len(), 2);
        assert!(during[1] == before[0]);
        assert!(during[0] != before[0]);
        // The table never holds the secret itself.
        assert!(during.iter().all(|hash| hash.as_bytes() != session.bytes()));
        let other = SessionSecret::generate().unwrap();
        assert!(keys(&[A], &[C]).unwrap().session_hashes(&other)[0] != before[0]);
    }

    #[test]
    fn counters_of_different_things_are_apart() {
        let keys = keys(&[A], &[C]).unwrap();
        let key = keys.counter_key("account", b"1");
        assert!(key == keys.counter_key("account", b"1"));
        assert!(key != keys.counter_key("account", b"2"));
        assert!(key != keys.counter_key("address", b"1"));
        assert!(key != keys.counter_key("accoun", b"t1"));
    }
}
