//! A device under test: the machine, its clock, and what it asked for; and rows to feed it.

use umbrachat_client_core::{Change, Config, ConversationState, Core, Effect, Input, Millis};
use umbrachat_protocol::socket::{Mark, Ready, SendMessage, Sent};
use umbrachat_protocol::{
    Changes, ClientCommand, ClientId, Conversation, ConversationId, ConversationKind, ErrorCode, Friend,
    FriendRequests, History, Me, Member, Message, MessageKind, PeerReceipt, Preferences, Rev, Role, Seq,
    ServerEvent, SessionId, Settings, Snapshot, Timestamp, User, UserId,
};
use uuid::Uuid;

pub(crate) const ANA: UserId = user_id(1);
pub(crate) const BO: UserId = user_id(2);
pub(crate) const CY: UserId = user_id(3);
/// Ana's conversation with Bo.
pub(crate) const CHAT: ConversationId = conversation_id(1);

pub(crate) const fn user_id(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

pub(crate) const fn conversation_id(number: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0x0c00 + number))
}

pub(crate) const fn client_id(number: u128) -> ClientId {
    ClientId(Uuid::from_u128(0xc11e_0000 + number))
}

pub(crate) fn user(id: UserId) -> User {
    let number = id.0.as_u128();
    User { id, username: format!("user{number}"), display_name: format!("User {number}") }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::default().plus_seconds(seconds)
}

pub(crate) fn direct(id: ConversationId, peer: UserId, rev: i64, last_seq: i64) -> Conversation {
    Conversation {
        id,
        kind: ConversationKind::Direct,
        title: None,
        peer: Some(user(peer)),
        rev: Rev(rev),
        last_seq: Seq(last_seq),
        read_seq: Seq(last_seq),
        unread: 0,
        my_role: Role::Member,
        history: History::FromJoin,
        created_at: at(0),
        last_message: (last_seq > 0).then(|| message(id, peer, last_seq, rev)),
        peer_receipt: Some(PeerReceipt::default()),
        preferences: Preferences::default(),
    }
}

pub(crate) fn group(id: ConversationId, rev: i64, last_seq: i64) -> Conversation {
    Conversation {
        kind: ConversationKind::Group,
        title: Some("stargazers".into()),
        peer: None,
        peer_receipt: None,
        ..direct(id, BO, rev, last_seq)
    }
}

pub(crate) fn message(id: ConversationId, author: UserId, seq: i64, rev: i64) -> Message {
    Message {
        conversation_id: id,
        seq: Seq(seq),
        rev: Rev(rev),
        kind: MessageKind::Text,
        author_id: Some(author),
        client_id: client_id(1_000_000 + u128::from(seq.unsigned_abs())),
        body: format!("message {seq}"),
        reply_to: None,
        mentions: Vec::new(),
        created_at: at(seq),
        edited_at: None,
        deleted_at: None,
        reactions: Vec::new(),
        notice: None,
    }
}

pub(crate) fn member(id: ConversationId, member: UserId, rev: i64) -> Member {
    Member {
        conversation_id: id,
        user: user(member),
        role: Role::Member,
        rev: Rev(rev),
        joined_at: at(0),
        left_at: None,
        delivered_seq: Seq::ZERO,
        read_seq: Seq::ZERO,
    }
}

pub(crate) fn snapshot(me: UserId, conversations: Vec<Conversation>) -> Snapshot {
    Snapshot {
        user: Me { user: user(me), settings: Settings::default() },
        friends: vec![Friend { user: user(BO), since: at(0) }],
        friend_requests: FriendRequests::default(),
        blocks: Vec::new(),
        conversations,
        presence: Vec::new(),
        epoch: None,
    }
}

pub(crate) fn ready(snapshot: Snapshot) -> Input {
    let session_id = SessionId(Uuid::from_u128(9));
    Input::Event(ServerEvent::Ready(Box::new(Ready { session_id, heartbeat_seconds: 20, snapshot })))
}

pub(crate) fn arrives(message: Message) -> Input {
    Input::Event(ServerEvent::Message { message })
}

pub(crate) fn sends(number: u128) -> Input {
    sends_to(CHAT, number)
}

pub(crate) fn sends_to(conversation_id: ConversationId, number: u128) -> Input {
    Input::Send {
        conversation_id,
        client_id: client_id(number),
        body: format!("written {number}"),
        reply_to: None,
        mentions: Vec::new(),
        written_at: at(0),
    }
}

pub(crate) fn acknowledges(number: u128, seq: i64, rev: i64) -> Input {
    Input::Event(ServerEvent::Sent(Sent {
        reference: None,
        client_id: client_id(number),
        conversation_id: CHAT,
        seq: Seq(seq),
        rev: Rev(rev),
        created_at: at(seq),
    }))
}

pub(crate) fn refuses(command: &SendMessage, code: ErrorCode) -> Input {
    let (reference, detail) = (command.reference.clone(), String::from("no"));
    Input::Event(ServerEvent::Error { reference, code, detail })
}

pub(crate) fn changes(rev: i64, messages: Vec<Message>) -> Changes {
    Changes {
        rev: Rev(rev),
        has_more: false,
        conversation: None,
        members: Vec::new(),
        messages,
        receipts: Vec::new(),
        epoch: None,
    }
}

