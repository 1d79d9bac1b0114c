use zeroize::Zeroizing;

/// A key as it was written in the settings.
///
/// It has no `Debug`, no `Display` and no `Serialize`, and is wiped when dropped: what holds one cannot be logged by
/// accident.
///
/// ```compile_fail
/// println!("{:?}", rocket_security::config::SecretText::new("hush".into()));
/// ```
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over; the caller keeps no copy.
    pub fn new(text: String) -> Self {
        SecretText(Zeroizing::new(text))
    }

    /// The key itself. The name is long so that its uses stand out in a review.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for SecretText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
