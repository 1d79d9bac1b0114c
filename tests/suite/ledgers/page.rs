//! Markdown, as far as the generated pages need it.

/// A page under way.
pub(super) struct Page(String);

impl Page {
    /// Begins with a heading and says where the page comes from.
    pub(super) fn new(title: &str, source: &str) -> Self {
        Page(format!(
            "# {title}\n\n<!-- Generated from {source} by `UPDATE_DOCS=1 cargo test --test suite ledgers`. Do not edit. -->\n"
        ))
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.0.push_str(&format!("\n## {text}\n"));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.0.push_str(&format!("\n{text}\n"));
    }

    pub(super) fn table<const N: usize>(
        &mut self,
        head: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        self.0.push('\n');
        self.line(&head.map(str::to_owned));
        self.line(&[const { "---" }; N].map(str::to_owned));
        for row in rows {
            self.line(&row);
        }
    }

    fn line(&mut self, cells: &[String]) {
        for cell in cells {
            self.0.push_str("| ");
            self.0.push_str(&cell.replace('|', "\\|"));
            self.0.push(' ');
        }
        self.0.push_str("|\n");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Code, unless there is nothing to show.
pub(super) fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}
