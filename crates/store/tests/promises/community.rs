//! A store of its own with people in it, and everything that it published.

use std::sync::{Arc, Mutex};
use umbrachat_protocol::{ClientId, ConversationId, NewMessage, Seq, Timestamp, UserId};
use umbrachat_store::{
    Change, Clock, ManualClock, NewAccount, NewSession, PolicyReference, SentMessage, SessionStarted, Store,
    StoreError, TokenHash,
};
use umbrachat_testing::TestDatabase;
use uuid::Uuid;

pub(crate) const POLICY: &str = "2026-11-23";

pub(crate) struct Community {
    pub(crate) store: Store,
    pub(crate) time: ManualClock,
    published: Arc<Mutex<Vec<Change>>>,
    // Last, so that the store lets go of the database before it is dropped.
    pub(crate) database: TestDatabase,
}

impl Community {
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let published = Arc::new(Mutex::new(Vec::new()));
        let sink = published.clone();
        let publish = Arc::new(move |changes| sink.lock().unwrap().extend(changes));
        let (clock, time) = Clock::manual(Timestamp(1_800_000_000_000_000));
        let store = Store::open(database.database(), clock, publish).await.unwrap();
        Self { store, time, published, database }
    }

    pub(crate) async fn signs_up(&self, name: &str) -> SessionStarted {
        let account = NewAccount {
            username: name.to_owned(),
            display_name: name.to_owned(),
            password_hash: "$argon2id$…".to_owned(),
            recovery_codes: vec![TokenHash([1; 32]), TokenHash([2; 32])],
            policy: PolicyReference { version: POLICY.to_owned(), sha256: "00".to_owned() },
            session: self.session([7; 32]),
        };
        self.store.register(account).await.unwrap()
    }

    /// A new session, for 30 days unused and 180 in all.
    pub(crate) fn session(&self, refresh: [u8; 32]) -> NewSession {
        let now = self.store.clock().now();
        NewSession {
            device_name: "a lamp".to_owned(),
            refresh: TokenHash(refresh),
            idle_until: now.plus_seconds(30 * 86_400),
            expires_at: now.plus_seconds(180 * 86_400),
        }
    }

    pub(crate) async fn person(&self, name: &str) -> UserId {
        self.signs_up(name).await.me.user.id
    }

    /// Two friends and their conversation.
    pub(crate) async fn friends(&self) -> (UserId, UserId, ConversationId) {
        let (ana, bo) = (self.person("ana").await, self.person("bo").await);
        self.befriend(ana, "bo", bo).await;
        let opened = self.store.open_direct(ana, bo).await.unwrap();
        (ana, bo, opened.conversation.id)
    }

    pub(crate) async fn befriend(&self, one: UserId, name_of_other: &str, other: UserId) {
        self.store.ask_friend(one, name_of_other.to_owned()).await.unwrap();
        self.store.accept_friend(other, one).await.unwrap();
    }

    pub(crate) async fn sends(&self, author: UserId, id: ConversationId, body: &str) -> SentMessage {
        self.store.send_message(author, id, message(body)).await.unwrap()
    }

    pub(crate) async fn all_messages(&self, reader: UserId, id: ConversationId) -> Vec<(Seq, String)> {
        let mut all = Vec::new();
        loop {
            let after = all.last().map_or(Seq::ZERO, |(seq, _)| *seq);
            let page = self.store.messages(reader, id, None, Some(after), 200).await.unwrap();
            all.extend(page.messages.into_iter().map(|message| (message.seq, message.body)));
            if !page.has_more {
                return all;
            }
        }
    }

    /// What was published since the last time somebody asked, without the count of it.
    pub(crate) fn published(&self) -> Vec<Change> {
        let mut published = std::mem::take(&mut *self.published.lock().unwrap());
        published.retain(|change| !matches!(change, Change::Told { .. }));
        published
    }

    /// Who was told something since the last time somebody asked, and how often so far.
    pub(crate) fn counted(&self) -> Vec<(UserId, i64)> {
        let published = std::mem::take(&mut *self.published.lock().unwrap());
        let count =
            |change| if let Change::Told { user, version } = change { Some((user, version)) } else { None };
        published.into_iter().filter_map(count).collect()
    }
}

pub(crate) fn message(body: &str) -> NewMessage {
    NewMessage {
        client_id: ClientId(Uuid::now_v7()),
        body: body.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    }
}

pub(crate) fn is_not_found<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}
