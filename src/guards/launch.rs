//! What the guards of roles and permissions check once, at launch.

use std::collections::BTreeSet;

use rocket::{Ignite, Rocket};

use super::{abort_without_fairing, declared_roles};

/// Whether the launch must stop because there is no fairing that could let anybody in.
pub(super) fn stops_without_fairing(rocket: &Rocket<Ignite>, guard: &str, names: &[&str]) -> bool {
    abort_without_fairing(rocket, &written(guard, names))
}

/// The same, or because one of the roles is not among those that the fairing was told of.
pub(super) fn stops_for_roles(rocket: &Rocket<Ignite>, guard: &str, names: &[&str]) -> bool {
    if stops_without_fairing(rocket, guard, names) {
        return true;
    }
    let complaint = declared_roles(rocket).and_then(|declared| undeclared(declared, guard, names));
    // Rocket's own line about a guard that stops the launch shows its type, which nobody can read.
    if let Some(complaint) = &complaint {
        eprintln!("rocket_security: {complaint}");
    }
    complaint.is_some()
}

/// The guard as the application wrote it.
fn written(guard: &str, names: &[&str]) -> String {
    format!("{guard}<{}>", quoted(names.iter().copied()))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What to say of a guard that asks for a role outside `declared`; nothing when it does not.
pub(super) fn undeclared(declared: &BTreeSet<String>, guard: &str, names: &[&str]) -> Option<String> {
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !declared.contains(*name))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let known = match declared.is_empty() {
        true => "no role at all".to_owned(),
        false => quoted(declared.iter().map(String::as_str)),
    };
    Some(format!(
        "{} asks for {}, but SecurityFairing::roles was told of {known}. Correct the name in the guard, or add the \
         role there.",
        written(guard, names),
        quoted(missing.into_iter()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_outside_the_declared_ones_is_named_with_the_mend() {
        let declared = BTreeSet::from(["admin".to_owned(), "editor".to_owned()]);
        assert_eq!(undeclared(&declared, "HasRole", &["admin"]), None);
        assert_eq!(undeclared(&declared, "HasAnyRole", &["editor", "admin"]), None);
        assert_eq!(
            undeclared(&declared, "HasAnyRole", &["admin", "edtor"]).as_deref(),
            Some(
                "HasAnyRole<\"admin\", \"edtor\"> asks for \"edtor\", but SecurityFairing::roles was told of \
                 \"admin\", \"editor\". Correct the name in the guard, or add the role there."
            )
        );
        let nothing = undeclared(&BTreeSet::new(), "HasRole", &["admin"]);
        assert!(nothing.is_some_and(|complaint| complaint.contains("told of no role at all")));
    }
}
