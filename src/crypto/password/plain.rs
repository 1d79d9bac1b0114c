use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The Unicode normal form in which passwords are hashed (`password_normalize_form`).
///
/// The same `é` may be one code point on one keyboard and two on another; without a normal form the second
/// keyboard could not sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NormalForm {
    /// As typed.
    None,
    /// Canonical composition.
    Nfc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility composition.
    Nfkc,
    /// Compatibility decomposition; the default, as in the reference, so that imported hashes verify.
    #[default]
    Nfkd,
}

impl NormalForm {
    /// `raw` in this form.
    pub(crate) fn apply(self, raw: &str) -> String {
        match self {
            NormalForm::None => raw.to_owned(),
            NormalForm::Nfc => raw.nfc().collect(),
            NormalForm::Nfd => raw.nfd().collect(),
            NormalForm::Nfkc => raw.nfkc().collect(),
            NormalForm::Nfkd => raw.nfkd().collect(),
        }
    }
}

/// A password in its normal form, and as typed. Neither trimmed nor cut; wiped when dropped.
///
/// ```
/// use rocket_security::crypto::{NormalForm, Password};
///
/// let password = Password::new("two  spaces é", NormalForm::Nfkd);
/// assert_eq!(password.code_points(), 13); // an é is one, however it was typed
/// ```
pub struct Password {
    normal: Zeroizing<String>,
    /// As typed, where that is something else: hashes of other systems may be made of it.
    raw: Option<Zeroizing<String>>,
}

/// Copies of the bytes, for the thread that hashes them.
pub(super) struct Typed {
    pub(super) normal: Zeroizing<Vec<u8>>,
    pub(super) raw: Option<Zeroizing<Vec<u8>>>,
}

/// Bytes as typed; 128 code points have at most 512 in the composed form, and some 2,000 taken apart.
const RAW_MAX: usize = 4096;

impl Typed {
    /// The normal form and then, where it differs, what was typed.
    pub(super) fn forms(&self) -> impl Iterator<Item = &Zeroizing<Vec<u8>>> {
        [Some(&self.normal), self.raw.as_ref()].into_iter().flatten()
    }
}

impl Password {
    /// `raw` in that normal form.
    pub fn new(raw: &str, form: NormalForm) -> Self {
        let normal = match form {
            // Longer than any password that was ever accepted, whatever its form: it is wrong, and taking it apart
            // would cost the thread that serves everybody.
            _ if raw.len() > RAW_MAX => Zeroizing::new(raw.to_owned()),
            NormalForm::None => Zeroizing::new(raw.to_owned()),
            NormalForm::Nfc => gather(raw.nfc()),
            NormalForm::Nfd => gather(raw.nfd()),
            NormalForm::Nfkc => gather(raw.nfkc()),
            NormalForm::Nfkd => gather(raw.nfkd()),
        };
        let raw = (*normal != raw).then(|| Zeroizing::new(raw.to_owned()));
        Password { normal, raw }
    }

    /// How long it is, counted as NIST SP 800-63B-4, 3.1.1.2 wants it: in code points. Those of the composed form
    /// (NFC) count, whatever the form that is hashed: taking letters apart would let five Korean syllables pass for fifteen
    /// characters, and refuse sixty-four of them, which must be taken.
    pub fn code_points(&self) -> usize {
        self.normal.nfc().count()
    }

    /// Whether there is nothing but white space in it, which counts as no password at all.
    pub fn is_blank(&self) -> bool {
        self.normal.chars().all(char::is_whitespace)
    }

    /// Whether both are the same, as "repeat your password" asks.
    pub fn is_same(&self, other: &Password) -> bool {
        crate::crypto::derive::equal(self.normal.as_bytes(), other.normal.as_bytes())
    }

    /// A copy of the bytes of the normal form.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.normal.as_bytes().to_vec())
    }

    /// A copy of the bytes of both forms.
    pub(super) fn to_typed(&self) -> Typed {
        let raw = self.raw.as_ref();
        Typed {
            normal: self.to_bytes(),
            raw: raw.map(|raw| Zeroizing::new(raw.as_bytes().to_vec())),
        }
    }
}

/// Collects into a string that never grows, because each growth would leave a copy behind that nobody wipes.
fn gather(chars: impl Iterator<Item = char> + Clone) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(chars.clone().map(char::len_utf8).sum()));
    text.extend(chars);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str, form: NormalForm) -> String {
        Password::new(raw, form).normal.to_string()
    }

    #[test]
    fn normalises_as_configured() {
        // An ohm sign, a ligature and an e with an accent: each form treats them differently.
        let raw = "\u{2126}\u{fb01}\u{e9}";
        assert_eq!(text(raw, NormalForm::None), raw);
        assert_eq!(text(raw, NormalForm::Nfc), "\u{3a9}\u{fb01}\u{e9}");
        assert_eq!(text(raw, NormalForm::Nfd), "\u{3a9}\u{fb01}e\u{301}");
        assert_eq!(text(raw, NormalForm::Nfkc), "\u{3a9}fi\u{e9}");
        assert_eq!(text(raw, NormalForm::Nfkd), "\u{3a9}fie\u{301}");
        assert_eq!(NormalForm::default(), NormalForm::Nfkd);
    }

    #[test]
    fn keeps_spaces_case_and_length() {
        let raw = format!("  Pass word  {}", "x".repeat(5000));
        assert_eq!(text(&raw, NormalForm::Nfkd), raw);
        assert_eq!(Password::new(&raw, NormalForm::Nfkd).code_points(), 5013);
    }

    #[test]
    fn counts_code_points_of_the_composed_form() {
        for (raw, form, count) in [
            ("", NormalForm::Nfkd, 0),
            ("abc", NormalForm::Nfkd, 3),
            ("\u{e9}", NormalForm::Nfkd, 1),
            ("e\u{301}", NormalForm::Nfc, 1),
            ("🦀🦀", NormalForm::Nfkd, 2),
            ("\u{fdfa}", NormalForm::Nfkd, 18),
        ] {
            assert_eq!(Password::new(raw, form).code_points(), count, "{raw}");
        }
    }

    #[test]
    fn blank_is_any_white_space() {
        for raw in ["", " ", "\t\n", "\u{a0}\u{2003}"] {
            assert!(Password::new(raw, NormalForm::Nfkd).is_blank());
        }
        assert!(!Password::new(" x ", NormalForm::Nfkd).is_blank());
    }

    #[test]
    fn the_raw_form_is_kept_where_it_differs() {
        let typed = Password::new("caf\u{e9}", NormalForm::Nfkd).to_typed();
        assert_eq!(typed.raw.unwrap()[..], *"caf\u{e9}".as_bytes());
        assert_eq!(typed.normal[..], *"cafe\u{301}".as_bytes());
        for same in [
            ("cafe", NormalForm::Nfkd),
            ("caf\u{e9}", NormalForm::Nfc),
            ("\u{2126}", NormalForm::None),
        ] {
            assert!(Password::new(same.0, same.1).to_typed().raw.is_none());
        }
    }

    #[test]
    fn never_reallocates() {
        let password = Password::new(&"\u{fdfa}é🦀 x".repeat(100), NormalForm::Nfkd);
        assert_eq!(password.normal.capacity(), password.normal.len());
    }

    #[test]
    fn the_same_by_whatever_keyboard() {
        let one = Password::new("caf\u{e9}", NormalForm::Nfkd);
        assert!(one.is_same(&Password::new("cafe\u{301}", NormalForm::Nfkd)));
        assert!(!one.is_same(&Password::new("cafe", NormalForm::Nfkd)));
    }
}
