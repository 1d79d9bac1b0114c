//! Messages for the next page: catalogue keys and short arguments in a sealed cookie, never text, so that whoever
//! could plant a cookie still cannot choose what a page says.

use serde::{Deserialize, Serialize};

use crate::text::Message;

/// How many messages wait at most, and how long an argument may be.
const MAX: usize = 8;
const ARG_MAX: usize = 100;

/// A message that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// The message's key.
    #[serde(rename = "k")]
    key: String,
    /// What its text names.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<(String, String)>,
}

impl Flash {
    pub fn new(message: Message, args: &[(&str, &str)]) -> Self {
        let cut = |text: &str| text.chars().take(ARG_MAX).collect::<String>();
        Flash {
            key: message.key().to_owned(),
            args: args
                .iter()
                .take(4)
                .map(|(name, value)| ((*name).to_owned(), cut(value)))
                .collect(),
        }
    }

    pub fn message(&self) -> Option<Message> {
        Message::from_key(&self.key)
    }

    pub fn args(&self) -> Vec<(&str, &str)> {
        self.args
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

/// Adds one; the same message twice is said once, and the oldest makes room.
pub(crate) fn push(flashes: &mut Vec<Flash>, flash: Flash) {
    flashes.retain(|earlier| *earlier != flash);
    if flashes.len() >= MAX {
        flashes.remove(0);
    }
    flashes.push(flash);
}
