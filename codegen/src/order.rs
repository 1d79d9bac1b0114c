//! Whether `#[guards]` stands where it can work.
//!
//! Attributes run from the top. Below `#[get]` it comes too late: Rocket has copied the types of the parameters,
//! strings and all, into code that no later macro sees, and rustc then complains of a constant where it wants a
//! type. What has run is gone from the item, so the source is the one place that still tells. It is asked only
//! when strings were found and no attribute of a route follows; when it cannot be read, nothing is said.

use proc_macro2::{TokenStream, TokenTree};
use syn::Attribute;

const ROUTES: [&str; 9] = [
    "get", "put", "post", "delete", "head", "options", "patch", "route", "catch",
];

/// Whether one of these attributes makes a route or a catcher.
pub(crate) fn is_route(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| ROUTES.iter().any(|route| segment.ident == route))
    })
}

/// Looks, when called, whether an attribute of a route stands above the one at `attribute`.
pub(crate) fn stands_below_a_route(attribute: proc_macro::Span) -> impl Fn() -> bool {
    move || {
        let source = attribute
            .local_file()
            .and_then(|path| std::fs::read_to_string(path).ok());
        source.is_some_and(|source| route_above(&source, attribute.line(), attribute.column()))
    }
}

/// `line` and `column` count from one, as the compiler does.
fn route_above(source: &str, line: usize, column: usize) -> bool {
    let mut before: Vec<&str> = source.lines().take(line).collect();
    if let Some(last) = before.last_mut() {
        let end = last.char_indices().nth(column.saturating_sub(1));
        *last = end.map_or(*last, |(end, _)| &last[..end]);
    }
    // Only the attributes of this item: what came before it ends in one of these. None of them occurs in the
    // attribute of a route, and a piece cut out of something else does not parse.
    let before = before.join("\n");
    let own = before
        .rfind(['}', ';', '{'])
        .map_or(before.as_str(), |end| &before[end + 1..]);
    // As tokens, so that a comment about `#[get]` is not taken for one.
    let own = own.trim_end().strip_suffix("#[").unwrap_or(own);
    own.parse::<TokenStream>().is_ok_and(names_a_route)
}

fn names_a_route(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(attribute) => {
            let mut path = attribute
                .stream()
                .into_iter()
                .take_while(|token| !matches!(token, TokenTree::Group(_)));
            path.any(|token| ROUTES.iter().any(|route| token.to_string() == *route))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(source: &str) -> bool {
        let line = source.lines().position(|line| line.contains("#[guards]"));
        let line = line.unwrap_or_else(|| panic!("no #[guards] in {source}"));
        let text = source.lines().nth(line).unwrap_or_default();
        let column = text
            .chars()
            .position(|character| character == '#')
            .unwrap_or_default();
        let at_the_bracket = route_above(source, line + 1, column + 1);
        // The compiler may count from the attribute's first token or from its name.
        assert_eq!(route_above(source, line + 1, column + 3), at_the_bracket);
        at_the_bracket
    }

    #[test]
    fn sees_a_route_above() {
        assert!(above("#[get(\"/\")]\n#[guards]\nfn f() {}"));
        assert!(above(
            "use a::{b};\n\n#[rocket::post(\n  \"/x?<y..>\",\n  data = \"<z>\"\n)]\n  /// Words.\n  #[guards]"
        ));
        assert!(above("mod m {\n    #[route(GET, uri = \"/\")]\n    #[guards]\n"));
    }

    #[test]
    fn sees_no_route_where_there_is_none() {
        assert!(!above("#[guards]\n#[get(\"/\")]\nfn f() {}"));
        assert!(!above("#[get(\"/\")]\nfn g() {}\n\n#[guards]\nfn f() {}"));
        assert!(!above("// not below #[get(\"/\")]\n#[guards]\nfn f() {}"));
        assert!(!above(
            "/// Call #[get(\"/\")] first.\n#[inline]\n#[guards]\nfn f() {}"
        ));
        assert!(!route_above("", 7, 1));
        assert!(!route_above("#[get(\"ü", 1, 99));
    }
}
