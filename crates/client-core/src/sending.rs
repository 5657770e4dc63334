//! Sending: from what the person wrote to what the server has acknowledged, shown once at every moment.

use crate::{Change, Core, Effect, Failure, Millis, Outgoing, Progress};
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::socket::Sent;
use umbrachat_protocol::{ClientId, ConversationId, ErrorCode, Message, Reference, Rev, text};

impl Core {
    pub(crate) fn restore(&mut self, unsent: Vec<Outgoing>) {
        for outgoing in unsent {
            let known = self.state.outbox.find(outgoing.client_id);
            if known.is_some_and(|known| known.failure == outgoing.failure) {
                continue;
            }
            // Refused elsewhere, or tried again there.
            self.state.outbox.remove(outgoing.conversation_id, outgoing.client_id);
            self.progress(&outgoing, standing(&outgoing));
            // Whether it was sent before the restart nobody knows.
            self.state.outbox.add(outgoing, 1);
        }
    }

    pub(crate) fn send(&mut self, mut outgoing: Outgoing) {
        if planted::has(Bug::ReuseClientId)
            && let Some(earlier) = self.state.outbox.all().last()
        {
            outgoing.client_id = earlier.client_id;
        }
        if !self.state.outbox.knows(outgoing.client_id) {
            self.keep(outgoing, 0);
        }
    }

    /// A retried message goes to the end, so that it does not hold up what was written since.
    pub(crate) fn retry(&mut self, client_id: ClientId) {
        let outbox = &mut self.state.outbox;
        let failed = outbox.find(client_id).filter(|outgoing| outgoing.failure.is_some());
        let Some(conversation) = failed.map(|outgoing| outgoing.conversation_id) else { return };
        if let Some(queued) = outbox.remove(conversation, client_id) {
            self.keep(Outgoing { position: 0, failure: None, ..queued.outgoing }, queued.attempts);
        }
    }

    pub(crate) fn discard(&mut self, client_id: ClientId) {
        let outbox = &mut self.state.outbox;
        let Some(conversation) = outbox.find(client_id).map(|outgoing| outgoing.conversation_id) else {
            return;
        };
        if let Some(queued) = outbox.remove(conversation, client_id) {
            self.forget(&queued.outgoing, Progress::Discarded);
        }
    }

    /// The conversation is gone, and with it the place where they would show.
    pub(crate) fn discard_all_of(&mut self, conversation: ConversationId) {
        let unsent: Vec<_> = self.state.outbox.of(conversation).map(|outgoing| outgoing.client_id).collect();
        for client_id in unsent {
            self.discard(client_id);
        }
    }

    pub(crate) fn sent(&mut self, sent: Sent, now: Millis) {
        let id = sent.conversation_id;
        let mine = self.state.outbox.remove(id, sent.client_id);
        let me = self.state.my_id();
        if let Some(queued) = &mine {
            self.forget(&queued.outgoing, Progress::Sent(sent.seq));
        }
        let Some(conversation) = self.state.conversations.get_mut(&id) else {
            self.snapshot.unknown(id, sent.rev, now);
            return;
        };
        conversation.reach(sent.rev);
        if let (Some(queued), Some(me)) = (mine, me) {
            // A message that was sent before, unknown to us with success, may have been edited or deleted since: then
            // what was written stands in only until the row itself has come.
            let at_first = queued.attempts == 1;
            let rev = if at_first { sent.rev } else { Rev::ZERO };
            let message = queued.outgoing.confirmed(&sent, rev, me);
            let put = conversation.put_message(&message, Some(me));
            if at_first {
                conversation.arrived(sent.rev);
            }
            self.show_message(message, put == crate::rows::Put::New);
        }
    }

    /// Seeing one's own message is as good as its acknowledgement.
    pub(crate) fn acknowledge_if_mine(&mut self, message: &Message) {
        let me = self.state.my_id();
        if me.is_some() && message.author_id == me {
            let mine = self.state.outbox.remove(message.conversation_id, message.client_id);
            if let Some(queued) = mine {
                self.forget(&queued.outgoing, Progress::Sent(message.seq));
            }
        }
    }

    pub(crate) fn refused(
        &mut self,
        reference: Option<Reference>,
        code: ErrorCode,
        detail: String,
        now: Millis,
    ) {
        let Some(Reference::Number(reference)) = reference else { return };
        let Self { state, link, config, .. } = self;
        let Some(queued) = state.outbox.awaiting(reference) else {
            let again_at = now.plus(link.backoff(1, config));
            for conversation in state.conversations.values_mut() {
                if passes(code) && conversation.marks.refused(reference, again_at) {
                    break;
                }
            }
            return;
        };
        queued.in_flight = None;
        if passes(code) {
            queued.not_before = now.plus(link.backoff(queued.attempts, config));
            return;
        }
        queued.outgoing.failure = Some(Failure { code, detail });
        let outgoing = queued.outgoing.clone();
        if code == ErrorCode::NotFound && !state.conversations.contains_key(&outgoing.conversation_id) {
            self.discard(outgoing.client_id);
        } else {
            self.out.push(Effect::SaveOutgoing(outgoing.clone()));
            self.progress(&outgoing, standing(&outgoing));
        }
    }

    fn keep(&mut self, mut outgoing: Outgoing, attempts: u32) {
        if let Err(field) = text::body(&outgoing.body) {
            outgoing.failure = Some(Failure { code: ErrorCode::Invalid, detail: field.detail });
        }
        let kept = self.state.outbox.add(outgoing, attempts).clone();
        self.out.push(Effect::SaveOutgoing(kept.clone()));
        self.progress(&kept, standing(&kept));
    }

    fn forget(&mut self, outgoing: &Outgoing, progress: Progress) {
        self.out.push(Effect::ForgetOutgoing(outgoing.client_id));
        self.progress(outgoing, progress);
    }

    fn progress(&mut self, outgoing: &Outgoing, progress: Progress) {
        let (conversation_id, client_id) = (outgoing.conversation_id, outgoing.client_id);
        self.out.changed(Change::Outgoing { conversation_id, client_id, progress });
    }
}

fn standing(outgoing: &Outgoing) -> Progress {
    outgoing.failure.clone().map_or(Progress::Sending, Progress::Failed)
}

/// Whether the server would take the same thing later. Where the token is at fault, a new connection follows.
fn passes(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Overloaded | ErrorCode::RateLimited | ErrorCode::TokenExpired | ErrorCode::Unauthenticated
    )
}
