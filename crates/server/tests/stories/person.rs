//! Somebody with an account and a device, and what they do.

use crate::app::{Replica, TestApp};
use crate::socket::TestSocket;
use serde::Serialize;
use serde::de::DeserializeOwned;
use umbrachat_client::reqwest::Method;
use umbrachat_client::{Client, Page};
use umbrachat_protocol::{
    AskedFriend, Changes, Conversation, ConversationId, Me, Message, MessagePage, Rev, Seq, Settings,
    SettingsPatch, Snapshot, Theme, UpdateMe, UpdateReceipts, User, UserId,
};

/// Everybody's. Hard to guess, easy to type.
pub(crate) const PASSWORD: &str = "the-lamp-hums-at-3";

/// One device of a person. Clones are the same device.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) client: Client,
    pub(crate) recovery_codes: Vec<String>,
    server: String,
}

impl Person {
    pub(crate) async fn new(server: String, client: Client, recovery_codes: Vec<String>) -> Self {
        let user = client.me().await.unwrap().user;
        Self { user, client, recovery_codes, server }
    }

    pub(crate) fn id(&self) -> UserId {
        self.user.id
    }

    pub(crate) fn name(&self) -> &str {
        &self.user.username
    }

    /// The same person on another device: a session of its own.
    pub(crate) async fn on_another_device(&self) -> Self {
        let client = Client::sign_in(&self.server, self.name(), PASSWORD).await.unwrap();
        Self { client, ..self.clone() }
    }

    /// The same person on a device that reaches another server of the community.
    pub(crate) async fn at(&self, replica: &Replica) -> Self {
        let client = Client::sign_in(&replica.url(), self.name(), PASSWORD).await.unwrap();
        Self { client, server: replica.url(), ..self.clone() }
    }

    pub(crate) async fn access_token(&self) -> String {
        self.client.access_token().await.unwrap().token
    }

    pub(crate) fn refresh_token(&self) -> String {
        self.client.refresh_token().borrow().clone().unwrap()
    }

    pub(crate) async fn connects(&self) -> TestSocket {
        TestSocket::of(self).await
    }

    pub(crate) async fn snapshot(&self) -> Snapshot {
        self.client.snapshot().await.unwrap()
    }

    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, umbrachat_client::Error> {
        self.client.call(method, path, body).await
    }

    // People.

    pub(crate) async fn asks(&self, other: &Self) -> AskedFriend {
        self.client.ask_friend(other.name()).await.unwrap()
    }

    pub(crate) async fn accepts(&self, other: &Self) {
        self.client.accept_friend(other.id()).await.unwrap();
    }

    pub(crate) async fn befriends(&self, other: &Self) {
        self.asks(other).await;
        other.accepts(self).await;
    }

    pub(crate) async fn unfriends(&self, other: &Self) {
        self.client.unfriend(other.id()).await.unwrap();
    }

    pub(crate) async fn calls_themselves(&self, display_name: &str) -> Me {
        let update = UpdateMe { display_name: Some(display_name.to_owned()), settings: None };
        self.client.update_me(&update).await.unwrap()
    }

    pub(crate) async fn sets(&self, settings: SettingsPatch) -> Settings {
        let update = UpdateMe { display_name: None, settings: Some(settings) };
        self.client.update_me(&update).await.unwrap().settings
    }

    /// Changes something that all of this person's devices hear of, and nobody else.
    pub(crate) async fn gives_a_sign(&self) -> Me {
        let before = self.client.me().await.unwrap().settings.theme;
        let theme = if before == Theme::Night { Theme::Dawn } else { Theme::Night };
        let settings = Some(SettingsPatch { theme: Some(theme), ..SettingsPatch::default() });
        self.client.update_me(&UpdateMe { display_name: None, settings }).await.unwrap()
    }

    // Conversations.

    pub(crate) async fn opens_chat_with(&self, other: &Self) -> ConversationId {
        self.client.direct(other.id()).await.unwrap().id
    }

    pub(crate) async fn sees(&self, chat: ConversationId) -> Conversation {
        self.client.conversation(chat).await.unwrap()
    }

    pub(crate) async fn sends(&self, chat: ConversationId, body: &str) -> Message {
        self.client.write(chat, body).await.unwrap()
    }

    pub(crate) async fn deletes(&self, message: &Message) -> Message {
        self.client.delete_message(message.conversation_id, message.seq).await.unwrap()
    }

    pub(crate) async fn marks(&self, chat: ConversationId, delivered: Option<i64>, read: Option<i64>) {
        let marks = UpdateReceipts { delivered_seq: delivered.map(Seq), read_seq: read.map(Seq) };
        self.client.update_receipts(chat, marks).await.unwrap();
    }

    pub(crate) async fn reads_history(&self, chat: ConversationId) -> Vec<Message> {
        let page = Page { limit: Some(200), ..Page::default() };
        let MessagePage { messages, has_more } = self.client.messages(chat, page).await.unwrap();
        assert!(!has_more, "the story is too long for one page");
        messages
    }

    /// Everything since a rev, in one answer.
    pub(crate) async fn catches_up(&self, chat: ConversationId, since: Rev) -> Changes {
        let changes = self.client.changes(chat, since, Some(200)).await.unwrap();
        assert!(!changes.has_more, "the story is too long for one page");
        changes
    }
}

impl TestApp {
    /// Two friends and their chat.
    pub(crate) async fn chat(&self) -> (Person, Person, ConversationId) {
        let [ana, bo] = self.friends(["ana", "bob"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        (ana, bo, chat)
    }
}
