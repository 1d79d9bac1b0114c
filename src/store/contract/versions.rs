//! What a store says of itself.

use super::Store;
use super::verdict::{Fault, Verdict};
use crate::store::check_versions;

pub(super) async fn the_store_answers_and_knows_its_contract(store: &Store) -> Verdict {
    store.ping().await?;
    check_versions(store.as_ref())
        .map_err(|error| Fault::new("the versions of this rocket_security", error.to_string()))
}
