//! The list of conversations as the person has arranged it.

use crate::{ConversationState, State};
use std::cmp::Reverse;
use umbrachat_protocol::Timestamp;

/// Every conversation is in exactly one of the two.
pub struct Arranged<'a> {
    /// Pinned ones first, the one that was pinned first at the top; then newest activity first.
    pub listed: Vec<&'a ConversationState>,
    /// What was put away, newest activity first.
    pub archived: Vec<&'a ConversationState>,
}

impl State {
    /// `now` by the device's clock, which decides what is still muted.
    pub fn arranged(&self, now: Timestamp) -> Arranged<'_> {
        let (archived, mut listed): (Vec<_>, Vec<_>) =
            self.conversations().into_iter().partition(|conversation| conversation.is_archived(now));
        // The sort is stable: those that are not pinned keep their order.
        listed.sort_by_key(|conversation| {
            let pinned_at = conversation.info().preferences.pinned_at;
            (Reverse(pinned_at.is_some()), pinned_at)
        });
        Arranged { listed, archived }
    }

    /// Unread messages of all conversations that are not muted.
    pub fn unread(&self, now: Timestamp) -> i64 {
        let heard = self.conversations.values().filter(|conversation| !conversation.is_muted(now));
        heard.map(|conversation| conversation.info().unread).sum()
    }
}

impl ConversationState {
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.info.preferences.is_muted(now)
    }

    pub fn is_archived(&self, now: Timestamp) -> bool {
        self.info.preferences.is_archived(self.info.last_seq, now)
    }
}
