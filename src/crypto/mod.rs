//! Keys, tokens, sealed values and passwords. Knows neither the web nor the database.
//!
//! This page says how each of them is built, so that it can be checked without reading the code, and the code
//! against it. The primitives are HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869), XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha), argon2id version 1.3 (RFC 9106) and the random source of the operating system; all
//! come from the RustCrypto crates and `getrandom`. Nothing below lets a value choose its algorithm.
//!
//! # From a secret to a key
//!
//! A secret of the configuration is a text of at least 32 characters ([`KeyRing::new`] says what is refused).
//!
//! ```text
//! PRK    = HKDF-Extract(salt = "rocket_security key ring v1", the text in UTF-8)
//! key id = hex(first 6 bytes of HKDF-Expand(PRK, "rocket_security/v1/id"))
//! key    = HKDF-Expand(PRK, "rocket_security/v1/" usage "/" purpose)     32 bytes, usage = mac | sign | seal
//! ```
//!
//! So every [`Purpose`] has three keys of its own: what is made for one is noise to every other, and a MAC is never
//! a token. The secret itself is not kept, only PRK. A key id is public; it tells which key made a
//! value, and nothing else about it.
//!
//! # Lists of parts
//!
//! Wherever several parts enter a MAC or associated data, each is preceded by its length, so that no two lists
//! are the same bytes (`["ab", "c"]` and `["a", "bc"]` differ):
//!
//! ```text
//! parts(p1, p2, …) = u64be(len p1) p1  u64be(len p2) p2  …
//! ```
//!
//! # What is made with the keys
//!
//! | What | How |
//! |---|---|
//! | [`KeyRing::mac`] | HMAC-SHA-256(mac key, parts(…)) |
//! | [`KeyRing::sign`] | `v1.<key id>.<body>.<tag>`; body = i64be(milliseconds of issue) then JSON; tag = HMAC-SHA-256(sign key, parts("v1", key id, body)) |
//! | [`KeyRing::seal`] | `v1.<key id>.<nonce ciphertext tag>`; XChaCha20-Poly1305(seal key, 24 random bytes of nonce, associated data = parts("v1", purpose, …)) |
//! | [`SealedPassword`] | seal under the data keys, purpose `password`, of the PHC string `$argon2id$v=19$m=…,t=…,p=…$salt$hash`; associated data = the user's handle |
//! | the same, imported | seal of `imported:` and the hash as another system wrote it |
//! | the same, wrapped | seal of `wrapped:<scheme>:<hex salt>:` and `$argon2id$…` of the weak digest |
//! | [`SessionSecret`] | 32 random bytes; the table keeps HMAC-SHA-256(mac key of `session`, parts(the bytes)) |
//! | [`RememberSecret`] | 16 random bytes of series and 32 of token; the table keeps HMAC-SHA-256(mac key of `remember-series`, parts(series)) and HMAC-SHA-256(mac key of `remember-token`, parts(series, token)) |
//! | the token after it | HMAC-SHA-256(mac key of `remember-next`, parts(series, token, 16 random bytes)) |
//! | the session it restores | its secret is HMAC-SHA-256(mac key of `remember-session`, parts(series, token)) |
//! | [`ApiKeySecret`] | `<prefix>_<32 digits of id>_<64 digits of 32 random bytes>_<first 8 digits of SHA-256 of what stands before>`, hexadecimal; the table keeps HMAC-SHA-256(mac key of `api-key`, parts(prefix, id, the bytes)) |
//! | [`RefreshSecret`] | 16 random bytes of family and 32 of token; the table keeps HMAC-SHA-256(mac key of `refresh-family`, parts(family)) and HMAC-SHA-256(mac key of `refresh-token`, parts(family, token)) |
//! | the one after it | HMAC-SHA-256(mac key of `refresh-next`, parts(family, token, 16 random bytes)) |
//!
//! `<…>` is base64url without padding. Only the canonical form is read, so a value has one spelling.
//! 192 bits of random nonce make a repetition under one key practically impossible.
//!
//! # Order of checks
//!
//! Length, shape, key id, then the tag in constant time, and only then time and content: nothing that a stranger
//! wrote is parsed beyond base64. A value is tried with the one key that it names. A token from the future (more
//! than a minute, for clocks that differ) is invalid. Which of the checks failed is told to nobody; only
//! [`TokenError::Expired`] is distinguished, and only for a token whose tag was right.
//!
//! # Rotation
//!
//! A ring holds the newest secret first. New values are made under the first; values of all are accepted. What is
//! looked up by its MAC is looked up under all ([`KeyRing::macs`]). A key of `secret_keys` may be dropped at will: its
//! cookies and tokens die with it. (API keys are hashed anew when they are used; one that was not used while both secrets
//! were in the ring dies.) A key of `data_keys` may be dropped when no row names it any more
//! ([`KeyRing::key_id_of`]); a password is sealed anew at the next sign-in ([`Verdict::Right`]).
//!
//! # Passwords
//!
//! * The bytes hashed are the whole password in the configured normal form (NFKD by default): never trimmed, cut or
//!   changed in case. The salt is 16 random bytes, the hash has 32.
//! * The sealing is the keyed step after the hash that NIST SP 800-63B-4, 3.1.1.2 and OWASP recommend: who steals the table without the
//!   keys cannot even start guessing. It rotates without the password. The handle in the associated data makes a
//!   hash that was copied to another row unreadable there.
//! * An unknown user, one without a password and one whose row cannot be read cost one hash at the configured cost,
//!   like a wrong password. A stored hash that is cheaper than configured is topped up when the password is
//!   wrong, so that old accounts do not answer faster than none. A stored hash that is dearer takes longer than
//!   a dummy: after lowering the cost, time tells such accounts until they have signed in and changed their password.
//! * Hashing runs on blocking threads, at most `threads` at once, each with one kept buffer that is wiped after
//!   every hash. Who has no [`Ticket`] does not get as far as the look-up.
//! * The accepted cost of a stored hash is capped ([`PasswordCost::MAX_MEMORY_KIB`] and its neighbours).
//!
//! # Hashes of other systems
//!
//! [`Passwords::seal_foreign`] and [`Ticket::import`] take them over; [`ForeignHashes`] says how they are read. New
//! hashes are never made in these formats. What none of our own hashes needs:
//!
//! * The mark inside the seal tells an imported argon2 hash, which may be of a pre-hash, from our own. Without the
//!   keys nobody can add it, so nobody chooses an algorithm for somebody else's row.
//! * The pre-hash of the reference is base64(HMAC-SHA-512(`password_salt`, password)), 88 characters, for every scheme that
//!   `password_single_hash` does not name. bcrypt sees its first 72.
//! * Tried is the normal form, then what was typed, if that is something else: the reference normalises on its pages and
//!   not in basic authentication.
//! * MD5, SHA-1 and the traditional crypt are kept only as the input of argon2id.
//! * A right password makes the hash outdated, and [`Ticket::rehash`] makes it anew: at our cost, or at the old one where that
//!   was argon2 and dearer. It then needs neither the mark nor `password_salt`.
//!
//! | Scheme | Cap |
//! |---|---|
//! | argon2 i, d, id | 1 GiB, as above |
//! | bcrypt | 2^16 rounds |
//! | PBKDF2, SHA-crypt | 10 million rounds; SHA-crypt fewer for long passwords, which it reads in every round |
//! | scrypt | 1 GiB; memory times lanes 4 GiB |
//! | all | 512 characters of hash, 4096 bytes of password |
//!
//! Above its cap a hash counts as unreadable. All of it runs in the same queue, on the same threads.
//!
//! **Time.** A wrong password for a foreign hash that is quicker than our own is topped up with argon2id to the time that our own
//! last took. Two things remain, until the user has signed in once: a foreign hash that is slower than ours (bcrypt at
//! 12 takes a quarter of a second) is answered later than an unknown account, because the only mend would be to make every unknown
//! account as dear, which helps who wants to keep us busy; and a password typed in another than the normal form costs a
//! foreign hash twice. Who minds imports the hash and sends such users through a password reset.
//!
//! # What is asked of it
//!
//! | Requirement | Where |
//! |---|---|
//! | ASVS 11.2.2 agility | the `v1` of every value, the key id, the parameters in the PHC string |
//! | ASVS 11.2.3 at least 128 bits | 256-bit keys, MACs and session secrets; secrets of at least 32 characters |
//! | ASVS 11.2.4 constant time | every comparison of MACs and hashes goes through `subtle` |
//! | ASVS 11.4.2 password hash | [`PasswordCost`], whose default is one of its minima; imported hashes until the first sign-in |
//! | ASVS 11.5.1, 7.2.3, 6.5.3 random values | from the operating system |
//! | ASVS 13.3.4 rotation | [`KeyRing`] |
//! | ASVS 6.2.8, NIST 3.1.1.2 verified whole and as typed | [`Password`] |
//! | NIST 3.1.1.2 salted slow hash, cost stored and raised, keyed step with a key kept apart | [`Ticket::hash`], [`Verdict::Right`] |
//! | ASVS 6.3.8 no enumeration by time | [`Ticket::verify`] |
//!
//! # Limits
//!
//! Keys and passwords are wiped from memory when they are dropped, as far as this crate owns them; what
//! the compiler, a hash state on the stack or the web server's buffers copied is out of reach. Base64 and JSON
//! are not constant-time; nothing secret is compared in them.

mod api_key;
mod derive;
mod keys;
mod password;
mod purpose;
mod random;
mod refresh;
mod remember;
mod ring;
mod seal;
mod secret;
mod token;

pub use api_key::ApiKeySecret;
pub(crate) use api_key::is_prefix;
pub use keys::Keys;
pub use password::{
    ForeignHashes, NormalForm, Password, PasswordCost, PasswordProof, PasswordQueue, PasswordScheme,
    Passwords, SealedPassword, SingleHash, Ticket, Verdict,
};
pub use purpose::Purpose;
pub(crate) use random::{random_bytes, random_hex32};
pub use refresh::RefreshSecret;
pub use remember::RememberSecret;
pub use ring::KeyRing;
pub use secret::SessionSecret;
pub use token::TokenError;
