//! What a store owes of passwords.

use super::verdict::{Verdict, equal, hold};
use super::{Store, is_alive, later, row_of, signed_in, somebody};
use crate::crypto::SealedPassword;

pub(super) async fn a_password_is_replaced_only_if_it_is_the_expected_one(store: &Store) -> Verdict {
    let (user, bystander) = (somebody(store).await?, somebody(store).await?);
    let old = super::verdict::there("the password", user.password.clone())?;
    let new = SealedPassword::from_stored("v1.key.new".to_owned());
    let newer = SealedPassword::from_stored("v1.key.newer".to_owned());
    let session = signed_in(store, &user).await?;
    let replaced = store.replace_password(user.id, &old, &new, later(1)).await?;
    equal("the expected one", replaced, true)?;
    let replaced = store.replace_password(user.id, &old, &newer, later(2)).await?;
    equal("one that was replaced before", replaced, false)?;
    // As exact as the comparison of a hash has to be.
    let upper = SealedPassword::from_stored("V1.KEY.NEW".to_owned());
    let replaced = store.replace_password(user.id, &upper, &newer, later(2)).await?;
    equal("one that differs in case", replaced, false)?;
    let replaced = store.replace_password(-1, &new, &newer, later(2)).await?;
    equal("a user who is not there", replaced, false)?;
    let now = row_of(store, &user).await?;
    hold(
        now.password == Some(new),
        "the password is the one that replaced it",
    )?;
    equal("updated_at", now.updated_at, later(1))?;
    let theirs = row_of(store, &bystander).await?;
    hold(
        theirs.password == bystander.password,
        "somebody else's password is as it was",
    )?;
    hold(
        is_alive(store, session.hash).await?,
        "a raised cost signs nobody out",
    )
}
