//! Groups and their members.

use crate::{Client, Result};
use reqwest::Method;
use umbrachat_protocol::{
    Conversation, ConversationId, HandOver, Member, NewGroup, PutMember, Role, UpdateGroup, UserId, paths,
};

impl Client {
    /// Makes a group of friends; one is its owner.
    pub async fn create_group(&self, group: &NewGroup) -> Result<Conversation> {
        self.post(paths::CONVERSATIONS, group).await
    }

    pub async fn update_group(&self, id: ConversationId, update: &UpdateGroup) -> Result<Conversation> {
        self.call(Method::PATCH, &paths::conversation(id), Some(update)).await
    }

    /// Ends a group for everybody, with everything that was said in it.
    pub async fn delete_group(&self, id: ConversationId) -> Result<()> {
        self.delete(&paths::conversation(id)).await
    }

    /// Adds a friend, or gives a member another role.
    pub async fn put_member(&self, id: ConversationId, who: UserId, role: Option<Role>) -> Result<Member> {
        self.call(Method::PUT, &paths::member(id, who), Some(&PutMember { role })).await
    }

    /// Removes a member, or leaves.
    pub async fn remove_member(&self, id: ConversationId, who: UserId) -> Result<()> {
        self.delete(&paths::member(id, who)).await
    }

    pub async fn hand_over(&self, id: ConversationId, to: UserId) -> Result<Member> {
        self.post(&paths::owner(id), &HandOver { user_id: to }).await
    }
}
