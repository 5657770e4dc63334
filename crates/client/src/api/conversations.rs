//! Conversations, their messages, marks and changes.

use crate::{Client, Result};
use reqwest::Method;
use std::fmt::Write;
use umbrachat_protocol::{
    Changes, ClientId, Conversation, ConversationId, EditMessage, Member, Message, MessagePage, NewMessage,
    Preferences, Rev, Seq, UpdatePreferences, UpdateReceipts, UserId, paths,
};
use uuid::Uuid;

/// Which page of a history: the newest unless told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only messages before this one.
    pub before: Option<Seq>,
    /// Only messages after this one, oldest first.
    pub after: Option<Seq>,
    /// 1–200, 50 unless told.
    pub limit: Option<i64>,
}

impl Client {
    /// Newest activity first.
    pub async fn conversations(&self) -> Result<Vec<Conversation>> {
        self.get(paths::CONVERSATIONS).await
    }

    pub async fn conversation(&self, id: ConversationId) -> Result<Conversation> {
        self.get(&paths::conversation(id)).await
    }

    /// The conversation with a friend, made where there is none yet.
    pub async fn direct(&self, friend: UserId) -> Result<Conversation> {
        self.put(&paths::direct(friend)).await
    }

    pub async fn members(&self, id: ConversationId) -> Result<Vec<Member>> {
        self.get(&paths::members(id)).await
    }

    pub async fn messages(&self, id: ConversationId, page: Page) -> Result<MessagePage> {
        let Page { before, after, limit } = page;
        let numbers =
            [("before", before.map(|seq| seq.0)), ("after", after.map(|seq| seq.0)), ("limit", limit)];
        self.get(&with_query(paths::messages(id), &numbers)).await
    }

    /// Writes a text. To be able to retry it safely, use [`post_message`](Self::post_message), or a
    /// [`Live`](crate::Live) connection, which does.
    pub async fn write(&self, id: ConversationId, body: impl Into<String>) -> Result<Message> {
        let client_id = ClientId(Uuid::new_v4());
        let message = NewMessage { client_id, body: body.into(), reply_to: None, mentions: Vec::new() };
        self.post_message(id, &message).await
    }

    /// Writes a message; with the same `client_id` again it returns the first.
    pub async fn post_message(&self, id: ConversationId, message: &NewMessage) -> Result<Message> {
        self.post(&paths::messages(id), message).await
    }

    /// Gives a message of one's own another text.
    pub async fn edit_message(
        &self,
        id: ConversationId,
        seq: Seq,
        body: impl Into<String>,
    ) -> Result<Message> {
        let edit = EditMessage { body: body.into() };
        self.call(Method::PATCH, &paths::message(id, seq), Some(&edit)).await
    }

    /// Puts one emoji on a message.
    pub async fn react(&self, id: ConversationId, seq: Seq, emoji: &str) -> Result<Message> {
        self.put(&paths::reaction(id, seq, emoji)).await
    }

    /// Takes an emoji of one's own away.
    pub async fn unreact(&self, id: ConversationId, seq: Seq, emoji: &str) -> Result<Message> {
        self.delete(&paths::reaction(id, seq, emoji)).await
    }

    /// Deletes a message for everybody. The answer is its tombstone.
    pub async fn delete_message(&self, id: ConversationId, seq: Seq) -> Result<Message> {
        self.delete(&paths::message(id, seq)).await
    }

    /// Marks only move forward.
    pub async fn update_receipts(&self, id: ConversationId, receipts: UpdateReceipts) -> Result<()> {
        self.call(Method::PUT, &paths::receipts(id), Some(&receipts)).await
    }

    /// Pins, archives or mutes a conversation, for the caller alone.
    pub async fn update_preferences(
        &self,
        id: ConversationId,
        update: UpdatePreferences,
    ) -> Result<Preferences> {
        self.call(Method::PATCH, &paths::preferences(id), Some(&update)).await
    }

    /// Everything newer than `since`; where `has_more`, go on from the answer's `rev`.
    pub async fn changes(&self, id: ConversationId, since: Rev, limit: Option<i64>) -> Result<Changes> {
        let numbers = [("since", Some(since.0)), ("limit", limit)];
        self.get(&with_query(paths::changes(id), &numbers)).await
    }
}

fn with_query(mut path: String, numbers: &[(&str, Option<i64>)]) -> String {
    let mut separator = '?';
    for (name, number) in numbers {
        if let Some(number) = number {
            write!(path, "{separator}{name}={number}").expect("a string takes whatever is written to it");
            separator = '&';
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn a_query_has_what_was_told() {
        let query = |numbers: &[(&str, Option<i64>)]| with_query("/m".into(), numbers);
        assert_eq!(query(&[("before", None), ("limit", None)]), "/m");
        assert_eq!(query(&[("before", Some(7)), ("limit", Some(50))]), "/m?before=7&limit=50");
        assert_eq!(query(&[("before", None), ("limit", Some(50))]), "/m?limit=50");
    }
}
