//! What is shown for the moment and kept nowhere: who is here, and who types.

use crate::{Change, Core, Effect, Millis};
use umbrachat_protocol::limits::TYPING_SECONDS;
use umbrachat_protocol::socket::SetTyping;
use umbrachat_protocol::{ClientCommand, ConversationId, Presence, UserId};

/// A friend types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Typist {
    pub(crate) conversation: ConversationId,
    pub(crate) user: UserId,
    /// Unless it is said again.
    pub(crate) until: Millis,
}

impl Core {
    pub(crate) fn presence(&mut self, presence: Presence) {
        self.snapshot.note_presence(&presence);
        let known = &mut self.state.presence;
        match known.iter_mut().find(|held| held.user_id == presence.user_id) {
            Some(held) => *held = presence,
            None => known.push(presence),
        }
        self.out.changed(Change::Presence);
    }

    pub(crate) fn typing(&mut self, conversation: ConversationId, user: UserId, typing: bool, now: Millis) {
        self.state.typists.retain(|typist| (typist.conversation, typist.user) != (conversation, user));
        if typing {
            let until = now.plus(TYPING_SECONDS * 1_000);
            self.state.typists.push(Typist { conversation, user, until });
        }
        self.out.changed(Change::Typing(conversation));
    }

    /// Who has written does not type any more.
    pub(crate) fn has_written(&mut self, conversation: ConversationId, user: Option<UserId>, now: Millis) {
        let typed = |typist: &Typist| typist.conversation == conversation && Some(typist.user) == user;
        if let Some(user) = user.filter(|_| self.state.typists.iter().any(typed)) {
            self.typing(conversation, user, false, now);
        }
    }

    /// Nobody tells any more when they stop.
    pub(crate) fn forget_all_typists(&mut self) {
        for typist in self.state.typists.drain(..) {
            self.out.changed(Change::Typing(typist.conversation));
        }
    }

    pub(crate) fn forget_typists(&mut self, now: Millis) {
        let out = &mut self.out;
        self.state.typists.retain(|typist| {
            let stays = typist.until > now;
            if !stays {
                out.changed(Change::Typing(typist.conversation));
            }
            stays
        });
    }

    /// Says that one types; not worth keeping for later where there is no connection.
    pub(crate) fn set_typing(&mut self, conversation_id: ConversationId, typing: bool) {
        if self.link.is_ready() {
            let command = SetTyping { reference: None, conversation_id, typing };
            self.out.push(Effect::Transmit(ClientCommand::SetTyping(command)));
        }
    }
}
