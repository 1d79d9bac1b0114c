//! Strings in lists of generic arguments become types.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{AngleBracketedGenericArguments, Expr, GenericArgument, Ident, Lit, LitStr, Path, Token, Type};

/// As many `char` parameters as the library's `Name` has.
const LONGEST: usize = 48;

/// Replaces each string literal in a generic list, and keeps what was wrong with them.
pub(crate) struct Names {
    library: Path,
    found: bool,
    errors: Option<syn::Error>,
}

impl Names {
    pub(crate) fn new(library: Path) -> Self {
        Names {
            library,
            found: false,
            errors: None,
        }
    }

    /// Whether there was any string to replace.
    pub(crate) fn found(&self) -> bool {
        self.found
    }

    pub(crate) fn refuse(&mut self, span: Span, message: &str) {
        let error = syn::Error::new(span, message);
        match &mut self.errors {
            Some(errors) => errors.combine(error),
            None => self.errors = Some(error),
        }
    }

    pub(crate) fn into_error(self) -> Option<syn::Error> {
        self.errors
    }

    fn rewrite(&mut self, owner: &Ident, list: &mut AngleBracketedGenericArguments) {
        let literals = list.args.iter().filter(|arg| literal(arg).is_some()).count();
        let any_of = owner == "HasAnyRole" || owner == "HasAnyPermission";
        if any_of {
            let types = list
                .args
                .iter()
                .filter(|arg| matches!(arg, GenericArgument::Type(_)))
                .count();
            // One type alone is a tuple already, an alias of one, or a single role.
            if literals > 0 || types > 1 {
                self.collect(owner, list, |arg| {
                    literal(arg).is_some() || matches!(arg, GenericArgument::Type(_))
                });
            }
        } else if literals > 1 {
            if owner == "HasRole" || owner == "HasPermission" {
                let kind = if owner == "HasRole" { "role" } else { "permission" };
                self.refuse(
                    owner.span(),
                    &format!(
                        "`{owner}` takes one {kind}: write `HasAny{}<…>` if any of them is enough, or a \
                         parameter for each if all are needed",
                        owner.to_string().trim_start_matches("Has"),
                    ),
                );
                self.keep_first(owner, list);
            } else {
                self.collect(owner, list, |arg| literal(arg).is_some());
            }
        } else if literals == 1 {
            for arg in &mut list.args {
                if let Some(text) = literal(arg) {
                    *arg = GenericArgument::Type(self.name(owner, &text));
                }
            }
        }
    }

    /// Makes one tuple of the arguments that are `taken`, in the place of the first.
    fn collect(
        &mut self,
        owner: &Ident,
        list: &mut AngleBracketedGenericArguments,
        taken: impl Fn(&GenericArgument) -> bool,
    ) {
        let mut place = None;
        let mut members = Punctuated::<Type, Token![,]>::new();
        let mut rest = Vec::new();
        for arg in std::mem::take(&mut list.args) {
            if !taken(&arg) {
                rest.push(arg);
                continue;
            }
            place.get_or_insert(rest.len());
            match (literal(&arg), arg) {
                (Some(text), _) => members.push(self.name(owner, &text)),
                (None, GenericArgument::Type(ty)) => members.push(ty),
                (None, other) => rest.push(other),
            }
        }
        // A tuple of one needs its comma.
        members.push_punct(Default::default());
        let tuple = Type::Tuple(syn::TypeTuple {
            paren_token: Default::default(),
            elems: members,
        });
        rest.insert(place.unwrap_or(0), GenericArgument::Type(tuple));
        list.args = rest.into_iter().collect();
    }

    fn keep_first(&mut self, owner: &Ident, list: &mut AngleBracketedGenericArguments) {
        let mut kept = false;
        let args = std::mem::take(&mut list.args);
        list.args = args
            .into_iter()
            .filter_map(|arg| match literal(&arg) {
                Some(_) if kept => None,
                Some(text) => {
                    kept = true;
                    Some(GenericArgument::Type(self.name(owner, &text)))
                }
                None => Some(arg),
            })
            .collect();
    }

    /// The type that stands for `text`. A text that cannot be a name leaves one error and some type, lest the
    /// compiler add errors of its own.
    fn name(&mut self, owner: &Ident, text: &LitStr) -> Type {
        self.found = true;
        let value = text.value();
        if let Some(fault) = fault(owner, &value) {
            self.refuse(text.span(), &fault);
            return Type::Verbatim(self.typed(text.span(), "?"));
        }
        Type::Verbatim(self.typed(text.span(), &value))
    }

