//! What is loaded on demand, and what REST calls answered.

use crate::conversation::Membership;
use crate::rows::Put;
use crate::{Change, ConversationState, Core, Effect, Millis};
use std::collections::BTreeSet;
use umbrachat_protocol::{
    Changes, ConversationId, ErrorCode, Member, Message, MessagePage, NoticeAction, Rev, Seq, UserId,
};

impl Core {
    pub(crate) fn open(&mut self, conversation: Option<ConversationId>) {
        self.state.open = conversation;
        if let Some(conversation) = conversation.and_then(|id| self.state.conversations.get_mut(&id)) {
            conversation.history.failed = false;
        }
    }

    /// Also where it became known only after it was opened.
    pub(crate) fn load_what_is_open(&mut self) {
        let Some(id) = self.state.open else { return };
        let Some(conversation) = self.state.conversations.get(&id) else { return };
        let history = conversation.history;
        if history.loaded_from.is_none() && !history.loading && !history.failed {
            self.load_history(id);
        }
    }

    pub(crate) fn load_history(&mut self, id: ConversationId) {
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        let history = &mut conversation.history;
        let nothing_older = history.loaded_from.is_some() && !history.has_older;
        if history.loading || nothing_older {
            return;
        }
        history.loading = true;
        history.failed = false;
        self.out.push(Effect::FetchHistory {
            conversation_id: id,
            before: history.loaded_from,
            limit: self.config.history_page,
        });
        self.out.changed(Change::History(id));
    }

    pub(crate) fn history_loaded(&mut self, id: ConversationId, before: Option<Seq>, page: &MessagePage) {
        self.history_arrives(id, &page.messages, |conversation, me| conversation.put_page(before, page, me));
    }

    /// Puts messages that were asked for where they belong.
    pub(crate) fn history_arrives(
        &mut self,
        id: ConversationId,
        messages: &[Message],
        put: impl FnOnce(&mut ConversationState, Option<UserId>),
    ) {
        for message in messages {
            self.acknowledge_if_mine(message);
        }
        let me = self.state.my_id();
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        put(conversation, me);
        self.out.changed(Change::History(id));
        self.out.changed(Change::Conversation(id));
    }

    pub(crate) fn history_failed(&mut self, id: ConversationId) {
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        if conversation.history.loading {
            conversation.history.loading = false;
            conversation.history.failed = true;
            self.out.changed(Change::History(id));
        }
    }

    pub(crate) fn load_members(&mut self, id: ConversationId) {
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        let asked_at = conversation.rev();
        let membership = &mut conversation.membership;
        if !membership.loading && (!membership.loaded || membership.outdated) {
            *membership =
                Membership { loading: true, outdated: false, asked_at, again_at: None, ..*membership };
            self.out.push(Effect::FetchMembers { conversation_id: id });
        }
    }

    pub(crate) fn members_loaded(&mut self, id: ConversationId, members: Vec<Member>) {
        let me = self.state.my_id();
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        // Whoever erased their account has left no row that would tell of it.
        let there: BTreeSet<UserId> = members.iter().map(|member| member.user.id).collect();
        let asked_at = conversation.membership.asked_at;
        conversation
            .members
            .retain(|held| held.rev > asked_at || held.left_at.is_some() || there.contains(&held.user.id));
        let meanwhile = std::mem::take(&mut conversation.marked_meanwhile);
        for member in members {
            let hidden = (member.delivered_seq, member.read_seq) == (Seq::ZERO, Seq::ZERO);
            let user = member.user.id;
            let held = conversation.has_row_of(user);
            conversation.put_member(member, me);
            if meanwhile.contains(&user) && (hidden || !held) {
                // Hidden, or not moved yet when this was read, or moved while there was no place for it: the next answer
                // tells.
                conversation.membership.outdated = true;
            } else if hidden {
                conversation.hide_marks_of(user);
            }
        }
        let asked_at = conversation.rev();
        let membership = &mut conversation.membership;
        membership.loaded = true;
        membership.failures = 0;
        membership.loading = std::mem::take(&mut membership.outdated);
        if membership.loading {
            membership.asked_at = asked_at;
            self.out.push(Effect::FetchMembers { conversation_id: id });
        }
        self.out.changed(Change::Conversation(id));
    }

