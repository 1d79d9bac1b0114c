//! The store on one kind of connection: how an operation is run, and the traits of accounts, roles and sessions. The others
//! stand with their statements. Included by each backend's module, like `roles.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel_async::{AsyncConnection, TransactionManager};

use super::super::failure::Failure;
use super::super::line::{Answer, Tries, detached};
use super::users::By;
use super::{Conn, Inline, Line, Pool, at_once, begin};
use super::{counters, roles, sessions, users};
use crate::crypto::SealedPassword;
use crate::error::Result;
use crate::model::{
    CounterSwap, Issued, NewUser, OwnIdentity, Role, Session, SessionHash, Timestamp, User, UserId,
};
use crate::store::rules;
use crate::store::{Along, Datastore, Identity, Roles, Sessions, Users};

type Transactions = <Conn as AsyncConnection>::TransactionManager;

/// The datastore on a pool.
pub(super) struct Store {
    pool: Pool,
    pub(super) inline: Inline,
    pub(super) statements: Arc<AtomicU64>,
}

impl Store {
    pub(super) fn new(pool: Pool, inline: Inline) -> Self {
        Store {
            pool,
            inline,
            statements: Arc::default(),
        }
    }

    async fn line(&self) -> Result<Line> {
        Ok(Line::new(self.pool.connection().await?, self.statements.clone()))
    }

    /// Runs what only reads.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        operation: impl for<'a> FnOnce(&'a mut Line) -> Answer<'a, T> + Send + 'static,
    ) -> Result<T> {
        let mut line = self.line().await?;
        at_once(async move {
            let outcome = operation(&mut line).await;
            line.close(outcome)
        })
        .await
    }

    /// Runs what writes with a single statement, or with several of which each may be the last.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        operation: impl for<'a> Fn(&'a mut Line) -> Answer<'a, T> + Send + Sync + 'static,
    ) -> Result<T> {
        let turn = self.pool.writer().await?;
        let mut line = self.line().await?;
        at_once(async move {
            let _turn = turn;
            let mut tries = Tries::new();
            loop {
                match operation(&mut line).await {
                    Err(failure) if tries.may_again(&mut line, &failure).await => {}
                    outcome => return line.close(outcome),
                }
            }
        })
        .await
    }

    /// Runs what must happen as a whole.
    pub(super) async fn transaction<T: Send + 'static>(
        &self,
        operation: impl for<'a> Fn(&'a mut Line) -> Answer<'a, T> + Send + Sync + 'static,
    ) -> Result<T> {
        at_once(self.whole(operation).await?).await
    }

    /// The work of a transaction, ready to be run.
    async fn whole<T: Send + 'static>(
        &self,
        operation: impl for<'a> Fn(&'a mut Line) -> Answer<'a, T> + Send + Sync + 'static,
    ) -> Result<impl Future<Output = Result<T>> + Send + 'static> {
        let turn = self.pool.writer().await?;
        let mut line = self.line().await?;
        Ok(async move {
            let _turn = turn;
            let mut tries = Tries::new();
            loop {
                match whole(&mut line, &operation).await {
                    Err(failure) if tries.may_again(&mut line, &failure).await => {}
                    outcome => return line.close(outcome),
                }
            }
        })
    }
}

async fn whole<T>(
    line: &mut Line,
    operation: &(impl for<'a> Fn(&'a mut Line) -> Answer<'a, T> + Send + Sync),
) -> Result<T, Failure> {
    begin(line.connection()).await?;
    match operation(line).await {
        Ok(value) => {
            Transactions::commit_transaction(line.connection()).await?;
            Ok(value)
        }
        Err(failure) => {
            // When even this fails the pool finds the transaction open and throws the connection away.
            let _ = Transactions::rollback_transaction(line.connection()).await;
            Err(failure)
        }
    }
}

/// In the order in which everybody locks the rows.
pub(super) fn sorted(swaps: &[CounterSwap]) -> Arc<[CounterSwap]> {
    let mut sorted = swaps.to_vec();
    sorted.sort_unstable_by_key(|swap| swap.key);
    sorted.into()
}

/// `false` where a counter was not as expected, which has taken everything else back.
pub(super) fn as_expected(swapped: Result<()>) -> Result<bool> {
    match swapped {
        Ok(()) => Ok(true),
        Err(error) if error.conflict() == Some("counter") => Ok(false),
        Err(error) => Err(error),
    }
}

#[rocket::async_trait]
impl Users for Store {
    fn contract(&self) -> u32 {
        <dyn Users>::CONTRACT
    }

    async fn user(&self, id: UserId) -> Result<Option<User>> {
        self.read(move |line| Box::pin(users::user(line, id))).await
    }

