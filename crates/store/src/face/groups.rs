//! Groups and their members.

use super::{Store, write};
use crate::error::Result;
use umbrachat_protocol::{
    Conversation, ConversationId, FieldError, Member, NewGroup, Role, UpdateGroup, UserId, limits, text,
};

impl Store {
    /// # Errors
    /// [`crate::Refusal::Invalid`] for the title or too many members; [`crate::Refusal::NotFriends`].
    pub async fn create_group(&self, me: UserId, mut group: NewGroup) -> Result<Conversation> {
        group.title = title(&group.title)?;
        let clock = self.clock.clone();
        write!(self, |ops, conn| ops::groups::create(conn, &clock, me.into(), group).await)
    }

    /// # Errors
    /// [`crate::Refusal::Invalid`], [`crate::StoreError::NotFound`], [`crate::Refusal::Forbidden`].
    pub async fn update_group(
        &self,
        me: UserId,
        id: ConversationId,
        mut update: UpdateGroup,
    ) -> Result<Conversation> {
        update.title = update.title.as_deref().map(title).transpose()?;
        let clock = self.clock.clone();
        write!(self, |ops, conn| ops::groups::update(conn, &clock, me.into(), id, update).await)
    }

    /// Ends a group for everybody, with everything that was said in it.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`], [`crate::Refusal::Forbidden`].
    pub async fn delete_group(&self, me: UserId, id: ConversationId) -> Result<()> {
        let now = self.clock.now();
        write!(self, |ops, conn| Ok(((), ops::groups::delete(conn, me.into(), id, now).await?)))
    }

    /// Adds a friend, or changes a member's role; whether they are new.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`], [`crate::Refusal::Forbidden`], [`crate::Refusal::NotFriends`],
    /// [`crate::Refusal::Invalid`], [`crate::Refusal::Conflict`].
    pub async fn put_member(
        &self,
        me: UserId,
        id: ConversationId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<(Member, bool)> {
        let clock = self.clock.clone();
        write!(self, |ops, conn| ops::members::put(conn, &clock, me.into(), id, user.into(), role).await)
    }

    /// Removes a member, or leaves; nothing for somebody who is no member.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`], [`crate::Refusal::Forbidden`].
    pub async fn remove_member(&self, me: UserId, id: ConversationId, user: UserId) -> Result<()> {
        let clock = self.clock.clone();
        write!(self, |ops, conn| {
            Ok(((), ops::members::remove(conn, &clock, me.into(), id, user.into()).await?))
        })
    }

    /// Makes another member the owner.
    ///
    /// # Errors
    /// [`crate::StoreError::NotFound`], [`crate::Refusal::Forbidden`], [`crate::Refusal::Invalid`].
    pub async fn hand_over(&self, me: UserId, id: ConversationId, user: UserId) -> Result<Member> {
        let clock = self.clock.clone();
        write!(self, |ops, conn| ops::members::hand_over(conn, &clock, me.into(), id, user.into()).await)
    }
}

fn title(text: &str) -> Result<String, FieldError> {
    text::name("title", text, limits::TITLE_MAX)
}
