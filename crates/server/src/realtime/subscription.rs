//! What one socket is told: everything after its snapshot, in order, once, and nothing that is not for it.

use super::hub::{Connected, Hub};
use super::outlet::{Outgoing, Outlet, Position};
use bytestring::ByteString;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{ConversationId, Rev, SessionId, Snapshot, UserId};
use umbrachat_store::{Result, Store};

/// Ends when it is dropped.
pub struct Subscription {
    connected: Connected,
    queue: mpsc::Receiver<Outgoing>,
    /// How much of each of its conversations the socket has been told.
    told: BTreeMap<ConversationId, Rev>,
}

impl Subscription {
    /// Subscribes before it reads, so that no change falls between the snapshot and the events.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn begin(
        hub: &Hub,
        store: &Store,
        user: UserId,
        session: SessionId,
    ) -> Result<(Self, Snapshot)> {
        let mut early = None;
        if planted::has(Bug::SnapshotBeforeSubscribing) {
            early = Some(store.snapshot(user).await?);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let (connected, queue) = hub.connect(user, session);
        // Other replicas are listened to before anything is read, too.
        hub.listens().await;
        hub.begin_counting(user, store.version(user).await?);
        connected.follow(store.conversation_ids(user).await?);
        hub.listens().await;
        let mut snapshot = match early {
            Some(snapshot) => snapshot,
            None => store.snapshot(user).await?,
        };
        connected.seed(&mut snapshot);
        let told = snapshot.conversations.iter().map(|row| (row.id, row.rev)).collect();
        Ok((Self { connected, queue, told }, snapshot))
    }

    /// Tells the snapshot which friends are on other replicas: who comes back after a restart does not see them go and come.
    pub async fn look_who_is_here(&self, snapshot: &mut Snapshot) {
        self.connected.hub.has_heard_from_friends().await;
        self.connected.hub.show_who_is_here(snapshot);
    }

    /// The way out to this socket, for answers, and for the word that it has to close.
    pub fn outlet(&self) -> &Arc<Outlet> {
        &self.connected.outlet
    }

    /// Waits for the next event that the socket is to be told. Nothing is lost where the wait is given up.
    pub async fn next(&mut self) -> Option<ByteString> {
        loop {
            let Outgoing { text, position } = self.queue.recv().await?;
            if self.is_due(position) {
                return Some(text);
            }
        }
    }

    /// The next event where it is there already.
    pub fn next_in_line(&mut self) -> Option<ByteString> {
        loop {
            let Outgoing { text, position } = self.queue.try_recv().ok()?;
            if self.is_due(position) {
                return Some(text);
            }
        }
    }

    /// Shows friends in a conversation that this person types; whether they are in it at all.
    pub fn set_typing(&self, id: ConversationId, typing: bool) -> bool {
        self.connected.set_typing(id, typing)
    }

    /// Whether an event is this socket's to know, and not known yet. The snapshot was read after the socket had begun to
    /// follow, so events that it already tells of may be waiting, and such of conversations that it does not have.
    fn is_due(&mut self, position: Position) -> bool {
        let told = |id| self.told.get(&id).copied();
        match position {
            Position::Nowhere => true,
            Position::In(id) => told(id).is_some(),
            Position::At(id, rev) if told(id).is_some_and(|told| rev > told) => {
                self.told.insert(id, rev);
                true
            }
            Position::From(id, rev) if told(id).is_none_or(|told| rev > told) => {
                self.told.insert(id, rev);
                true
            }
            Position::Until(id, rev) if told(id).is_some_and(|told| rev > told) => {
                self.told.remove(&id);
                true
            }
            Position::At(..) | Position::From(..) | Position::Until(..) => false,
        }
    }
}