    async fn user_by(&self, attribute: Identity<'_>, key: &str) -> Result<Option<User>> {
        let by = match attribute {
            Identity::Email => By::Email,
            Identity::Username => By::Username,
            Identity::Phone => By::Phone,
            Identity::Uniquifier => By::Uniquifier,
            Identity::Own(attribute) if rules::can_be_stored(attribute) => By::Own(attribute.to_owned()),
            Identity::Own(_) => return Ok(None),
        };
        if !rules::can_be_stored(key) {
            return Ok(None);
        }
        let inline = match attribute {
            Identity::Email => self.inline.user_by_email(key, &self.statements),
            Identity::Uniquifier => self.inline.user_by_uniquifier(key, &self.statements),
            _ => None,
        };
        if let Some(found) = inline {
            return Ok(found);
        }
        let key = key.to_owned();
        self.read(move |line| Box::pin(users::user_by(line, by, key)))
            .await
    }

    async fn create_user(&self, new: NewUser) -> Result<User> {
        rules::check_user(&new)?;
        let new = Arc::new(new);
        self.transaction(move |line| {
            let new = new.clone();
            Box::pin(async move { users::create_user(line, &new).await })
        })
        .await
    }

    async fn create_user_with(&self, new: NewUser, along: Along) -> Result<User> {
        rules::check_user(&new)?;
        let new = Arc::new(new);
        let work = self.whole(move |line| {
            let (new, along) = (new.clone(), along.clone());
            Box::pin(async move {
                let user = users::create_user(line, &new).await?;
                along
                    .run(line.connection(), &user)
                    .await
                    .map_err(Failure::Application)?;
                // An application may overlook that the database gave the transaction up; the commit would not tell.
                match users::user(line, user.id).await? {
                    Some(user) => Ok(user),
                    None => Err(Failure::Application(
                        "the transaction was rolled back, or the user deleted, by the application".into(),
                    )),
                }
            })
        });
        // Not `at_once`: the application's part may want other threads.
        detached(work.await?).await
    }

    async fn replace_password(
        &self,
        id: UserId,
        expected: &SealedPassword,
        new: &SealedPassword,
        now: Timestamp,
    ) -> Result<bool> {
        rules::check_password(new)?;
        let expected = expected.as_stored().to_owned();
        let new = new.as_stored().to_owned();
        self.write(move |line| {
            let (expected, new) = (expected.clone(), new.clone());
            Box::pin(users::replace_password(line, id, expected, new, now))
        })
        .await
    }

    async fn set_phone(&self, id: UserId, phone: Option<&str>, now: Timestamp) -> Result<bool> {
        phone.map_or(Ok(()), rules::check_phone)?;
        let phone = phone.map(str::to_owned);
        self.write(move |line| Box::pin(users::set_phone(line, id, phone.clone(), now)))
            .await
    }

    async fn set_identity(&self, id: UserId, identity: &OwnIdentity) -> Result<()> {
        rules::check_identity(identity)?;
        let identity = identity.clone();
        self.transaction(move |line| Box::pin(users::set_identity(line, id, identity.clone())))
            .await
    }

    async fn remove_identity(&self, id: UserId, attribute: &str) -> Result<bool> {
        if !rules::can_be_stored(attribute) {
            return Ok(false);
        }
        let attribute = attribute.to_owned();
        self.write(move |line| Box::pin(users::remove_identity(line, id, attribute.clone())))
            .await
    }

    async fn identities_of(&self, id: UserId) -> Result<Vec<OwnIdentity>> {
        self.read(move |line| Box::pin(users::identities_of(line, id)))
            .await
    }

    async fn set_active(&self, id: UserId, active: bool, now: Timestamp) -> Result<bool> {
        self.transaction(move |line| Box::pin(users::set_active(line, id, active, now)))
            .await
    }

    async fn set_uniquifier(&self, id: UserId, fs_uniquifier: &str, now: Timestamp) -> Result<bool> {
        rules::check_uniquifier(fs_uniquifier)?;
        let fs_uniquifier = fs_uniquifier.to_owned();
        self.transaction(move |line| Box::pin(users::set_uniquifier(line, id, fs_uniquifier.clone(), now)))
            .await
    }

    async fn delete_user(&self, id: UserId) -> Result<bool> {
        self.transaction(move |line| Box::pin(users::delete_user(line, id)))
            .await
    }
}

#[rocket::async_trait]
impl Roles for Store {
    fn contract(&self) -> u32 {
        <dyn Roles>::CONTRACT
    }

    async fn role(&self, name: &str) -> Result<Option<Role>> {
        if !rules::can_be_stored(name) {
            return Ok(None);
        }
        let name = name.to_owned();
        self.read(move |line| Box::pin(roles::role(line, name))).await
    }

