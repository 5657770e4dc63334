//! Comparing what a device came to by events with what a fresh snapshot says: they must agree.

use crate::{Config, Core, Input, Millis, State};
use umbrachat_protocol::socket::Ready;
use umbrachat_protocol::{
    Block, Conversation, ConversationId, Friend, FriendRequest, Me, Member, Message, MessagePage, Rev, Seq,
    ServerEvent, SessionId, Snapshot,
};

/// The part of a state that the server determines. Two devices of one person that have heard of everything have equal
/// digests, however they heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub me: Option<Me>,
    pub friends: Vec<Friend>,
    pub incoming_requests: Vec<FriendRequest>,
    pub outgoing_requests: Vec<FriendRequest>,
    pub blocks: Vec<Block>,
    pub conversations: Vec<ConversationDigest>,
}

/// One conversation of a [`Digest`], with as much of its history and members as is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationDigest {
    pub info: Conversation,
    pub rev: Rev,
    pub messages: Vec<Message>,
    pub has_older: bool,
    pub members: Option<Vec<Member>>,
}

impl State {
    pub fn digest(&self) -> Digest {
        let sorted = |requests: &[FriendRequest]| {
            let mut requests = requests.to_vec();
            requests.sort_by_key(|request| request.user.id);
            requests
        };
        let mut friends = self.friends.clone();
        friends.sort_by_key(|friend| friend.user.id);
        let mut blocks = self.blocks.clone();
        blocks.sort_by_key(|block| block.user.id);
        Digest {
            me: self.me.clone(),
            friends,
            incoming_requests: sorted(&self.friend_requests.incoming),
            outgoing_requests: sorted(&self.friend_requests.outgoing),
            blocks,
            conversations: self
                .conversations
                .values()
                .map(|chat| ConversationDigest::of(chat, self))
                .collect(),
        }
    }
}

impl ConversationDigest {
    fn of(conversation: &crate::ConversationState, state: &State) -> Self {
        let members = conversation.members().map(|members| {
            let mut members: Vec<Member> = members.cloned().collect();
            members.sort_by_key(|member| member.user.id);
            for me in members.iter_mut().filter(|member| Some(member.user.id) == state.my_id()) {
                // One's own marks are the conversation's `read_seq`; this copy of them is not told to oneself.
                (me.delivered_seq, me.read_seq) = (Seq::ZERO, Seq::ZERO);
            }
            members
        });
        Self {
            info: conversation.info().clone(),
            rev: conversation.rev(),
            messages: conversation.messages().cloned().collect(),
            has_older: conversation.history().has_older,
            members,
        }
    }
}

impl Digest {
    /// What a device that has just begun makes of this snapshot, these histories (newest part, one page each) and these
    /// members.
    pub fn fresh(
        snapshot: Snapshot,
        histories: Vec<(ConversationId, MessagePage)>,
        members: Vec<(ConversationId, Vec<Member>)>,
    ) -> Self {
        let mut core = Core::new(Config::with_seed(0));
        let session_id = SessionId(snapshot.user.user.id.0);
        let ready = Ready { session_id, heartbeat_seconds: 20, snapshot };
        let mut tell = |input| drop(core.handle(Millis(0), input));
        tell(Input::Event(ServerEvent::Ready(Box::new(ready))));
        for (conversation_id, page) in histories {
            tell(Input::LoadOlder(conversation_id));
            tell(Input::HistoryLoaded { conversation_id, before: None, page });
        }
        for (conversation_id, members) in members {
            tell(Input::LoadMembers(conversation_id));
            tell(Input::MembersLoaded { conversation_id, members });
        }
        core.state().digest()
    }
}
