//! Where a visitor is sent after signing in: `next`, which anybody may have written into a link.
//!
//! Only a place within this application is accepted, and what goes into `Location` then never names a host, so that it
//! cannot lead away however it is read; other hosts only when the settings name them (`elsewhere.rs`). The judge is the parser that browsers use (the `url` crate): it knows that
//! `/\evil.com`, `/<tab>/evil.com` and `https:evil.com` are other sites.

use std::fmt;

use rocket::http::RawStr;
use url::Url;

use crate::web::elsewhere::Elsewhere;
use crate::web::origin::Origin;

/// Longer than any address of a page that a person is sent back to.
const MAX_BYTES: usize = 2048;

/// Pages that a `Location` may be read against: at the root, below it, and on either scheme.
const OWN_PAGES: [&str; 4] = [
    "http://own.invalid/",
    "http://own.invalid/login",
    "https://own.invalid/login?next=x",
    "https://own.invalid/a/b/c/",
];

/// A target ready for `Location`: printable ASCII, percent-quoted; relative, or on a host that the settings allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SafeNext(String);

impl SafeNext {
    /// `url` with this target as its query parameter `next`, as in `/login?next=/profile?tab%3D2`.
    pub(crate) fn append_to(&self, url: &str) -> String {
        let (url, fragment) = match url.split_once('#') {
            Some((url, fragment)) => (url, Some(fragment)),
            None => (url, None),
        };
        let mut with_next = String::with_capacity(url.len() + self.0.len() + 16);
        with_next.push_str(url);
        with_next.push(if url.contains('?') { '&' } else { '?' });
        with_next.push_str("next=");
        quote_into(
            &mut with_next,
            &self.0,
            |byte| is_unreserved(byte) || b"!$'()*,/:;?@".contains(&byte),
            Percent::Quote,
        );
        if let Some(fragment) = fragment {
            with_next.push('#');
            with_next.push_str(fragment);
        }
        with_next
    }
}

impl fmt::Display for SafeNext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Accepts `next` when every browser would stay in this application by following it, or on a host of `elsewhere`.
/// Relative targets and absolute ones of our own host pass; without `own`, only relative ones do.
pub(crate) fn safe_next(next: &str, own: Option<&Origin>, elsewhere: &Elsewhere) -> Option<SafeNext> {
    if next.is_empty() || next.len() > MAX_BYTES || next.trim() != next {
        return None;
    }
    // Browsers drop tabs and line breaks and read a backslash as a slash: no honest link has them.
    if next.chars().any(|c| c.is_control() || c == '\\') {
        return None;
    }

    let (host, target) = if has_scheme(next) {
        let url = absolute(next)?;
        let host = match own {
            Some(own) if own.serves(&url) => String::new(),
            own => {
                let allowed = elsewhere.allows(&url, own.is_some_and(Origin::is_https));
                allowed.then(|| url[..url::Position::BeforePath].to_owned())?
            }
        };
        (host, url[url::Position::BeforePath..].to_owned())
    } else {
        (String::new(), next.to_owned())
    };
    // A path that leads away from our pages leads away from those of another host too.
    let quoted = quote(&target);
    let whole = host + &quoted;
    (whole.len() <= MAX_BYTES && stays(&quoted)).then_some(SafeNext(whole))
}

/// Whether the text before the first separator ends in a colon somewhere: `https:`, `javascript:`, `x:y`.
fn has_scheme(next: &str) -> bool {
    next.split(['/', '?', '#'])
        .next()
        .is_some_and(|first| first.contains(':'))
}

/// An absolute `http(s)` URL that names its host plainly.
fn absolute(next: &str) -> Option<Url> {
    let authority = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = next.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })?;
    // `https:///evil.com` is evil.com to a browser and nothing to most other readers.
    let authority = authority
        .split(['/', '?', '#'])
        .next()
        .filter(|authority| !authority.is_empty())?;
    // A user, or a host in percent form, shows another host than it names.
    if authority.contains(['@', '%']) {
        return None;
    }
    Url::parse(next).ok()
}

/// Follows the quoted target as a browser would from each of our pages, and once more for every layer of percent
/// signs that a reader behind us (a script, a proxy) might take off.
fn stays(target: &str) -> bool {
    let (path, rest) = target.split_at(target.find(['?', '#']).unwrap_or(target.len()));
    if !leads_home(target) {
        return false;
    }
    let mut path = path.to_owned();
    for _ in 0..4 {
        let decoded = RawStr::new(&path).percent_decode_lossy().into_owned();
        if decoded == path {
            return true;
        }
        if decoded.chars().any(char::is_control)
            || !leads_home(&decoded)
            || !leads_home(&format!("{decoded}{rest}"))
        {
            return false;
        }
        path = decoded;
    }
    // Five layers of quoting are nobody's page.
    false
}

fn leads_home(target: &str) -> bool {
    OWN_PAGES.iter().all(|page| {
        let Ok(page) = Url::parse(page) else { return false };
        let Ok(followed) = page.join(target) else {
            return false;
        };
        followed.scheme() == page.scheme()
            && followed.host() == page.host()
            && followed.port() == page.port()
            && followed.username().is_empty()
            && followed.password().is_none()
            // `/..//evil.com` ends here, but whoever shortens it to its path and follows that ends at evil.com.
            && !followed.path().starts_with("//")
    })
}

/// Quotes what may not stand in a URL. Escapes that are there already are kept: the path of a request arrives quoted.
fn quote(target: &str) -> String {
    let (target, fragment) = match target.split_once('#') {
        Some((target, fragment)) => (target, Some(fragment)),
        None => (target, None),
    };
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let in_path = |byte: u8| is_unreserved(byte) || b"!$&'()*+,;=:@/".contains(&byte);
    let in_query = |byte: u8| in_path(byte) || byte == b'?';

    let mut quoted = String::with_capacity(target.len() + 8);
    quote_into(&mut quoted, path, in_path, Percent::KeepEscapes);
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part {
            quoted.push(mark);
            quote_into(&mut quoted, part, in_query, Percent::KeepEscapes);
        }
    }
    quoted
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[derive(Clone, Copy, PartialEq)]
enum Percent {
    Quote,
    KeepEscapes,
}

fn quote_into(out: &mut String, text: &str, keep: impl Fn(u8) -> bool, percent: Percent) {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape = byte == b'%'
            && bytes.get(at + 1).is_some_and(u8::is_ascii_hexdigit)
            && bytes.get(at + 2).is_some_and(u8::is_ascii_hexdigit);
        if keep(byte) || (is_escape && percent == Percent::KeepEscapes) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests;
