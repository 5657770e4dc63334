//! What a person sees, apart from the inside of a conversation.

use crate::conversation::ConversationState;
use crate::ephemeral::Typist;
use crate::outbox::{Outbox, Outgoing};
use crate::{Delivery, Entry, Millis, timeline};
use std::collections::BTreeMap;
use umbrachat_protocol::{
    Block, ConversationId, Epoch, Friend, FriendRequests, Me, Message, Presence, SessionId, UserId,
};

/// Everything that is known. Drivers read it; only the machine changes it.
#[derive(Debug, Default)]
pub struct State {
    pub connection: Connection,
    /// None until the first snapshot.
    pub me: Option<Me>,
    pub session_id: Option<SessionId>,
    /// The history of the server's database that everything here belongs to.
    pub epoch: Option<Epoch>,
    pub friends: Vec<Friend>,
    pub friend_requests: FriendRequests,
    pub blocks: Vec<Block>,
    pub presence: Vec<Presence>,
    pub(crate) typists: Vec<Typist>,
    /// What the person looks at.
    pub open: Option<ConversationId>,
    pub(crate) conversations: BTreeMap<ConversationId, ConversationState>,
    pub(crate) outbox: Outbox,
}

/// How things stand with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not started, stopped, or the device has no network.
    #[default]
    Offline,
    /// For the first time since the start.
    Connecting,
    /// Everything shown is live.
    Online,
    /// It was lost, then.
    Reconnecting { since: Millis },
    /// The session has ended; the person has to sign in again.
    SignedOut,
}

impl State {
    pub fn conversation(&self, id: ConversationId) -> Option<&ConversationState> {
        self.conversations.get(&id)
    }

    /// Newest activity first.
    pub fn conversations(&self) -> Vec<&ConversationState> {
        let mut all: Vec<_> = self.conversations.values().collect();
        all.sort_by_key(|conversation| std::cmp::Reverse((conversation.active_at(), conversation.id())));
        all
    }

    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.user.id)
    }

    pub fn is_friend(&self, user: UserId) -> bool {
        self.friends.iter().any(|friend| friend.user.id == user)
    }

    /// Friends who type in a conversation at this moment.
    pub fn typing(&self, id: ConversationId) -> impl Iterator<Item = UserId> {
        self.typists.iter().filter(move |typist| typist.conversation == id).map(|typist| typist.user)
    }

    /// Whether a friend is known to be here.
    pub fn is_online(&self, user: UserId) -> bool {
        self.presence.iter().any(|presence| presence.user_id == user && presence.online)
    }

    /// The conversation with this person, where there is one.
    pub fn direct_with(&self, user: UserId) -> Option<&ConversationState> {
        let is_peer = |conversation: &&ConversationState| {
            conversation.info().peer.as_ref().is_some_and(|peer| peer.id == user)
        };
        self.conversations.values().find(is_peer)
    }

    /// Unsent messages of a conversation, in the order in which they will be sent.
    pub fn outgoing(&self, id: ConversationId) -> impl Iterator<Item = &Outgoing> {
        self.outbox.of(id)
    }

    /// Unsent messages of all conversations, in the order in which they will be sent.
    pub fn all_outgoing(&self) -> impl Iterator<Item = &Outgoing> {
        self.outbox.all()
    }

    /// What a conversation shows: the loaded messages without a hole, oldest first, then those that are unsent. A
    /// message appears exactly once.
    pub fn timeline(&self, id: ConversationId) -> impl Iterator<Item = Entry<'_>> {
        timeline::entries(self, id)
    }

    /// How far a message of one's own has come; none for others' messages and notices.
    pub fn delivery(&self, message: &Message) -> Option<Delivery> {
        timeline::delivery(self, message)
    }
}
