use std::fmt;
use std::sync::Arc;

use unic_langid::{CharacterDirection, LanguageIdentifier};

/// A language of the catalogue: cheap to clone.
#[derive(Clone)]
pub(crate) struct Locale {
    /// The language's place in its catalogue.
    pub(super) index: usize,
    tag: Arc<str>,
    rtl: bool,
}

impl Locale {
    pub(super) fn new(index: usize, language: &LanguageIdentifier) -> Self {
        Locale {
            index,
            tag: language.to_string().into(),
            rtl: language.character_direction() == CharacterDirection::RTL,
        }
    }

    /// The tag for `lang` and `Content-Language`: `en`, `pt-BR`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The direction for `dir`: `ltr` or `rtl`.
    pub fn dir(&self) -> &'static str {
        if self.rtl { "rtl" } else { "ltr" }
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locale").field(&self.tag).finish()
    }
}

/// No browser names more languages; what comes after these is not read.
const RANGES_MAX: usize = 32;

/// The place of the language that `Accept-Language` asks for. Nothing when it asks for none of these.
pub(super) fn negotiate(accept: &str, available: &[LanguageIdentifier]) -> Option<usize> {
    let mut ranges: Vec<(u16, LanguageIdentifier)> = accept
        .split(',')
        .take(RANGES_MAX)
        .filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = quality(parameters)?;
            let tag: LanguageIdentifier = tag.trim().parse().ok()?;
            // `*` asks for nothing in particular, which is what an absent header does too.
            (quality > 0 && !tag.language.is_empty()).then_some((quality, tag))
        })
        .collect();
    // Stable: what has the same quality is wanted in the order in which it stands.
    ranges.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    ranges.iter().find_map(|(_, wanted)| best(wanted, available))
}

/// The language itself, else the same in the same script, else the same.
fn best(wanted: &LanguageIdentifier, available: &[LanguageIdentifier]) -> Option<usize> {
    let place = |fits: &dyn Fn(&LanguageIdentifier) -> bool| available.iter().position(fits);
    let likely = script(wanted);
    place(&|offered| offered == wanted)
        .or_else(|| {
            place(&|offered| {
                offered.language == wanted.language && offered.region.is_none() && script(offered) == likely
            })
        })
        .or_else(|| place(&|offered| offered.language == wanted.language && script(offered) == likely))
        .or_else(|| place(&|offered| offered.language == wanted.language && offered.script.is_none()))
}

/// The script that is written out, or the one that Chinese readers of a region are used to.
fn script(language: &LanguageIdentifier) -> Option<String> {
    if let Some(script) = language.script {
        return Some(script.to_string());
    }
    match (
        language.language.as_str(),
        language.region.as_ref().map(|region| region.as_str()),
    ) {
        ("zh", Some("TW" | "HK" | "MO")) => Some("Hant".to_owned()),
        ("zh", _) => Some("Hans".to_owned()),
        _ => None,
    }
}

/// `q=0.8` in thousandths; 1 when it is not written, nothing when it is no number from 0 to 1.
fn quality(parameters: &str) -> Option<u16> {
    let Some(value) = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    }) else {
        return Some(1000);
    };
    let value: f32 = value.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Option<String> {
        let available: Vec<LanguageIdentifier> = ["en", "de", "pt-BR", "zh-Hans", "zh-Hant", "de-AT"]
            .map(|tag| tag.parse().unwrap())
            .into();
        negotiate(accept, &available).map(|index| available[index].to_string())
    }

    #[test]
    fn the_wanted_language_is_found() {
        for (accept, expected) in [
            ("de", Some("de")),
            ("de-CH, en;q=0.8", Some("de")),
            ("de-at", Some("de-AT")),
            ("fr, de;q=0.5, en;q=0.9", Some("en")),
            ("pt", Some("pt-BR")),
            ("pt-PT", Some("pt-BR")),
            ("zh-TW", Some("zh-Hant")),
            ("zh", Some("zh-Hans")),
            ("zh-CN", Some("zh-Hans")),
            ("de;q=0, en", Some("en")),
            ("en;q=0.1,de;Q=0.2", Some("de")),
            ("*", None),
            ("fr", None),
            ("", None),
            ("de;q=7", None),
            ("de;q=nan", None),
            ("\u{fffd},;;;q=,,de", Some("de")),
        ] {
            assert_eq!(chosen(accept).as_deref(), expected, "{accept:?}");
        }
    }

    #[test]
    fn a_long_header_is_cut_off() {
        let accept = format!("{}de", "fr,".repeat(RANGES_MAX));
        assert_eq!(chosen(&accept), None);
    }
}
