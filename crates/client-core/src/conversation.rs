//! One conversation: itself, its messages, its members, and how far it is known without a gap.

use std::collections::BTreeMap;
use umbrachat_protocol::{Conversation, ConversationId, Member, Message, Rev, Seq, Timestamp};

/// What is known of one conversation.
#[derive(Debug)]
pub struct ConversationState {
    pub(crate) info: Conversation,
    pub(crate) rev: Rev,
    pub(crate) messages: BTreeMap<Seq, Message>,
    pub(crate) history: History,
    pub(crate) members: Vec<Member>,
    pub(crate) members_loaded: bool,
}

/// Which part of a conversation's messages is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// From here to the newest nothing is missing. None until the first page.
    pub loaded_from: Option<Seq>,
    /// The server has older ones.
    pub has_older: bool,
    /// A page is under way.
    pub loading: bool,
    /// The last page could not be had; ask again to retry.
    pub failed: bool,
}

impl ConversationState {
    pub fn id(&self) -> ConversationId {
        self.info.id
    }

    /// The conversation as the server would tell it now: title, newest message, marks, unread.
    pub fn info(&self) -> &Conversation {
        &self.info
    }

    /// The newest change up to which nothing is missing.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    pub fn history(&self) -> History {
        self.history
    }

    /// The loaded messages, oldest first; tombstones are among them.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        let from = self.history.loaded_from.unwrap_or(Seq(i64::MAX));
        self.messages.range(from..).map(|(_, message)| message)
    }

    /// A loaded message.
    pub fn message(&self, seq: Seq) -> Option<&Message> {
        self.messages.get(&seq).filter(|_| self.history.loaded_from.is_some_and(|from| from <= seq))
    }

    /// Those who are members now; none until they were asked for.
    pub fn members(&self) -> Option<impl Iterator<Item = &Member>> {
        self.members_loaded.then(|| self.members.iter().filter(|member| member.left_at.is_none()))
    }

    /// When something was last written here, or it began.
    pub fn active_at(&self) -> Timestamp {
        self.info.last_message.as_ref().map_or(self.info.created_at, |message| message.created_at)
    }
}
