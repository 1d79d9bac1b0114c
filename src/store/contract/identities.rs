//! What a store owes of telephone numbers, the application's own identities and its registration fields.

use super::verdict::{Fault, Verdict, conflict, equal, hold, refused, there};
use super::{NOW, Store, later, new_user, row_of, somebody, unique};
use crate::model::{FIELDS_MAX, OwnIdentity, User};
use crate::store::Identity;

pub(super) fn number() -> String {
    format!("+49{:012}", unique() % 1_000_000_000_000)
}

pub(super) fn staff(number: &str) -> OwnIdentity {
    OwnIdentity {
        attribute: "staff".to_owned(),
        value: format!("No. {number}"),
        key: number.to_owned(),
    }
}

async fn found(store: &Store, by: Identity<'_>, key: &str) -> Verdict<Option<User>> {
    Ok(store.user_by(by, key).await?)
}

pub(super) async fn a_user_is_found_by_each_identity(store: &Store) -> Verdict {
    let (phone, number) = (number(), format!("st{}", unique()));
    let mut new = new_user(&format!("many{}", unique()));
    new.phone = Some(phone.clone());
    new.identities = vec![staff(&number)];
    let made = store.create_user(new).await?;
    equal("the number of the new user", made.phone.as_ref(), Some(&phone))?;
    for (by, key) in [(Identity::Phone, &phone), (Identity::Own("staff"), &number)] {
        let user = there(&format!("the user by {by:?}"), found(store, by, key).await?)?;
        equal("his id", user.id, made.id)?;
        equal("his number", user.phone.as_ref(), Some(&phone))?;
    }
    equal(
        "his identities",
        store.identities_of(made.id).await?,
        [staff(&number)],
    )?;
    for (by, key) in [
        (Identity::Phone, format!("{phone} ")),
        (Identity::Phone, phone[1..].to_owned()),
        (Identity::Phone, String::new()),
        (Identity::Own("staff"), format!("{number} ")),
        (Identity::Own("staff"), number.to_uppercase()),
        (Identity::Own("staff "), number.clone()),
        (Identity::Own("STAFF"), number.clone()),
        (Identity::Own("other"), number.clone()),
        (Identity::Own("sta\0ff"), number.clone()),
        (Identity::Own("staff"), format!("{number}\0")),
        (Identity::Username, number.clone()),
        (Identity::Email, phone.clone()),
    ] {
        if found(store, by, &key).await?.is_some() {
            return Err(Fault::new(
                format!("nobody by {by:?} {key:?}"),
                "somebody whose key is another",
            ));
        }
    }
    Ok(())
}

pub(super) async fn an_identity_belongs_to_one(store: &Store) -> Verdict {
    let (phone, number) = (number(), format!("st{}", unique()));
    let (first, second) = (somebody(store).await?, somebody(store).await?);
    store.set_phone(first.id, Some(&phone), later(1)).await?;
    store.set_identity(first.id, &staff(&number)).await?;

    let taken = store.set_phone(second.id, Some(&phone), later(1)).await;
    conflict("somebody else's number", taken, "phone")?;
    let taken = store.set_identity(second.id, &staff(&number)).await;
    conflict("somebody else's identity", taken, "identity")?;

    let name = format!("late{}", unique());
    let mut new = new_user(&name);
    new.phone = Some(phone.clone());
    conflict(
        "a new user with that number",
        store.create_user(new).await,
        "phone",
    )?;
    let mut new = new_user(&name);
    new.identities = vec![staff(&number)];
    conflict(
        "a new user with that identity",
        store.create_user(new).await,
        "identity",
    )?;
    let mut new = new_user(&name);
    new.identities = vec![staff(&format!("{number}a")), staff(&format!("{number}b"))];
    conflict(
        "a new user with one attribute twice",
        store.create_user(new).await,
        "identity",
    )?;
    let refused = found(store, Identity::Email, &format!("{name}@example.org")).await?;
    hold(refused.is_none(), "of a refused user nothing is kept")?;
    let half = found(store, Identity::Own("staff"), &format!("{number}a")).await?;
    hold(half.is_none(), "of his identities nothing is kept either")?;
    let still = found(store, Identity::Own("staff"), &number).await?;
    equal("whose identity it is", still.map(|user| user.id), Some(first.id))?;

    // The same value of another attribute is another identity.
    let mut badge = staff(&number);
    badge.attribute = "badge".to_owned();
    store.set_identity(second.id, &badge).await?;
    let nobody = store.set_identity(-1, &staff(&format!("st{}", unique()))).await;
    conflict("an identity for nobody", nobody, "user_id")?;
    equal(
        "a number for nobody",
        store.set_phone(-1, None, NOW).await?,
        false,
    )
}

