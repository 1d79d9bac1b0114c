#![forbid(unsafe_code)]
#![deny(missing_docs)]
//! The attribute macro of `rocket_security`; use it through that crate, which documents it.

mod literal;
mod order;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::visit_mut::VisitMut;
use syn::{Item, Path, Token};

use crate::literal::Names;

/// Lets a role or a permission be written as a string.
#[proc_macro_attribute]
pub fn guards(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let below = order::stands_below_a_route(proc_macro::Span::call_site());
    expand(args.into(), item.into(), &below).into()
}

/// What stands between the parentheses: nothing, or where the library is to be found.
struct Args {
    library: Path,
}

impl Default for Args {
    fn default() -> Self {
        // The definition site is not stable; from the root this path means the same everywhere.
        let name = syn::Ident::new("rocket_security", Span::call_site());
        Args {
            library: Path {
                leading_colon: Some(Default::default()),
                segments: [syn::PathSegment::from(name)].into_iter().collect(),
            },
        }
    }
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Args::default());
        }
        if !input.peek(Token![crate]) {
            return Err(input.error("`#[guards]` takes nothing but `crate = path::of::rocket_security`"));
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let library = input.call(Path::parse_mod_style)?;
        input.parse::<Option<Token![,]>>()?;
        if !input.is_empty() {
            return Err(input.error("`#[guards]` takes nothing after the path"));
        }
        Ok(Args { library })
    }
}

fn expand(args: TokenStream, item: TokenStream, below_a_route: &dyn Fn() -> bool) -> TokenStream {
    // Whatever is wrong, the item goes out too: else one mistake becomes a list of names that are not found.
    let (args, bad_args) = match syn::parse2::<Args>(args) {
        Ok(args) => (args, None),
        Err(error) => (Args::default(), Some(error.into_compile_error())),
    };
    let mut parsed = match syn::parse2::<Item>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };

    let mut names = Names::new(args.library);
    if let Item::Fn(function) = &mut parsed {
        names.visit_signature_mut(&mut function.sig);
        if names.found() && !order::is_route(&function.attrs) && below_a_route() {
            names.refuse(
                function.sig.ident.span(),
                "`#[guards]` stands below the attribute of the route, which has copied the strings already: \
                 write `#[guards]` first, above it",
            );
        }
    }
    // What the first visit has replaced holds no string any more, so that a second one does no harm.
    names.visit_item_mut(&mut parsed);
    let bad_names = names.into_error().map(syn::Error::into_compile_error);
    let parsed = parsed.into_token_stream();
    quote!(#bad_args #bad_names #parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(args: TokenStream, item: TokenStream) -> String {
        expand(args, item, &|| false).to_string()
    }

    // Printed tokens differ in the spaces around `>`, which mean nothing.
    fn flat(tokens: impl ToString) -> String {
        tokens.to_string().replace(' ', "")
    }

    fn same(item: TokenStream, expected: TokenStream) {
        assert_eq!(flat(expanded(quote!(), item)), flat(expected));
    }

    #[test]
    fn handlers_with_their_attributes_and_bodies() {
        same(
            quote! {
                #[get("/")]
                async fn admin(user: Option<HasRole<"ab">>) -> Result<(), Denied<"c">> {
                    let other = req.guard::<HasRole<"d">>().await;
                    "text"
                }
            },
            quote! {
                #[get("/")]
                async fn admin(user: Option<HasRole<::rocket_security::Name<'a', 'b'>>>)
                    -> Result<(), Denied<::rocket_security::Name<'c'>>>
                {
                    let other = req.guard::<HasRole<::rocket_security::Name<'d'>>>().await;
                    "text"
                }
            },
        );
    }

    #[test]
    fn modules_aliases_structs_and_impls() {
        same(
            quote! {
                mod area {
                    type Staff = HasRole<"a">;
                    struct Desk { staff: HasRole<"b"> }
                    impl From<HasRole<"c">> for Desk { fn from(staff: HasRole<"c">) -> Desk { make() } }
                }
            },
            quote! {
                mod area {
                    type Staff = HasRole<::rocket_security::Name<'a'>>;
                    struct Desk { staff: HasRole<::rocket_security::Name<'b'>> }
                    impl From<HasRole<::rocket_security::Name<'c'>>> for Desk {
                        fn from(staff: HasRole<::rocket_security::Name<'c'>>) -> Desk { make() }
                    }
                }
            },
        );
    }

    #[test]
    fn the_library_under_another_name() {
        let output = expanded(
            quote!(crate = my::accounts),
            quote!(
                type A = HasRole<"a">;
            ),
        );
        assert_eq!(
            flat(output),
            flat(quote!(
                type A = HasRole<my::accounts::Name<'a'>>;
            ))
        );
    }

    #[test]
    fn unknown_arguments_are_refused_and_the_item_stays() {
        for args in [quote!(role = "x"), quote!(crate), quote!(crate = a::b, more)] {
            let output = expanded(
                args,
                quote!(
                    type A = HasRole<"a">;
                ),
            );
            assert!(output.contains("compile_error"), "{output}");
            assert!(output.contains("type A"), "{output}");
        }
    }

    #[test]
    fn below_a_route_it_says_so() {
        let route = quote!(
            fn admin(_role: HasRole<"admin">) {}
        );
        let output = expand(quote!(), route, &|| true).to_string();
        assert!(output.contains("write `#[guards]` first"), "{output}");

        let in_order = quote!(
            #[rocket::get("/")]
            fn admin(_role: HasRole<"admin">) {}
        );
        let without_strings = quote!(
            fn admin(_role: HasRole<Admin>) {}
        );
        for fine in [in_order, without_strings] {
            let output = expand(quote!(), fine, &|| true).to_string();
            assert!(!output.contains("compile_error"), "{output}");
        }
    }
}
