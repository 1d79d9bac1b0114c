use crate::model::Timestamp;

/// The failures of one account or address, and until when the next try has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    /// Tries since the last success.
    pub failures: i32,
    /// No try is served before this moment.
    pub blocked_until: Timestamp,
    /// After this moment the row means nothing and may be swept.
    pub expires_at: Timestamp,
}

/// A row that is to change, if it still is as expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CounterSwap {
    /// Whose row.
    pub key: CounterKey,
    /// What it has to be; `None`: there must be no row.
    pub expected: Option<Counter>,
    /// What it becomes; `None`: the row goes.
    pub new: Option<Counter>,
}

/// The keyed hash of what is counted, so that the table names nobody.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey(pub(crate) [u8; 32]);

impl CounterKey {
    /// A key as read from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        CounterKey(bytes)
    }

    /// The 32 bytes as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}
