//! Conversations, messages, marks and changes.

use super::{Store, write};
use crate::backend::read;
use crate::change::Change;
use crate::error::{Result, StoreError};
use crate::types::Id;
use crate::write::{MarkWrite, Outcome, SendWrite, SentMessage, Write};
use tokio::sync::oneshot;
use umbrachat_protocol::{
    Changes, Conversation, ConversationId, FieldError, Member, Message, MessagePage, NewMessage, Preferences,
    Rev, Seq, UpdatePreferences, UserId, limits, text,
};

/// A direct conversation, and whether this call made it.
pub struct Opened {
    pub conversation: Conversation,
    pub created: bool,
}

impl Store {
    pub async fn conversations(&self, me: UserId) -> Result<Vec<Conversation>> {
        read!(&self.backend, |ops, conn| ops::conversations::all(conn, me.into()).await)
    }

    /// The ids alone, each with the oldest message that this person may read: to follow them before anything else is read.
    pub async fn conversation_ids(&self, me: UserId) -> Result<Vec<(ConversationId, Seq)>> {
        read!(&self.backend, |ops, conn| ops::conversations::ids(conn, me.into()).await)
    }

    /// The newest rev of each of these conversations, whoever may see them; one that has been deleted is left out.
    pub async fn heads(&self, ids: &[ConversationId]) -> Result<Vec<(ConversationId, Rev)>> {
        let ids: Vec<Id> = ids.iter().copied().map(Id::from).collect();
        read!(&self.backend, |ops, conn| ops::conversations::heads(conn, &ids).await)
    }

    /// # Errors
    /// [`StoreError::NotFound`] where it is not this person's.
    pub async fn conversation(&self, me: UserId, id: ConversationId) -> Result<Conversation> {
        read!(&self.backend, |ops, conn| ops::conversations::one(conn, me.into(), id).await)
    }

    /// The direct conversation with a friend, made where there is none.
    ///
    /// # Errors
    /// [`crate::Refusal::NotFriends`]; [`StoreError::NotFound`] for a person who does not exist.
    pub async fn open_direct(&self, me: UserId, other: UserId) -> Result<Opened> {
        let (id, now) = (self.new_id(), self.clock.now());
        write!(self, |ops, conn| {
            ops::conversations::open_direct(conn, id, me.into(), other.into(), now).await
        })
    }

    pub async fn members(&self, me: UserId, id: ConversationId) -> Result<Vec<Member>> {
        read!(&self.backend, |ops, conn| ops::conversations::members(conn, me.into(), id, false).await)
    }

    /// The same, with those who have left.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not this person's.
    pub async fn members_and_former(&self, me: UserId, id: ConversationId) -> Result<Vec<Member>> {
        read!(&self.backend, |ops, conn| ops::conversations::members(conn, me.into(), id, true).await)
    }

    /// One page of history, oldest first; see `GET /conversations/{id}/messages`.
    pub async fn messages(
        &self,
        me: UserId,
        id: ConversationId,
        before: Option<Seq>,
        after: Option<Seq>,
        limit: i64,
    ) -> Result<MessagePage> {
        read!(&self.backend, |ops, conn| {
            ops::messages::page(conn, me.into(), id, before, after, limit).await
        })
    }

    /// Everything newer than a rev, oldest rev first.
    pub async fn changes(&self, me: UserId, id: ConversationId, since: Rev, limit: usize) -> Result<Changes> {
        let epoch = self.epoch();
        let changes =
            read!(&self.backend, |ops, conn| ops::changes::since(conn, me.into(), id, since, limit).await)?;
        Ok(Changes { epoch, ..changes })
    }

    /// What those who follow a conversation would have been told since a rev, and the rev that this reaches.
    pub async fn changes_to_publish(
        &self,
        id: ConversationId,
        since: Rev,
        limit: usize,
    ) -> Result<(Rev, Vec<Change>)> {
        read!(&self.backend, |ops, conn| ops::changes::to_publish(conn, id, since, limit).await)
    }

