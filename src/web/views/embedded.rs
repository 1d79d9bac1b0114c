//! Our own templates, compiled in.

macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        /// Each by its name, such as `security/login.html.j2`.
        pub(super) const TEMPLATES: &[(&str, &str)] = &[
            $((
                concat!("security/", $name),
                include_str!(concat!("../../../templates/security/", $name)),
            )),+
        ];
    };
}

templates! {
    "_forms.html.j2",
    "_icons.html.j2",
    "_style.css.j2",
    "api_keys.html.j2",
    "base.html.j2",
    "error.html.j2",
    "login.html.j2",
    "logout.html.j2",
    "refresh_token.html.j2",
    "register.html.j2",
    "verify.html.j2",
}

/// The source of one.
pub(super) fn source(name: &str) -> Option<&'static str> {
    TEMPLATES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, source)| *source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/security");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = format!("security/{}", entry.unwrap().file_name().into_string().unwrap());
            assert!(source(&name).is_some(), "{name}");
        }
    }
}