pub(super) async fn an_identity_comes_and_goes(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let (old, new) = (format!("st{}", unique()), format!("st{}", unique()));
    // To set what is there already is no conflict with oneself.
    for _ in 0..2 {
        store.set_identity(user.id, &staff(&old)).await?;
    }
    let by_old = async || found(store, Identity::Own("staff"), &old).await;
    let by_new = async || found(store, Identity::Own("staff"), &new).await;
    let mut badge = staff(&old);
    badge.attribute = "badge".to_owned();
    store.set_identity(user.id, &badge).await?;
    store.set_identity(user.id, &staff(&new)).await?;
    hold(by_old().await?.is_none(), "the one that was replaced is gone")?;
    hold(by_new().await?.is_some(), "the one that replaced it is there")?;
    equal(
        "his identities, by attribute",
        store.identities_of(user.id).await?,
        [badge, staff(&new)],
    )?;

    // What somebody else has replaces nothing.
    let other = somebody(store).await?;
    store.set_identity(other.id, &staff(&old)).await?;
    let taken = store.set_identity(user.id, &staff(&old)).await;
    conflict("somebody else's identity", taken, "identity")?;
    hold(
        by_new().await?.is_some(),
        "who is refused another identity keeps his own",
    )?;

    let removed = store.remove_identity(user.id, "staff").await?;
    equal("an identity removed", removed, true)?;
    let removed = store.remove_identity(user.id, "staff").await?;
    equal("the same removed again", removed, false)?;
    hold(by_new().await?.is_none(), "the one that was removed is gone")?;

    // Whoever has it next may take it, and takes it along.
    store.set_identity(other.id, &staff(&new)).await?;
    store.delete_user(other.id).await?;
    hold(
        by_new().await?.is_none(),
        "a deleted user's identities are gone with him",
    )?;
    equal(
        "the identities of a deleted user",
        store.identities_of(other.id).await?,
        vec![],
    )
}

pub(super) async fn a_number_comes_and_goes(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    let phone = number();
    for at in [1, 2] {
        let set = store.set_phone(user.id, Some(&phone), later(at)).await?;
        equal("a user who is there", set, true)?;
    }
    let now = row_of(store, &user).await?;
    equal("his number", now.phone.as_ref(), Some(&phone))?;
    equal("updated_at", now.updated_at, later(2))?;
    let set = store.set_phone(user.id, None, later(3)).await?;
    equal("removing it", set, true)?;
    let by_phone = async || found(store, Identity::Phone, &phone).await;
    hold(by_phone().await?.is_none(), "the number is nobody's")?;
    // Whoever has it next may take it.
    let next = somebody(store).await?;
    store.set_phone(next.id, Some(&phone), later(3)).await?;
    equal(
        "whose number it is",
        by_phone().await?.map(|user| user.id),
        Some(next.id),
    )
}

pub(super) async fn an_identity_that_does_not_fit_is_refused(store: &Store) -> Verdict {
    let user = somebody(store).await?;
    for bad in [
        "",
        "+",
        "4930",
        "+49 30",
        "+1234567890123456",
        "+12a",
        "+\u{0661}\u{0662}",
    ] {
        let set = store.set_phone(user.id, Some(bad), later(4)).await;
        refused(&format!("the number {bad:?}"), set)?;
    }
    for (attribute, key) in [("", "x"), ("staff", ""), ("st\0aff", "x"), ("staff", "x\0")] {
        let mut identity = staff(key);
        identity.attribute = attribute.to_owned();
        let set = store.set_identity(user.id, &identity).await;
        refused(&format!("{key:?} as {attribute:?}"), set)?;
    }
    Ok(())
}

pub(super) async fn fields_come_back_as_they_were(store: &Store) -> Verdict {
    let fields = r#"{"name":"Zoë \u0000 👩‍🚀","terms":true,"n":[1,2.5,null]}"#;
    let mut new = new_user(&format!("fields{}", unique()));
    new.fields = Some(fields.to_owned());
    let made = store.create_user(new).await?;
    let user = row_of(store, &made).await?;
    equal("the fields", user.fields.as_deref(), Some(fields))?;
    let none = somebody(store).await?;
    equal("no fields", none.fields.as_deref(), None::<&str>)?;

    let widest = format!("\"{}\"", "x".repeat(FIELDS_MAX - 2));
    let mut new = new_user(&format!("fields{}", unique()));
    new.fields = Some(widest.clone());
    let made = store.create_user(new).await?;
    let user = row_of(store, &made).await?;
    hold(user.fields == Some(widest), "fields of 16 KiB come back whole")
}
