//! What is checked all along: nobody ever receives what is not theirs to see.

use crate::calls::Reply;
use crate::ledger::Ledger;
use umbrachat_protocol::{
    Changes, Conversation, ConversationId, Member, Message, Presence, Rev, Seq, ServerEvent, Snapshot, UserId,
};

/// Somebody who receives something that left the server at that time.
pub(crate) struct Reader<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) user: UserId,
    pub(crate) at: u64,
}

type Verdict = Result<(), String>;

impl Reader<'_> {
    pub(crate) fn event(&self, event: &ServerEvent) -> Verdict {
        match event {
            ServerEvent::Ready(ready) => self.snapshot(&ready.snapshot),
            ServerEvent::Message { message } => self.message(message),
            ServerEvent::Conversation { conversation } => self.conversation(conversation),
            ServerEvent::Member { member } => self.member(member),
            ServerEvent::Skipped { conversation_id, rev } => {
                self.knows(*conversation_id, *rev, None, "a rev")
            }
            ServerEvent::Receipt { conversation_id, user_id, .. } => {
                self.marks_of(*conversation_id, *user_id)
            }
            ServerEvent::Typing { user_id, .. } => {
                let both = [self.user, *user_id];
                let shown = both.iter().all(|user| self.ledger.showed(*user, self.at, |it| it.typing));
                if shown && self.ledger.were_friends(self.user, *user_id, self.at) {
                    return Ok(());
                }
                Err("who types is shown to somebody who may not see it".to_owned())
            }
            ServerEvent::Presence(presence) => self.presence(presence),
            _ => Ok(()),
        }
    }

    pub(crate) fn reply(&self, reply: &Reply) -> Verdict {
        match reply {
            Reply::Snapshot(snapshot) => self.snapshot(snapshot),
            Reply::Changes(changes) => self.changes(changes),
            Reply::Page(page) => page.messages.iter().try_for_each(|message| self.message(message)),
            Reply::Members(members) => members.iter().try_for_each(|member| self.member(member)),
            Reply::Message(message) => self.message(message),
            Reply::Conversation(conversation) => self.conversation(conversation),
            Reply::Member(member) => self.member(member),
            Reply::Me(_) | Reply::Preferences(_) | Reply::Done => Ok(()),
        }
    }

    fn snapshot(&self, snapshot: &Snapshot) -> Verdict {
        snapshot.presence.iter().filter(|it| it.online).try_for_each(|presence| self.presence(presence))?;
        snapshot.conversations.iter().try_for_each(|conversation| self.conversation(conversation))
    }

    fn changes(&self, changes: &Changes) -> Verdict {
        changes.conversation.iter().try_for_each(|it| self.conversation(it))?;
        changes.members.iter().try_for_each(|it| self.member(it))?;
        changes.messages.iter().try_for_each(|it| self.message(it))?;
        let id = changes.members.first().map(|it| it.conversation_id);
        let id = id.or_else(|| changes.messages.first().map(|it| it.conversation_id));
        changes.receipts.iter().try_for_each(|receipt| match id {
            Some(id) => self.marks_of(id, receipt.user_id),
            None => Ok(()),
        })
    }

    fn conversation(&self, conversation: &Conversation) -> Verdict {
        self.knows(conversation.id, conversation.rev, None, "the conversation")?;
        if let (Some(peer), Some(_)) = (&conversation.peer, conversation.peer_receipt) {
            self.marks_of(conversation.id, peer.id)?;
        }
        conversation.last_message.iter().try_for_each(|it| self.message(it))
    }

    fn message(&self, message: &Message) -> Verdict {
        self.knows(message.conversation_id, message.rev, Some(message.seq), "a message")
    }

    fn member(&self, member: &Member) -> Verdict {
        self.knows(member.conversation_id, member.rev, None, "a member")?;
        if member.delivered_seq > Seq::ZERO || member.read_seq > Seq::ZERO {
            self.marks_of(member.conversation_id, member.user.id)?;
        }
        Ok(())
    }

    fn presence(&self, presence: &Presence) -> Verdict {
        let both = [self.user, presence.user_id];
        let shown = both.iter().all(|user| self.ledger.showed(*user, self.at, |it| it.presence));
        if shown && self.ledger.were_friends(self.user, presence.user_id, self.at) {
            return Ok(());
        }
        // That somebody has gone may still be told to those who saw them come.
        if !presence.online {
            return Ok(());
        }
        Err("who is here is shown to somebody who may not see it".to_owned())
    }

    fn marks_of(&self, id: ConversationId, user: UserId) -> Verdict {
        let both = [self.user, user];
        if user == self.user || both.iter().all(|user| self.ledger.showed(*user, self.at, |it| it.receipts)) {
            return Ok(());
        }
        let number = self.ledger.chats.get(&id).map_or(0, |chat| chat.number);
        Err(format!("chat {number}: hidden receipts are shown"))
    }

    fn knows(&self, id: ConversationId, rev: Rev, seq: Option<Seq>, what: &str) -> Verdict {
        let Some(chat) = self.ledger.chats.get(&id) else {
            return Err(format!("{what} of a conversation that there is not"));
        };
        if chat.may_know(self.user, rev, seq) {
            return Ok(());
        }
        let of = seq.map_or(String::new(), |seq| format!(" (message {})", seq.0));
        Err(format!("chat {}: {what} at rev {}{of} is not theirs to see", chat.number, rev.0))
    }
}
