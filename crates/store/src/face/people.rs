//! Finding people, asking them, and being friends.

use super::{Store, write};
use crate::backend::read;
use crate::error::Result;
use crate::types::Id;
use std::collections::BTreeMap;
use umbrachat_protocol::{AskedFriend, Block, Friend, FriendRequests, Snapshot, User, UserId};

/// What asking somebody led to.
pub struct Asked {
    pub outcome: AskedFriend,
    /// Whether this call made a new request.
    pub created: bool,
}

impl Store {
    /// # Errors
    /// [`crate::StoreError::NotFound`] where nobody has this (folded) name.
    pub async fn user_by_name(&self, username: &str) -> Result<User> {
        let username = username.to_owned();
        read!(&self.backend, |ops, conn| ops::accounts::by_username(conn, &username).await)
    }

    pub async fn friends(&self, me: UserId) -> Result<Vec<Friend>> {
        read!(&self.backend, |ops, conn| ops::friendships::friends(conn, me.into()).await)
    }

    pub async fn friend_requests(&self, me: UserId) -> Result<FriendRequests> {
        read!(&self.backend, |ops, conn| ops::friendships::requests(conn, me.into()).await)
    }

    /// Asks the person with this (folded) name, or accepts where they had asked already.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`]; [`crate::Refusal::Invalid`] for one's own name.
    pub async fn ask_friend(&self, me: UserId, username: String) -> Result<Asked> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::friendships::ask(conn, me.into(), &username, now).await)
    }

    /// # Errors
    /// [`crate::StoreError::NotFound`] where this person has not asked.
    pub async fn accept_friend(&self, me: UserId, other: UserId) -> Result<Friend> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::friendships::accept(conn, me.into(), other.into(), now).await)
    }

    /// Declines an incoming request, takes back an outgoing one; nothing where there is none.
    pub async fn remove_friend_request(&self, me: UserId, other: UserId) -> Result<()> {
        write!(self, |ops, conn| Ok((
            (),
            ops::friendships::remove_request(conn, me.into(), other.into()).await?
        )))
    }

    /// Ends a friendship; nothing where there is none.
    pub async fn unfriend(&self, me: UserId, other: UserId) -> Result<()> {
        write!(self, |ops, conn| Ok(((), ops::friendships::unfriend(conn, me.into(), other.into()).await?)))
    }

    pub async fn blocks(&self, me: UserId) -> Result<Vec<Block>> {
        read!(&self.backend, |ops, conn| ops::blocks::all(conn, me.into()).await)
    }

    /// # Errors
    /// [`crate::StoreError::NotFound`]; [`crate::Refusal::Invalid`] for oneself.
    pub async fn block(&self, me: UserId, other: UserId) -> Result<Block> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::blocks::put(conn, me.into(), other.into(), now).await)
    }

    /// Nothing where there is no block.
    pub async fn unblock(&self, me: UserId, other: UserId) -> Result<()> {
        write!(self, |ops, conn| Ok(((), ops::blocks::remove(conn, me.into(), other.into()).await?)))
    }

    /// For each of these people, how many transactions have had something to tell them outside of their conversations.
    /// Whoever knows a lower number has missed something.
    pub async fn versions(&self, users: &[UserId]) -> Result<BTreeMap<UserId, i64>> {
        let ids: Vec<Id> = users.iter().copied().map(Id::from).collect();
        let found = read!(&self.backend, |ops, conn| ops::versions::of(conn, &ids).await)?;
        let mut versions: BTreeMap<UserId, i64> = users.iter().map(|user| (*user, 0)).collect();
        versions.extend(found.into_iter().map(|(user, version)| (UserId::from(user), version)));
        Ok(versions)
    }

    /// The same for one person.
    pub async fn version(&self, user: UserId) -> Result<i64> {
        Ok(self.versions(&[user]).await?.remove(&user).unwrap_or_default())
    }

    /// Everything that a client needs to begin.
    pub async fn snapshot(&self, me: UserId) -> Result<Snapshot> {
        let now = self.clock.now();
        // Before anything else is read: an older epoch beside newer rows is noticed, the other way round is not.
        let epoch = self.epoch();
        let snapshot = read!(&self.backend, |ops, conn| ops::snapshot::of(conn, me.into(), now).await)?;
        Ok(Snapshot { epoch, ..snapshot })
    }
}
