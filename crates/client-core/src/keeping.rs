//! Keeping what is known across restarts, so that it can be read without the server: a bounded part of it, and never one
//! with a hole.

use crate::{Change, ConversationState, Core, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use umbrachat_protocol::{
    Conversation, ConversationId, Member, MessagePage, Presence, Rev, Snapshot, UserId,
};

/// Conversations that are kept, the last active ones,
pub const KEPT_CONVERSATIONS: usize = 50;
/// and messages of each, the newest.
pub const KEPT_MESSAGES: usize = 50;

/// Changes that are worth asking for. What is further behind is forgotten, and loaded anew when somebody looks.
const WORTH_CATCHING_UP: i64 = 200;

/// One conversation, as it was at one moment without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptConversation {
    pub info: Conversation,
    /// The newest messages, where they were loaded.
    #[serde(default)]
    pub history: Option<MessagePage>,
    /// Those who wrote them, for their names.
    #[serde(default)]
    pub people: Vec<Member>,
}

impl State {
    /// What is known apart from conversations; nothing before the first snapshot. Who was here is not for later.
    pub fn keep_account(&self) -> Option<Snapshot> {
        Some(Snapshot {
            user: self.me.clone()?,
            friends: self.friends.clone(),
            friend_requests: self.friend_requests.clone(),
            blocks: self.blocks.clone(),
            conversations: Vec::new(),
            presence: Vec::<Presence>::new(),
            epoch: self.epoch,
        })
    }

    /// Those that are worth keeping.
    pub fn kept_conversations(&self) -> Vec<ConversationId> {
        self.conversations().iter().take(KEPT_CONVERSATIONS).map(|conversation| conversation.id()).collect()
    }

    /// None for one with a gap: what was kept of it before is better.
    pub fn keep_conversation(&self, id: ConversationId) -> Option<KeptConversation> {
        self.conversation(id).filter(|conversation| !conversation.has_gap()).map(ConversationState::keep)
    }
}

impl ConversationState {
    fn keep(&self) -> KeptConversation {
        let history = self.history.loaded_from.map(|_| {
            let mut messages: Vec<_> = self.messages().rev().take(KEPT_MESSAGES).cloned().collect();
            messages.reverse();
            let first = messages.first().map(|message| message.seq);
            MessagePage { messages, has_more: self.history.has_older || first != self.history.loaded_from }
        });
        let named: BTreeSet<UserId> = history
            .iter()
            .flat_map(|page| &page.messages)
            .chain(&self.info.last_message)
            .flat_map(|message| {
                let subject = message.notice.and_then(|notice| notice.user_id);
                message.author_id.into_iter().chain(subject)
            })
            .collect();
        let people = self.members.iter().filter(|member| named.contains(&member.user.id)).cloned().collect();
        // What the server has not confirmed to be read is told again.
        let info = Conversation { read_seq: self.marks.read_confirmed(), ..self.info.clone() };
        KeptConversation { info, history, people }
    }

    fn recalled(kept: KeptConversation) -> Self {
        let KeptConversation { info, history, people } = kept;
        let mut conversation = Self::new(info);
        if let Some(page) = history {
            conversation.put_page(None, &page, None);
        }
        // For their names alone: who is a member now, the server tells when somebody wants to know.
        conversation.members = people;
        conversation
    }

    /// It was recalled, and so much has happened since that its newest page is cheaper than all of that.
    pub(crate) fn is_far_behind(&self, rev: Rev) -> bool {
        rev.0 - self.rev().0 > WORTH_CATCHING_UP
    }
}

impl Core {
    /// Begins with what was kept, where nothing is known yet.
    pub(crate) fn recall(&mut self, account: Snapshot, conversations: Vec<KeptConversation>) {
        if self.state.me.is_some() {
            return;
        }
        self.state.me = Some(account.user);
        self.state.epoch = account.epoch;
        self.state.friends = account.friends;
        self.state.friend_requests = account.friend_requests;
        self.state.blocks = account.blocks;
        for kept in conversations {
            let conversation = ConversationState::recalled(kept);
            self.recalled.insert(conversation.id());
            self.state.conversations.insert(conversation.id(), conversation);
        }
        for change in
            [Change::Me, Change::Friends, Change::FriendRequests, Change::Blocks, Change::Conversations]
        {
            self.out.changed(change);
        }
    }
}
