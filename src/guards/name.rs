//! Roles and permissions as types: markers of the application's, and strings.
//!
//! Stable Rust takes no string as a generic argument. It takes characters, so a string becomes the type
//! [`Name<'a', 'd', 'm', 'i', 'n'>`](Name), which `#[guards]` writes. The text is put together by the compiler.

/// A role as a type: what [`HasRole`](crate::HasRole) asks for.
///
/// [`roles!`](crate::roles) implements it for markers; a string under [`#[guards]`](macro@crate::guards) needs
/// nothing at all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role",
    label = "not a role",
    note = "declare it: `rocket_security::roles! {{ pub Admin = \"admin\" }}`",
    note = "or write its name, `HasRole<\"admin\">`, and put `#[rocket_security::guards]` above the handler or its `mod`"
)]
pub trait RoleName: 'static {
    /// The name in the table of roles.
    const NAME: &'static str;
}

/// A permission as a type: what [`HasPermission`](crate::HasPermission) asks for.
///
/// [`permissions!`](crate::permissions) implements it for markers; a string under
/// [`#[guards]`](macro@crate::guards) needs nothing at all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission",
    label = "not a permission",
    note = "declare it: `rocket_security::permissions! {{ pub EditPages = \"edit-pages\" }}`",
    note = "or write its name, `HasPermission<\"edit-pages\">`, and put `#[rocket_security::guards]` above the handler or its `mod`"
)]
pub trait PermissionName: 'static {
    /// The name as the roles hold it.
    const NAME: &'static str;
}

/// What the column of the table holds.
const ROLE_LENGTH: usize = 80;

/// Permissions share one column; the limit only stops what must be a mistake.
const PERMISSION_LENGTH: usize = 255;

/// What `roles!` and `permissions!` check. It is here because this type is hidden and reachable already.
///
/// These run in constants only: they stop the compilation, never the program, and blame the macro's caller.
impl Name {
    /// The name of a role.
    #[track_caller]
    pub const fn check_role(name: &str) {
        if let Some(fault) = fault(name, ROLE_LENGTH, false) {
            // In a constant: it stops the compiler, never a server.
            #[allow(clippy::panic)]
            {
                panic!("{}", fault)
            }
        }
    }

    /// The name of a permission.
    #[track_caller]
    pub const fn check_permission(name: &str) {
        if let Some(fault) = fault(name, PERMISSION_LENGTH, true) {
            // In a constant: it stops the compiler, never a server.
            #[allow(clippy::panic)]
            {
                panic!("{}", fault)
            }
        }
    }
}

/// What the store would refuse, found before there is a program.
const fn fault(name: &str, longest: usize, permission: bool) -> Option<&'static str> {
    let bytes = name.as_bytes();
    let (mut index, mut length) = (0, 0);
    while index < bytes.len() {
        let byte = bytes[index];
        if byte < 0x20 || byte == 0x7f {
            return Some("this name has a control character");
        }
        if permission && byte == b',' {
            return Some("the name of a permission has no comma");
        }
        // Bytes that only continue a character of UTF-8 do not count.
        if byte & 0xc0 != 0x80 {
            length += 1;
        }
        index += 1;
    }
    if length == 0 {
        return Some("this name is empty");
    }
    if length > longest {
        return Some("this name is too long");
    }
    if bytes[0] == b' ' || bytes[bytes.len() - 1] == b' ' {
        return Some("this name begins or ends with a space");
    }
    None
}

/// The bytes of a name, in UTF-8, with room to spare.
struct Encoded<const ROOM: usize> {
    bytes: [u8; ROOM],
    length: usize,
}

impl<const ROOM: usize> Encoded<ROOM> {
    /// The characters before the first NUL, which is what the parameters default to.
    const fn of(chars: &[char]) -> Self {
        let mut bytes = [0; ROOM];
        let (mut index, mut length) = (0, 0);
        while index < chars.len() && chars[index] != '\0' {
            let mut room = [0; 4];
            let encoded = chars[index].encode_utf8(&mut room).as_bytes();
            let mut byte = 0;
            while byte < encoded.len() {
                bytes[length] = encoded[byte];
                length += 1;
                byte += 1;
            }
            index += 1;
        }
        Encoded { bytes, length }
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            // Characters always encode to UTF-8.
            Err(_) => "",
        }
    }
}

macro_rules! name {
    ($longest:literal: $($C:ident)*) => {
        /// A name of up to 48 characters as a type; written by `#[guards]`, not by hand.
        #[doc(hidden)]
        pub struct Name<$(const $C: char = '\0'),*>;

        impl<$(const $C: char),*> Name<$($C),*> {
            const ENCODED: &'static Encoded<{ 4 * $longest }> = &Encoded::of(&[$($C),*]);
        }

        // Without these attributes each message of the compiler would list 48 constants.
        #[diagnostic::do_not_recommend]
        impl<$(const $C: char),*> RoleName for Name<$($C),*> {
            const NAME: &'static str = Self::ENCODED.text();
        }

        #[diagnostic::do_not_recommend]
        impl<$(const $C: char),*> PermissionName for Name<$($C),*> {
            const NAME: &'static str = Self::ENCODED.text();
        }
    };
}

name! { 48:
    C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23
    C24 C25 C26 C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role<R: RoleName>() -> &'static str {
        R::NAME
    }

    fn permission<P: PermissionName>() -> &'static str {
        P::NAME
    }

    #[test]
    fn a_string_is_a_role_and_a_permission() {
        assert_eq!(role::<Name<'a', 'd', 'm', 'i', 'n'>>(), "admin");
        assert_eq!(permission::<Name<'a', 'd', 'm', 'i', 'n'>>(), "admin");
        assert_eq!(role::<Name<'ü', '€', '🦀'>>(), "ü€🦀");
        assert_eq!(role::<Name>(), "");
    }

    #[test]
    fn the_longest_name_of_the_longest_characters_fits() {
        let all = ['🦀'; 48];
        assert_eq!(Encoded::<192>::of(&all).text(), "🦀".repeat(48));
    }

    #[test]
    fn names_that_the_store_would_refuse_do_not_compile() {
        for bad in ["", " a", "a ", "a\nb", "a\0", &"x".repeat(81)] {
            assert!(fault(bad, ROLE_LENGTH, false).is_some(), "{bad:?}");
        }
        assert!(fault("a,b", PERMISSION_LENGTH, true).is_some());
        for good in ["a", "a b", "a,b", &"ü".repeat(80)] {
            assert_eq!(fault(good, ROLE_LENGTH, false), None, "{good:?}");
        }
    }
}
