//! The steps that build the library's tables, and the reading of their files.
//!
//! They are kept in `migrations/<database>/<step>/{up,down}.sql`, compiled in, and noted in a table of the library's
//! own, so that they do not mix with the application's migrations.

/// One step, for one database.
pub(crate) struct Migration {
    pub(crate) version: &'static str,
    pub(crate) up: &'static str,
    pub(crate) down: &'static str,
}

/// The steps of a database, oldest first, from its folder.
macro_rules! migrations {
    ($database:literal: $($version:literal),+ $(,)?) => {
        &[$($crate::store::migrate::Migration {
            version: $version,
            up: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/migrations/", $database, "/", $version, "/up.sql"
            )),
            down: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/migrations/", $database, "/", $version, "/down.sql"
            )),
        }),+]
    };
}
pub(crate) use migrations;

/// The statements of a file. In ours each ends with a semicolon at the end of a line, and a comment has a line of its
/// own; MySQL takes one at a time.
pub(crate) fn statements(file: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut statement = String::new();
    for line in file.lines().filter(|line| !line.trim_start().starts_with("--")) {
        if line.trim().is_empty() && statement.is_empty() {
            continue;
        }
        statement.push_str(line);
        statement.push('\n');
        if line.trim_end().ends_with(';') {
            statements.push(std::mem::take(&mut statement).trim().to_owned());
        }
    }
    if !statement.trim().is_empty() {
        statements.push(statement.trim().to_owned());
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::statements;

    #[test]
    fn a_file_falls_into_its_statements() {
        let file = "-- a comment;\nCREATE TABLE a (\n    b INTEGER\n);\n\nDROP TABLE c;\nDROP TABLE d";
        assert_eq!(
            statements(file),
            [
                "CREATE TABLE a (\n    b INTEGER\n);",
                "DROP TABLE c;",
                "DROP TABLE d"
            ]
        );
        assert!(statements("-- nothing\n\n").is_empty());
    }
}
