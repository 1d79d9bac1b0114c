//! Whether the way to a database server is encrypted, and whom the other end must prove to be.
//!
//! The URL says it in the words of the database's own tools: `sslmode=` and `sslrootcert=` (PostgreSQL), `ssl-mode=` and
//! `ssl-ca=` (MySQL); both are understood for both. Where it says nothing, the connection to this very machine is plain,
//! and any other is encrypted and the server's certificate checked with its name: what crosses a network unencrypted, or
//! to whoever answers, must have been asked for.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Result};

/// What libpq calls `sslmode`, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server can; whoever sits in between decides that it cannot.
    Prefer,
    /// Encrypted, to whoever answers; with a file of roots like `VerifyCa`, as libpq does.
    Require,
    /// To somebody with a certificate of one of the roots.
    VerifyCa,
    /// To the host that the URL names.
    VerifyFull,
}

const MODES: [(&str, Mode); 8] = [
    ("disable", Mode::Disable),
    ("disabled", Mode::Disable),
    ("prefer", Mode::Prefer),
    ("preferred", Mode::Prefer),
    ("require", Mode::Require),
    ("required", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// What the URL asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    mode: Option<Mode>,
    roots: Option<PathBuf>,
}

/// What will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encryption {
    pub(super) mode: Mode,
    /// A file with the only roots to trust, instead of those that browsers trust.
    pub(super) roots: Option<PathBuf>,
}

/// Takes what is said about encryption out of a URL, and leaves the rest to the driver. Errors never repeat the URL: it
/// holds a password, and a stray `?` in one would make it a parameter.
pub(super) fn take(url: &str) -> Result<(String, Asked)> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), Asked::default()));
    };
    let mut asked = Asked::default();
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = key.to_ascii_lowercase().replace('_', "-");
        match key.as_str() {
            "sslmode" | "ssl-mode" if asked.mode.is_none() => asked.mode = Some(mode(value)?),
            "sslrootcert" | "ssl-ca" if asked.roots.is_none() => asked.roots = Some(file(value)?),
            "sslmode" | "ssl-mode" | "sslrootcert" | "ssl-ca" => {
                return Err(Error::config(
                    "the database's URL says `sslmode` or `sslrootcert` twice: keep one",
                ));
            }
            "require-ssl" | "verify-ca" | "verify-identity" | "built-in-roots" => {
                return Err(Error::config(format!(
                    "the database's URL says `{key}`: write `ssl-mode=` (DISABLED, PREFERRED, REQUIRED, VERIFY_CA or \
                     VERIFY_IDENTITY) and `ssl-ca=` (a file) instead"
                )));
            }
            "sslcert" | "sslkey" | "sslcrl" | "sslpassword" | "ssl-cert" | "ssl-key" => {
                return Err(Error::config(format!(
                    "the database's URL says `{key}`, which this library does not know: client certificates are not \
                     supported, only `sslmode=` and `sslrootcert=`"
                )));
            }
            _ => rest.push(pair),
        }
    }
    match rest.is_empty() {
        true => Ok((base.to_owned(), asked)),
        false => Ok((format!("{base}?{}", rest.join("&")), asked)),
    }
}

fn mode(value: &str) -> Result<Mode> {
    let word = value.to_ascii_lowercase().replace('_', "-");
    let word = if word == "verify-identity" {
        "verify-full"
    } else {
        &word
    };
    MODES
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, mode)| *mode)
        .ok_or_else(|| {
            Error::config(
                "the database's URL has an `sslmode` that is none: write disable, prefer, require, verify-ca or \
                 verify-full (for MySQL: DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY)",
            )
        })
}

fn file(value: &str) -> Result<PathBuf> {
    let path = url::form_urlencoded::parse(format!("path={}", value.replace('+', "%2B")).as_bytes())
        .next()
        .map(|(_, path)| PathBuf::from(path.as_ref()))
        .filter(|path| !path.as_os_str().is_empty())
        .ok_or_else(|| Error::config("the database's URL says `sslrootcert` without a file"))?;
    certificates(&path)?;
    Ok(path)
}

/// The certificates of a PEM file; none is an error, and is told at launch rather than at the first connection.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unusable = |why: &str| Error::config(format!("the file `{}` of `sslrootcert` {why}", path.display()));
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| unusable("cannot be read").with_source(error))?
        .collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(unusable("holds no certificate: write one in PEM format")),
        Err(error) => Err(unusable("is no PEM file").with_source(error)),
    }
}

impl Asked {
    /// What it comes to; `local` says that the other end is on this machine.
    pub(super) fn settle(self, local: bool) -> Encryption {
        let mode = match (self.mode, &self.roots) {
            // As libpq has it: who names roots wants them asked.
            (Some(Mode::Require), Some(_)) => Mode::VerifyCa,
            (Some(mode), _) => mode,
            (None, Some(_)) => Mode::VerifyFull,
            (None, None) if local => Mode::Disable,
            (None, None) => Mode::VerifyFull,
        };
        if !local && mode < Mode::VerifyCa {
            log::warn!(
                "rocket_security: the URL of the database says `sslmode={}`: whoever sits between here and the server can {}",
                MODES
                    .iter()
                    .find(|(_, known)| *known == mode)
                    .map_or("", |(name, _)| name),
                match mode {
                    Mode::Disable => "read and change all of it",
                    _ => "take the server's place",
                }
            );
        }
        Encryption {
            mode,
            roots: self.roots,
        }
    }
}

