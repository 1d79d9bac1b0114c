//! The English texts that are compiled in, and which arguments each may name.

/// What the library says: one text for each [`Message`](super::Message).
pub(super) const MESSAGES: &str = include_str!("../../locales/en/messages.ftl");
/// What the pages say.
pub(super) const UI: &str = include_str!("../../locales/en/ui.ftl");

/// A text of one of our own files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub id: &'static str,
    /// What it names, each once, in the order of their names.
    pub args: Vec<&'static str>,
}

/// The texts of `source`, read line by line: our own files hold nothing but comments and plain messages.
pub(super) fn entries(source: &'static str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" =")
            && !line.starts_with(' ')
        {
            entries.push(Entry { id, args: Vec::new() });
        }
        if let Some(entry) = entries.last_mut() {
            for name in variables(line) {
                if !entry.args.contains(&name) {
                    entry.args.push(name);
                }
            }
            entry.args.sort_unstable();
        }
    }
    entries
}

fn variables(line: &'static str) -> impl Iterator<Item = &'static str> {
    line.split('$').skip(1).map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::text::Message;

    #[test]
    fn entries_are_read_with_their_arguments() {
        let source = "# $not\na = A { $b } { $b }\n\nc-d = { $n ->\n    [one] x\n   *[other] { $m }\n}\n";
        let entry = |id, args: &[&'static str]| Entry {
            id,
            args: args.to_vec(),
        };
        assert_eq!(entries(source), [entry("a", &["b"]), entry("c-d", &["m", "n"])]);
    }

    #[test]
    fn each_message_has_one_text_that_names_exactly_its_arguments() {
        let entries = entries(MESSAGES);
        let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), entries.len(), "an id stands twice");
        let keys: BTreeSet<&str> = Message::ALL.iter().map(|message| message.key()).collect();
        assert_eq!(ids, keys);
        for entry in entries {
            let message = Message::from_key(entry.id).unwrap();
            let mut args: Vec<&str> = message.args().to_vec();
            if args.contains(&"seconds") {
                args.push("minutes");
            }
            args.sort_unstable();
            assert_eq!(entry.args, args, "{}", entry.id);
        }
    }

    #[test]
    fn each_text_of_the_pages_stands_once_and_is_no_message() {
        let entries = entries(UI);
        let ids: BTreeSet<&str> = entries.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), entries.len(), "an id stands twice");
        assert!(
            ids.iter()
                .all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')),
            "{ids:?}"
        );
    }
}
