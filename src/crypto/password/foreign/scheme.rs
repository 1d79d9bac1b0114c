macro_rules! schemes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal, )+) => {
        /// How another system hashed passwords. The names are passlib's, which the reference uses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum PasswordScheme { $( $(#[doc = $doc])+ $variant, )+ }

        impl PasswordScheme {
            /// Every scheme that can be taken over.
            pub const ALL: &[PasswordScheme] = &[$( PasswordScheme::$variant, )+];

            /// The name of the scheme in the settings.
            pub const fn name(self) -> &'static str {
                match self { $( PasswordScheme::$variant => $name, )+ }
            }
        }
    };
}

schemes! {
    /// `$argon2id$…`, `$argon2i$…` and `$argon2d$…`, of version 1.3 or 1.0.
    Argon2 = "argon2",
    /// `$2a$…`, `$2b$…` and `$2y$…`.
    Bcrypt = "bcrypt",
    /// `$pbkdf2-sha256$…`
    Pbkdf2Sha256 = "pbkdf2_sha256",
    /// `$pbkdf2-sha512$…`
    Pbkdf2Sha512 = "pbkdf2_sha512",
    /// `$scrypt$ln=…,r=…,p=…$…`
    Scrypt = "scrypt",
    /// `$5$…`
    Sha256Crypt = "sha256_crypt",
    /// `$6$…`
    Sha512Crypt = "sha512_crypt",
    /// Django's `pbkdf2_sha256$…`
    DjangoPbkdf2Sha256 = "django_pbkdf2_sha256",
    /// Django's `pbkdf2_sha1$…`
    DjangoPbkdf2Sha1 = "django_pbkdf2_sha1",
    /// Django's `argon2$argon2id$…`
    DjangoArgon2 = "django_argon2",
    /// Django's `bcrypt$$2b$…`
    DjangoBcrypt = "django_bcrypt",
    /// Django's `bcrypt_sha256$$2b$…`
    DjangoBcryptSha256 = "django_bcrypt_sha256",
    /// The traditional 13 characters of Unix. Wrapped at import.
    DesCrypt = "des_crypt",
    /// 32 hexadecimal digits. Wrapped at import.
    HexMd5 = "hex_md5",
    /// 40 hexadecimal digits. Wrapped at import.
    HexSha1 = "hex_sha1",
    /// Django's `md5$salt$…`. Wrapped at import.
    DjangoSaltedMd5 = "django_salted_md5",
    /// Django's `sha1$salt$…`. Wrapped at import.
    DjangoSaltedSha1 = "django_salted_sha1",
}

impl PasswordScheme {
    /// The scheme of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scheme| scheme.name() == name)
    }

    /// Whether a stolen hash of it gives its password away at once. It is never stored as it is, but inside
    /// an argon2id hash.
    pub const fn is_weak(self) -> bool {
        use PasswordScheme::*;
        matches!(
            self,
            DesCrypt | HexMd5 | HexSha1 | DjangoSaltedMd5 | DjangoSaltedSha1
        )
    }

    /// Whether it is one of Django's, which the reference never hashes twice.
    pub fn is_of_django(self) -> bool {
        self.name().starts_with("django_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for scheme in PasswordScheme::ALL {
            assert_eq!(PasswordScheme::from_name(scheme.name()), Some(*scheme));
        }
        assert_eq!(PasswordScheme::from_name("plaintext"), None);
    }
}