/// Whether a host of a URL is this machine.
pub(super) fn is_local(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.starts_with('/')
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// What a failed connection is told with: most who meet it have never written `sslmode`.
pub(super) const ADVICE: &str = "to another machine the connection is encrypted and the server's certificate checked; a \
                                 certificate authority of your own goes into `sslrootcert=`, weaker ways into `sslmode=` of \
                                 the URL";

#[cfg(feature = "postgres")]
pub(super) use client::client_config;

#[cfg(feature = "postgres")]
mod client {
    use std::sync::Arc;

    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::crypto::{CryptoProvider, ring};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
        SignatureScheme,
    };

    use super::{Encryption, Mode, certificates};
    use crate::error::{Error, Result};

    /// How rustls is to do it; `None` when the connection stays plain.
    pub(in super::super) fn client_config(encryption: &Encryption) -> Result<Option<ClientConfig>> {
        if encryption.mode == Mode::Disable {
            return Ok(None);
        }
        let failed = |error: TlsError| Error::internal("TLS cannot be set up").with_source(error);
        // Named, not looked up: another crate of the application may have brought a second provider along.
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let mut roots = RootCertStore::empty();
        match &encryption.roots {
            Some(path) => {
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| {
                        Error::config(format!(
                            "the file `{}` of `sslrootcert` is unusable",
                            path.display()
                        ))
                        .with_source(error)
                    })?;
                }
            }
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        }
        if encryption.mode == Mode::VerifyFull {
            return Ok(Some(builder.with_root_certificates(roots).with_no_client_auth()));
        }
        let chain = match encryption.mode {
            Mode::VerifyCa => Some(
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone())
                    .build()
                    .map_err(|error| Error::internal("TLS cannot be set up").with_source(error))?,
            ),
            _ => None,
        };
        let verifier = Arc::new(AnyName { chain, provider });
        Ok(Some(
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier)
                .with_no_client_auth(),
        ))
    }

    /// Takes any name, and any certificate where there is no chain to check: what the URL asked for.
    #[derive(Debug)]
    struct AnyName {
        chain: Option<Arc<WebPkiServerVerifier>>,
        provider: Arc<CryptoProvider>,
    }

    impl ServerCertVerifier for AnyName {
        fn verify_server_cert(
            &self,
            certificate: &CertificateDer<'_>,
            intermediates: &[CertificateDer<'_>],
            name: &ServerName<'_>,
            ocsp: &[u8],
            now: UnixTime,
        ) -> std::result::Result<ServerCertVerified, TlsError> {
            let Some(chain) = &self.chain else {
                return Ok(ServerCertVerified::assertion());
            };
            // The name is looked at last, when all else was found good.
            match chain.verify_server_cert(certificate, intermediates, name, ocsp, now) {
                Err(TlsError::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => Ok(ServerCertVerified::assertion()),
                outcome => outcome,
            }
        }

        fn verify_tls12_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
            let known = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            certificate: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> std::result::Result<HandshakeSignatureValid, TlsError> {
            let known = &self.provider.signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            self.provider
                .signature_verification_algorithms
                .supported_schemes()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(query: &str, local: bool) -> Mode {
        let (rest, asked) = take(&format!("postgres://app@db/app{query}")).expect(query);
        assert_eq!(rest, "postgres://app@db/app", "{query}");
        asked.settle(local).mode
    }

    #[test]
    fn only_this_machine_is_reached_unencrypted_without_asking() {
        assert_eq!(settled("", true), Mode::Disable);
        assert_eq!(settled("", false), Mode::VerifyFull);
        for (host, local) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("[::1]", true),
            ("/run/postgresql", true),
            ("10.0.0.5", false),
            ("db.example.org", false),
            ("localhost.example.org", false),
            ("127.0.0.1.example.org", false),
            ("", false),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }

    #[test]
    fn both_databases_words_are_understood() {
        for (query, mode) in [
            ("?sslmode=disable", Mode::Disable),
            ("?sslmode=verify-full", Mode::VerifyFull),
            ("?ssl-mode=DISABLED", Mode::Disable),
            ("?ssl_mode=PREFERRED", Mode::Prefer),
            ("?ssl-mode=REQUIRED", Mode::Require),
            ("?ssl-mode=VERIFY_CA", Mode::VerifyCa),
            ("?ssl_mode=VERIFY_IDENTITY", Mode::VerifyFull),
        ] {
            for local in [true, false] {
                assert_eq!(settled(query, local), mode, "{query}");
            }
        }
    }

    #[test]
    fn the_drivers_own_parameters_stay() {
        let (rest, _) = take("mysql://app@db/app?a=b&ssl-mode=REQUIRED&prefer_socket=false").expect("a URL");
        assert_eq!(rest, "mysql://app@db/app?a=b&prefer_socket=false");
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_repeated() {
        for query in [
            "sslmode=on",
            "sslmode=allow",
            "sslmode=",
            "sslmode",
            "sslmode=disable&sslmode=require",
            "ssl-mode=REQUIRED&sslmode=disable",
            "sslrootcert=",
            "sslrootcert=/no/such/file",
            "sslcert=/some/file",
            "require_ssl=true",
            "verify_identity=false",
        ] {
            let error = take(&format!("mysql://app:s3cret@db/app?{query}")).expect_err(query);
            let told = format!("{error} {error:?}");
            assert!(!told.contains("s3cret") && !told.contains("app@"), "{told}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_told_at_once() {
        let file = std::env::temp_dir().join(format!("rocket_security-roots-{}.pem", std::process::id()));
        std::fs::write(&file, "no certificate").expect("a file");
        let error =
            take(&format!("postgres://db/app?sslrootcert={}", file.display())).expect_err("nothing in it");
        assert!(error.to_string().contains("holds no certificate"), "{error}");
        std::fs::remove_file(&file).expect("the file");
    }
}