/// Ana's device.
pub(crate) struct Device {
    pub(crate) core: Core,
    pub(crate) now: Millis,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self::with(Config::with_seed(1))
    }

    pub(crate) fn with(config: Config) -> Self {
        Self { core: Core::new(config), now: Millis(1_000) }
    }

    /// Connected, with one conversation at rev and seq 5 whose history is loaded, and nothing left to do.
    pub(crate) fn talking() -> Self {
        let mut ana = Self::online(vec![direct(CHAT, BO, 5, 5)]);
        ana.does(Input::Open(Some(CHAT)));
        let messages = (1..=5).map(|number| message(CHAT, BO, number, number)).collect();
        let page = umbrachat_protocol::MessagePage { messages, has_more: false };
        ana.does(Input::HistoryLoaded { conversation_id: CHAT, before: None, page });
        ana
    }

    pub(crate) fn online(conversations: Vec<Conversation>) -> Self {
        let mut ana = Self::new();
        ana.does(Input::Start);
        ana.does(ready(snapshot(ANA, conversations)));
        ana.waits(1_000);
        ana
    }

    pub(crate) fn does(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.core.handle(self.now, input);
        let deadline = self.core.next_deadline();
        assert!(deadline.is_none_or(|at| at > self.now), "{deadline:?} has passed, at {:?}", self.now);
        effects
    }

    /// Lets time pass, with a tick at each deadline, and returns what was asked for meanwhile.
    pub(crate) fn waits(&mut self, milliseconds: u64) -> Vec<Effect> {
        let end = self.now.plus(milliseconds);
        let mut effects = Vec::new();
        while let Some(at) = self.core.next_deadline().filter(|at| *at <= end) {
            self.now = at;
            effects.extend(self.does(Input::Tick));
        }
        self.now = end;
        effects
    }

    pub(crate) fn hears_heartbeats(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.waits(1_000);
            self.does(Input::Event(ServerEvent::Heartbeat {}));
        }
    }

    /// The connection breaks, and comes back with this.
    pub(crate) fn reconnects(&mut self, conversations: Vec<Conversation>) -> Vec<Effect> {
        self.does(Input::SocketClosed { code: None });
        self.waits(500);
        self.does(ready(snapshot(ANA, conversations)))
    }

    pub(crate) fn chat(&self) -> &ConversationState {
        self.core.state().conversation(CHAT).expect("Ana knows the conversation")
    }

    /// The bodies of the time line, from top to bottom.
    pub(crate) fn sees(&self) -> Vec<&str> {
        let entries = self.core.state().timeline(CHAT);
        entries
            .map(|entry| match entry {
                umbrachat_client_core::Entry::Message(message) => message.body.as_str(),
                umbrachat_client_core::Entry::Outgoing(outgoing) => outgoing.body.as_str(),
            })
            .collect()
    }
}

pub(crate) fn sent_messages(effects: &[Effect]) -> Vec<SendMessage> {
    let command = |effect: &Effect| match effect {
        Effect::Transmit(ClientCommand::SendMessage(command)) => Some(command.clone()),
        _ => None,
    };
    effects.iter().filter_map(command).collect()
}

pub(crate) fn sent_client_ids(effects: &[Effect]) -> Vec<ClientId> {
    sent_messages(effects).iter().map(|command| command.client_id).collect()
}

pub(crate) fn delivered_marks(effects: &[Effect]) -> Vec<i64> {
    let mark = |effect: &Effect| match effect {
        Effect::Transmit(ClientCommand::MarkDelivered(mark)) => Some(mark.seq.0),
        _ => None,
    };
    effects.iter().filter_map(mark).collect()
}

pub(crate) fn read_marks(effects: &[Effect]) -> Vec<Mark> {
    let mark = |effect: &Effect| match effect {
        Effect::Transmit(ClientCommand::MarkRead(mark)) => Some(mark.clone()),
        _ => None,
    };
    effects.iter().filter_map(mark).collect()
}

/// Where changes were asked for, and since when.
pub(crate) fn asked_since(effects: &[Effect]) -> Vec<i64> {
    let since = |effect: &Effect| match effect {
        Effect::FetchChanges { since, .. } => Some(since.0),
        _ => None,
    };
    effects.iter().filter_map(since).collect()
}

/// Seqs of the messages that came by as new ones.
pub(crate) fn new_messages(effects: &[Effect]) -> Vec<i64> {
    let new = |effect: &Effect| match effect {
        Effect::Changed(Change::Message { message, is_new: true }) => Some(message.seq.0),
        _ => None,
    };
    effects.iter().filter_map(new).collect()
}

pub(crate) fn asks_for_snapshot(effects: &[Effect]) -> Option<u32> {
    effects.iter().find_map(|effect| match effect {
        Effect::FetchSnapshot { ticket } => Some(*ticket),
        _ => None,
    })
}

/// Whether it connects, and if so whether with a fresh token.
pub(crate) fn connects(effects: &[Effect]) -> Option<bool> {
    effects.iter().find_map(|effect| match effect {
        Effect::Connect { refresh_token_first } => Some(*refresh_token_first),
        _ => None,
    })
}