    async fn create_role(&self, name: &str, description: Option<&str>, permissions: &[&str]) -> Result<Role> {
        rules::check_role(name, description)?;
        let permissions = rules::join_permissions(permissions)?;
        let name = name.to_owned();
        let description = description.map(str::to_owned);
        self.transaction(move |line| {
            let (name, description, permissions) = (name.clone(), description.clone(), permissions.clone());
            Box::pin(roles::create_role(line, name, description, permissions))
        })
        .await
    }

    async fn set_permissions(&self, role_id: i64, permissions: &[&str]) -> Result<bool> {
        let permissions = rules::join_permissions(permissions)?;
        self.write(move |line| Box::pin(roles::set_permissions(line, role_id, permissions.clone())))
            .await
    }

    async fn roles_of(&self, user: UserId) -> Result<Vec<Role>> {
        if let Some(roles) = self.inline.roles_of(user, &self.statements) {
            return Ok(roles);
        }
        Box::pin(self.read(move |line| Box::pin(roles::roles_of(line, user)))).await
    }

    async fn add_role_to_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        self.write(move |line| Box::pin(roles::add_role_to_user(line, user, role_id)))
            .await
    }

    async fn remove_role_from_user(&self, user: UserId, role_id: i64) -> Result<bool> {
        self.write(move |line| Box::pin(roles::remove_role_from_user(line, user, role_id)))
            .await
    }
}

#[rocket::async_trait]
impl Sessions for Store {
    fn contract(&self) -> u32 {
        <dyn Sessions>::CONTRACT
    }

    async fn session_with_user(&self, hashes: &[SessionHash]) -> Result<Option<(Session, User)>> {
        if let Some(found) = self.inline.session_with_user(hashes, &self.statements) {
            return Ok(found);
        }
        let hashes = hashes.to_vec();
        // In a box, here and below: the future of a look-up that is answered inline stays small.
        Box::pin(self.read(move |line| Box::pin(sessions::session_with_user(line, hashes)))).await
    }

    async fn create_session(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
    ) -> Result<()> {
        let session = Session::clone(session);
        let replaces = replaces.copied();
        self.transaction(move |line| {
            Box::pin(sessions::create_session(line, session.clone(), replaces, track))
        })
        .await
    }

    async fn renew_session(&self, old: &SessionHash, new: &Issued<Session>) -> Result<bool> {
        let (old, new) = (*old, Session::clone(new));
        self.transaction(move |line| Box::pin(sessions::renew_session(line, old, new.clone())))
            .await
    }

    async fn touch_session(
        &self,
        hash: &SessionHash,
        rehashed: &SessionHash,
        now: Timestamp,
    ) -> Result<bool> {
        let (hash, rehashed) = (*hash, *rehashed);
        if hash == rehashed {
            return self
                .write(move |line| Box::pin(sessions::touch_session(line, hash, now)))
                .await;
        }
        self.transaction(move |line| Box::pin(sessions::rehash_session(line, hash, rehashed, now)))
            .await
    }

    async fn set_grace(&self, hash: &SessionHash, until: Timestamp) -> Result<bool> {
        let hash = *hash;
        self.write(move |line| Box::pin(sessions::set_grace(line, hash, until)))
            .await
    }

    async fn delete_session(&self, hash: &SessionHash) -> Result<bool> {
        let hash = *hash;
        self.write(move |line| Box::pin(sessions::delete_session(line, hash)))
            .await
    }

    async fn delete_sessions_of(&self, user: UserId, except: Option<&SessionHash>) -> Result<usize> {
        let except = except.copied();
        self.transaction(move |line| Box::pin(sessions::delete_sessions_of(line, user, except)))
            .await
    }

    async fn delete_sessions_since(&self, user: UserId, since: Timestamp) -> Result<usize> {
        self.write(move |line| Box::pin(sessions::delete_sessions_since(line, user, since)))
            .await
    }

    async fn sweep_sessions(&self, idle: Timestamp, absolute: Timestamp, limit: i64) -> Result<usize> {
        self.write(move |line| Box::pin(sessions::sweep_sessions(line, idle, absolute, limit)))
            .await
    }
}

#[rocket::async_trait]
impl Datastore for Store {
    async fn ping(&self) -> Result<()> {
        self.read(|line| Box::pin(roles::ping(line))).await
    }

    async fn sign_in(
        &self,
        session: &Issued<Session>,
        replaces: Option<&SessionHash>,
        track: bool,
        forgiven: &[CounterSwap],
    ) -> Result<bool> {
        let (session, swaps) = (Session::clone(session), sorted(forgiven));
        let replaces = replaces.copied();
        let signed_in = self.transaction(move |line| {
            let (session, swaps) = (session.clone(), swaps.clone());
            Box::pin(async move {
                sessions::create_session(line, session, replaces, track).await?;
                counters::swap_counters(line, swaps).await
            })
        });
        as_expected(signed_in.await)
    }

    fn statements(&self) -> Option<u64> {
        Some(self.statements.load(Ordering::Relaxed))
    }
}