    fn typed(&self, span: Span, value: &str) -> TokenStream {
        let library = &self.library;
        let chars = value.chars().map(|character| {
            let mut literal = Literal::character(character);
            literal.set_span(span);
            literal
        });
        let name = quote_spanned!(span => Name<#(#chars),*>);
        quote!(#library::#name)
    }
}

impl VisitMut for Names {
    fn visit_path_segment_mut(&mut self, segment: &mut syn::PathSegment) {
        if let syn::PathArguments::AngleBracketed(list) = &mut segment.arguments {
            self.rewrite(&segment.ident, list);
        }
        visit_mut::visit_path_segment_mut(self, segment);
    }

    fn visit_expr_method_call_mut(&mut self, call: &mut syn::ExprMethodCall) {
        if let Some(list) = &mut call.turbofish {
            self.rewrite(&call.method, list);
        }
        visit_mut::visit_expr_method_call_mut(self, call);
    }
}

fn literal(arg: &GenericArgument) -> Option<LitStr> {
    match arg {
        GenericArgument::Const(Expr::Lit(expr)) => match &expr.lit {
            Lit::Str(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Why `name` can be no name of a role or a permission. The store would refuse it too, but only at run time.
fn fault(owner: &Ident, name: &str) -> Option<String> {
    let permission = owner == "HasPermission" || owner == "HasAnyPermission";
    let (kind, macro_name) = if permission {
        ("permission", "permissions!")
    } else {
        ("role", "roles!")
    };
    let length = name.chars().count();
    if length == 0 {
        Some(format!("a {kind} needs a name; this one is empty"))
    } else if length > LONGEST {
        Some(format!(
            "the name of a {kind} written as a string has at most {LONGEST} characters, this one has {length}: \
             declare it with `{macro_name}` instead"
        ))
    } else if name.chars().any(char::is_control) {
        Some(format!("the name of a {kind} has no control characters"))
    } else if name.trim() != name {
        Some(format!("the name of a {kind} does not begin or end with a space"))
    } else if permission && name.contains(',') {
        Some("the name of a permission has no comma: write each permission as a string of its own".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;
    use syn::parse_quote;

    fn rewritten(mut ty: Type) -> (String, Option<String>) {
        let mut names = Names::new(parse_quote!(::rocket_security));
        names.visit_type_mut(&mut ty);
        let error = names.into_error().map(|error| error.to_string());
        (ty.into_token_stream().to_string(), error)
    }

    fn same(ty: Type, expected: TokenStream) {
        let (output, error) = rewritten(ty);
        // Printed tokens differ in the spaces around `>`, which mean nothing.
        assert_eq!(output.replace(' ', ""), expected.to_string().replace(' ', ""));
        assert_eq!(error, None);
    }

    #[test]
    fn one_string_is_one_name() {
        same(
            parse_quote!(guards::HasRole<"ad">),
            quote!(guards::HasRole<::rocket_security::Name<'a', 'd'>>),
        );
        same(
            parse_quote!(HasRole<r#"ü"#>),
            quote!(HasRole<::rocket_security::Name<'ü'>>),
        );
        same(
            parse_quote!(Mine<'a, u8, "b", 7, Out = ()>),
            quote!(Mine<'a, u8, ::rocket_security::Name<'b'>, 7, Out = ()>),
        );
    }

    #[test]
    fn any_of_takes_a_tuple_of_what_it_is_given() {
        same(
            parse_quote!(HasAnyRole<"a">),
            quote!(HasAnyRole<(::rocket_security::Name<'a'>,)>),
        );
        same(
            parse_quote!(HasAnyRole<"a", Editor, "b">),
            quote!(HasAnyRole<(::rocket_security::Name<'a'>, Editor, ::rocket_security::Name<'b'>,)>),
        );
        same(
            parse_quote!(HasAnyPermission<Read, Write>),
            quote!(HasAnyPermission<(Read, Write,)>),
        );
    }

    #[test]
    fn other_lists_collect_two_strings_and_more() {
        same(
            parse_quote!(Team<'a, u8, "a", "b">),
            quote!(Team<'a, u8, (::rocket_security::Name<'a'>, ::rocket_security::Name<'b'>,)>),
        );
    }

    #[test]
    fn nothing_else_is_touched() {
        for ty in [
            parse_quote!(HasRole<Admin>),
            parse_quote!(HasAnyRole<(Admin, Editor)>),
            parse_quote!(HasAnyRole<Staff>),
            parse_quote!(Fresh<15>),
            parse_quote!(Option<&'a str>),
            parse_quote!([u8; 4]),
        ] {
            let ty: Type = ty;
            let before = ty.to_token_stream();
            same(ty, before);
        }
    }

    #[test]
    fn names_that_cannot_be_leave_one_error_and_a_type() {
        let long = "x".repeat(LONGEST + 1);
        let longest = "ü".repeat(LONGEST);
        for (ty, words) in [
            (parse_quote!(HasRole<"">), "is empty"),
            (parse_quote!(HasRole<" admin">), "begin or end with a space"),
            (parse_quote!(HasRole<"a\0b">), "control characters"),
            (
                parse_quote!(HasRole<#long>),
                "at most 48 characters, this one has 49",
            ),
            (parse_quote!(HasPermission<"a,b">), "no comma"),
            (parse_quote!(HasAnyPermission<"a,b">), "no comma"),
            (parse_quote!(HasRole<"a", "b">), "write `HasAnyRole<…>`"),
            (
                parse_quote!(HasPermission<"a", "b">),
                "write `HasAnyPermission<…>`",
            ),
        ] {
            let (output, error) = rewritten(ty);
            let error = error.unwrap_or_default();
            assert!(error.contains(words), "{error}");
            assert!(output.contains(":: Name <"), "{output}");
        }
        assert_eq!(rewritten(parse_quote!(HasRole<#longest>)).1, None);
        assert_eq!(rewritten(parse_quote!(HasRole<"a, b">)).1, None);
    }
}
