//! What people do in groups, and to each other beyond friendship.

use crate::person::Person;
use umbrachat_client::Error;
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{
    Conversation, ConversationId, EditMessage, HandOver, History, Member, Message, NewGroup, PutMember, Role,
    UpdateGroup, UserId, paths,
};

const NOTHING: Option<&()> = None;

impl Person {
    pub(crate) async fn creates_group(&self, title: &str, members: &[&Self]) -> ConversationId {
        let member_ids = members.iter().map(|member| member.id()).collect();
        let group = NewGroup { title: title.to_owned(), member_ids, history: History::FromJoin };
        let made: Conversation = self.call(Method::POST, paths::CONVERSATIONS, Some(&group)).await.unwrap();
        made.id
    }

    pub(crate) async fn updates_group(&self, group: ConversationId, update: UpdateGroup) -> Conversation {
        self.call(Method::PATCH, &paths::conversation(group), Some(&update)).await.unwrap()
    }

    pub(crate) async fn renames_group(&self, group: ConversationId, title: &str) -> Conversation {
        self.updates_group(group, UpdateGroup { title: Some(title.to_owned()), history: None }).await
    }

    pub(crate) async fn adds(&self, group: ConversationId, other: &Self) -> Member {
        self.tries_to_put(group, other, None).await.unwrap()
    }

    pub(crate) async fn makes(&self, group: ConversationId, other: &Self, role: Role) -> Member {
        self.tries_to_put(group, other, Some(role)).await.unwrap()
    }

    pub(crate) async fn tries_to_put(
        &self,
        group: ConversationId,
        other: &Self,
        role: Option<Role>,
    ) -> Result<Member, Error> {
        self.call(Method::PUT, &member(group, other.id()), Some(&PutMember { role })).await
    }

    pub(crate) async fn removes(&self, group: ConversationId, other: &Self) {
        self.call::<()>(Method::DELETE, &member(group, other.id()), NOTHING).await.unwrap();
    }

    pub(crate) async fn leaves(&self, group: ConversationId) {
        self.removes(group, self).await;
    }

    pub(crate) async fn hands_over(&self, group: ConversationId, other: &Self) {
        let path = format!("{}/owner", paths::conversation(group));
        let _: Member =
            self.call(Method::POST, &path, Some(&HandOver { user_id: other.id() })).await.unwrap();
    }

    pub(crate) async fn deletes_group(&self, group: ConversationId) {
        self.call::<()>(Method::DELETE, &paths::conversation(group), NOTHING).await.unwrap();
    }

    pub(crate) async fn edits(&self, message: &Message, body: &str) -> Message {
        let path = paths::message(message.conversation_id, message.seq);
        self.call(Method::PATCH, &path, Some(&EditMessage { body: body.to_owned() })).await.unwrap()
    }

    pub(crate) async fn reacts(&self, message: &Message, emoji: &str) -> Message {
        self.call(Method::PUT, &reaction(message, emoji), NOTHING).await.unwrap()
    }

    pub(crate) async fn takes_back_reaction(&self, message: &Message, emoji: &str) -> Message {
        self.call(Method::DELETE, &reaction(message, emoji), NOTHING).await.unwrap()
    }

    pub(crate) async fn blocks(&self, other: &Self) {
        let _: serde_json::Value = self.call(Method::PUT, &block(other.id()), NOTHING).await.unwrap();
    }

    pub(crate) async fn unblocks(&self, other: &Self) {
        self.call::<()>(Method::DELETE, &block(other.id()), NOTHING).await.unwrap();
    }
}

fn member(group: ConversationId, user: UserId) -> String {
    format!("{}/{user}", paths::members(group))
}

fn reaction(message: &Message, emoji: &str) -> String {
    format!("{}/reactions/{emoji}", paths::message(message.conversation_id, message.seq))
}

fn block(user: UserId) -> String {
    format!("{}/blocks/{user}", paths::API)
}