    /// Arranges a conversation for its member: pins, archives or mutes it. What is as it should be changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it is not this person's.
    pub async fn update_preferences(
        &self,
        me: UserId,
        id: ConversationId,
        update: UpdatePreferences,
    ) -> Result<Preferences> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::preferences::update(conn, me.into(), id, update, now).await)
    }

    /// Deleting again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`crate::Refusal::Forbidden`] for somebody else's message.
    pub async fn delete_message(&self, me: UserId, id: ConversationId, seq: Seq) -> Result<Message> {
        let now = self.clock.now();
        write!(self, |ops, conn| ops::messages::delete(conn, me.into(), id, seq, now).await)
    }

    /// Gives a message a new body. The same body changes nothing.
    ///
    /// # Errors
    /// [`crate::Refusal::Invalid`], [`StoreError::NotFound`], [`crate::Refusal::Forbidden`], [`crate::Refusal::Conflict`],
    /// [`crate::Refusal::NotFriends`].
    pub async fn edit_message(
        &self,
        me: UserId,
        id: ConversationId,
        seq: Seq,
        body: String,
    ) -> Result<Message> {
        text::body(&body)?;
        let now = self.clock.now();
        write!(self, |ops, conn| ops::messages::edit(conn, me.into(), id, seq, body, now).await)
    }

    /// Puts an emoji on a message, or takes it away. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`crate::Refusal::Invalid`] for what is not one emoji; otherwise as [`Store::edit_message`].
    pub async fn react(
        &self,
        me: UserId,
        id: ConversationId,
        seq: Seq,
        emoji: &str,
        present: bool,
    ) -> Result<Message> {
        let Some(emoji) = emojis::get(emoji).map(emojis::Emoji::as_str) else {
            return Err(FieldError::new("emoji", "out_of_range", "exactly one emoji").into());
        };
        let now = self.clock.now();
        write!(self, |ops, conn| ops::messages::react(conn, me.into(), id, seq, emoji, present, now).await)
    }

    /// Sends a message and waits until it is durable.
    ///
    /// # Errors
    /// As [`Store::submit_message`], by value.
    pub async fn send_message(
        &self,
        author: UserId,
        id: ConversationId,
        message: NewMessage,
    ) -> Result<SentMessage> {
        let (reply, answer) = oneshot::channel();
        self.submit_message(author, id, message, move |result| {
            // The caller may have gone away; the message is sent all the same.
            let _ = reply.send(result);
        });
        answer.await.unwrap_or_else(|_| Err(closing()))
    }

    /// Puts a message in line and calls back when it is durable or refused. What one caller submits keeps its order.
    /// The callback may run at once and must not block.
    ///
    /// It is told [`crate::Refusal::Invalid`], [`crate::Refusal::NotFriends`], [`StoreError::NotFound`] or
    /// [`StoreError::Unavailable`].
    pub fn submit_message(
        &self,
        author: UserId,
        conversation: ConversationId,
        message: NewMessage,
        reply: impl FnOnce(Result<SentMessage>) + Send + 'static,
    ) {
        let message = match checked(message) {
            Ok(message) => message,
            Err(field) => return reply(Err(field.into())),
        };
        let write = Write::Send(SendWrite { author, conversation, message });
        let answer = |outcome| {
            if let Outcome::Sent(result) = outcome {
                reply(result);
            }
        };
        self.lanes.submit(write, Box::new(answer));
    }

    /// Moves marks forward and waits until that is durable.
    ///
    /// # Errors
    /// As [`Store::submit_marks`].
    pub async fn move_marks(
        &self,
        user: UserId,
        id: ConversationId,
        delivered: Option<Seq>,
        read: Option<Seq>,
    ) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.submit_marks(user, id, delivered, read, move |result| {
            let _ = reply.send(result);
        });
        answer.await.unwrap_or_else(|_| Err(closing()))
    }

    /// Puts marks in line. They only move forward; read implies delivered.
    ///
    /// The callback is told [`crate::Refusal::Invalid`] for a seq that no message has, [`StoreError::NotFound`] or
    /// [`StoreError::Unavailable`].
    pub fn submit_marks(
        &self,
        user: UserId,
        conversation: ConversationId,
        delivered: Option<Seq>,
        read: Option<Seq>,
        reply: impl FnOnce(Result<()>) + Send + 'static,
    ) {
        let write = Write::Mark(MarkWrite { user, conversation, delivered, read });
        let answer = |outcome| {
            if let Outcome::Marked(result) = outcome {
                reply(result);
            }
        };
        self.lanes.submit(write, Box::new(answer));
    }
}

fn checked(mut message: NewMessage) -> Result<NewMessage, FieldError> {
    text::body(&message.body)?;
    if message.mentions.len() > limits::MENTIONS_MAX {
        let detail = format!("at most {} people", limits::MENTIONS_MAX);
        return Err(FieldError::new("mentions", "too_long", detail));
    }
    message.mentions.sort_unstable();
    message.mentions.dedup();
    Ok(message)
}

fn closing() -> StoreError {
    StoreError::Unavailable("the store is closing".to_owned())
}
