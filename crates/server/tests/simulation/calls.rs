//! Calls of the REST interface, carried out as the routes do: one operation each.

use umbrachat::problem::ApiError;
use umbrachat_protocol::{
    Changes, Conversation, ConversationId, ErrorCode, History, Me, Member, Message, MessagePage, NewGroup,
    Preferences, Rev, Role, Seq, Snapshot, Timestamp, UpdateGroup, UpdateMe, UpdatePreferences, UserId,
};
use umbrachat_store::{Store, StoreError};

/// Changes in one page: few, so that small worlds have many pages.
const CHANGES: usize = 3;

#[derive(Clone, Debug)]
pub(crate) enum Request {
    Snapshot { ticket: u32 },
    Changes { id: ConversationId, since: Rev },
    History { id: ConversationId, before: Option<Seq>, limit: i64 },
    Members { id: ConversationId },
    RefreshToken,
    Deed(Deed),
}

/// What somebody does, other than sending and reading.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Edit { id: ConversationId, seq: Seq, body: String },
    Delete { id: ConversationId, seq: Seq },
    React { id: ConversationId, seq: Seq, emoji: &'static str, present: bool },
    MakeGroup { group: NewGroup },
    Update { id: ConversationId, update: UpdateGroup },
    DeleteGroup { id: ConversationId },
    PutMember { id: ConversationId, user: UserId, role: Option<Role> },
    RemoveMember { id: ConversationId, user: UserId },
    HandOver { id: ConversationId, user: UserId },
    Ask { username: String },
    Unfriend { user: UserId },
    Block { user: UserId },
    Unblock { user: UserId },
    OpenDirect { user: UserId },
    Arrange { id: ConversationId, update: UpdatePreferences },
    UpdateMe { update: UpdateMe },
}

#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Snapshot(Box<Snapshot>),
    Changes(Box<Changes>),
    Page(MessagePage),
    Members(Vec<Member>),
    Message(Box<Message>),
    Conversation(Box<Conversation>),
    Member(Box<Member>),
    Preferences(Preferences),
    Me(Me),
    Done,
}

impl Deed {
    /// Whether doing it twice leaves what doing it once does.
    pub(crate) fn may_be_repeated(&self) -> bool {
        !matches!(self, Self::MakeGroup { .. })
    }
}

pub(crate) fn rename(title: String) -> UpdateGroup {
    UpdateGroup { title: Some(title), history: None }
}

pub(crate) fn set_history(full: bool) -> UpdateGroup {
    UpdateGroup { title: None, history: Some(if full { History::Full } else { History::FromJoin }) }
}

/// Pins, archives or mutes, or takes that back.
pub(crate) fn arrangement(what: usize, yes: bool) -> UpdatePreferences {
    let nothing = UpdatePreferences::default();
    match what {
        0 => UpdatePreferences { pinned: Some(yes), ..nothing },
        1 => UpdatePreferences { archived: Some(yes), ..nothing },
        _ => {
            UpdatePreferences { muted_until: Some(yes.then_some(Timestamp(i64::MAX / 1_000_000))), ..nothing }
        }
    }
}

pub(crate) async fn perform(store: &Store, me: UserId, request: Request) -> Result<Reply, ErrorCode> {
    let reply = match request {
        Request::Snapshot { .. } => store.snapshot(me).await.map(|it| Reply::Snapshot(Box::new(it))),
        Request::Changes { id, since } => {
            store.changes(me, id, since, CHANGES).await.map(|it| Reply::Changes(Box::new(it)))
        }
        Request::History { id, before, limit } => {
            store.messages(me, id, before, None, limit).await.map(Reply::Page)
        }
        Request::Members { id } => store.members(me, id).await.map(Reply::Members),
        Request::RefreshToken => Ok(Reply::Done),
        Request::Deed(deed) => do_deed(store, me, deed).await,
    };
    reply.map_err(|error| ApiError::from(error).code())
}

async fn do_deed(store: &Store, me: UserId, deed: Deed) -> Result<Reply, StoreError> {
    let message = |it: Message| Reply::Message(Box::new(it));
    let conversation = |it: Conversation| Reply::Conversation(Box::new(it));
    let member = |it: Member| Reply::Member(Box::new(it));
    match deed {
        Deed::Edit { id, seq, body } => store.edit_message(me, id, seq, body).await.map(message),
        Deed::Delete { id, seq } => store.delete_message(me, id, seq).await.map(message),
        Deed::React { id, seq, emoji, present } => {
            store.react(me, id, seq, emoji, present).await.map(message)
        }
        Deed::MakeGroup { group } => store.create_group(me, group).await.map(conversation),
        Deed::Update { id, update } => store.update_group(me, id, update).await.map(conversation),
        Deed::DeleteGroup { id } => store.delete_group(me, id).await.map(|()| Reply::Done),
        Deed::PutMember { id, user, role } => {
            store.put_member(me, id, user, role).await.map(|(it, _)| member(it))
        }
        Deed::RemoveMember { id, user } => store.remove_member(me, id, user).await.map(|()| Reply::Done),
        Deed::HandOver { id, user } => store.hand_over(me, id, user).await.map(member),
        Deed::Ask { username } => store.ask_friend(me, username).await.map(|_| Reply::Done),
        Deed::Unfriend { user } => store.unfriend(me, user).await.map(|()| Reply::Done),
        Deed::Block { user } => store.block(me, user).await.map(|_| Reply::Done),
        Deed::Unblock { user } => store.unblock(me, user).await.map(|()| Reply::Done),
        Deed::OpenDirect { user } => {
            store.open_direct(me, user).await.map(|it| conversation(it.conversation))
        }
        Deed::Arrange { id, update } => {
            store.update_preferences(me, id, update).await.map(Reply::Preferences)
        }
        Deed::UpdateMe { update } => store.update_me(me, update).await.map(Reply::Me),
    }
}