    /// They are asked for again later, or with the next snapshot.
    pub(crate) fn members_failed(&mut self, id: ConversationId, code: Option<ErrorCode>, now: Millis) {
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        let membership = &mut conversation.membership;
        membership.loading = false;
        membership.outdated = true;
        membership.failures = membership.failures.saturating_add(1);
        // Of a conversation that is not theirs any more, they will hear that.
        if !matches!(code, Some(ErrorCode::NotFound | ErrorCode::Forbidden)) {
            membership.again_at = Some(now.plus(self.link.backoff(membership.failures, &self.config)));
        }
    }

    pub(crate) fn ask_again_for_members(&mut self, now: Millis) {
        let conversations = self.state.conversations.values();
        let due = conversations.filter(|conversation| conversation.membership.is_due(now));
        let due: Vec<ConversationId> = due.map(crate::ConversationState::id).collect();
        for id in due {
            self.load_members(id);
        }
    }

    pub(crate) fn changes_loaded(&mut self, id: ConversationId, since: Rev, changes: Changes, now: Millis) {
        if changes.epoch.is_some() && self.state.epoch.is_some() && changes.epoch != self.state.epoch {
            // Of another history: it does not go on from what is known here.
            self.changes_failed(id, None, now);
            self.snapshot.request(now);
            return;
        }
        if !self.link.is_ready() {
            self.snapshot.note_changes();
        }
        for message in &changes.messages {
            self.acknowledge_if_mine(message);
        }
        let me = self.state.my_id();
        if let Some(info) = changes.conversation {
            self.update_conversation(info);
        }
        let Some(conversation) = self.state.conversations.get_mut(&id) else { return };
        for member in changes.members {
            conversation.put_member(member, me);
        }
        for receipt in changes.receipts {
            conversation.put_receipt(receipt.user_id, receipt.delivered_seq, receipt.read_seq, me);
        }
        let began_anew = |message: &Message| {
            let added = message.notice.filter(|notice| notice.action == NoticeAction::Added);
            added.is_some_and(|notice| notice.user_id.is_some() && notice.user_id == me)
                && message.seq > conversation.received()
        };
        if changes.messages.iter().any(began_anew) {
            conversation.forget_history();
        }
        let mut shown = Vec::new();
        for message in changes.messages {
            let put = conversation.put_message(&message, me);
            if put != Put::Known {
                shown.push((message, put == Put::New));
            }
        }
        conversation.arrived_between(since, changes.rev);
        conversation.catch_up.page_came(changes.has_more, now);
        if changes.rev > since {
            conversation.catch_up.helped();
        }
        // The server says that there is more and does not get further, or has not yet what is known to exist.
        let stuck = changes.has_more && changes.rev <= since;
        if stuck || (conversation.has_gap() && !changes.has_more) {
            let wait = self.link.backoff(conversation.catch_up.attempts(), &self.config);
            conversation.catch_up.wait(now.plus(wait));
        }
        self.out.changed(Change::Conversation(id));
        for (message, is_new) in shown {
            self.show_message(message, is_new);
        }
    }

    pub(crate) fn changes_failed(&mut self, id: ConversationId, code: Option<ErrorCode>, now: Millis) {
        if matches!(code, Some(ErrorCode::NotFound | ErrorCode::Forbidden)) {
            self.remove_conversation(id);
            return;
        }
        if let Some(conversation) = self.state.conversations.get_mut(&id) {
            let wait = self.link.backoff(conversation.catch_up.attempts(), &self.config);
            conversation.catch_up.wait(now.plus(wait));
        }
    }

    pub(crate) fn mark_read(&mut self, id: ConversationId, seq: Seq) {
        let conversation = self.state.conversations.get_mut(&id);
        if conversation.is_some_and(|conversation| conversation.read(seq)) {
            self.out.changed(Change::Conversation(id));
        }
    }
}
