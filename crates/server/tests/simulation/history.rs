//! What happened in a run, in lines for people. Kept only where a run is told.

use std::collections::{BTreeMap, VecDeque};
use umbrachat_protocol::{Member, Message, MessageKind, ServerEvent, UserId};

/// A history is to be read: of a long one the end counts.
const LINES: usize = 70;

pub(crate) struct History {
    traced: bool,
    names: BTreeMap<UserId, String>,
    lines: VecDeque<String>,
    left_out: usize,
}

impl History {
    pub(crate) fn new(traced: bool, names: BTreeMap<UserId, String>) -> Self {
        Self { traced, names, lines: VecDeque::new(), left_out: 0 }
    }

    pub(crate) fn note(&mut self, now: u64, line: impl FnOnce() -> String) {
        if !self.traced {
            return;
        }
        self.lines.push_back(format!(
            "{:>8.3} s  {}",
            f64::from(u32::try_from(now).unwrap_or(u32::MAX)) / 1e3,
            line()
        ));
        if self.lines.len() > LINES {
            self.lines.pop_front();
            self.left_out += 1;
        }
    }

    pub(crate) fn hears(&mut self, now: u64, device: &str, event: &ServerEvent) {
        if !self.traced || matches!(event, ServerEvent::Heartbeat {} | ServerEvent::Presence(_)) {
            return;
        }
        let what = self.in_words(event);
        let device = device.to_owned();
        self.note(now, || format!("{device} hears: {what}"));
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if self.left_out > 0 {
            text = format!("          … {} lines before …\n", self.left_out);
        }
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn in_words(&self, event: &ServerEvent) -> String {
        match event {
            ServerEvent::Ready(ready) => {
                let chats = ready.snapshot.conversations.iter();
                let chats: Vec<_> = chats.map(|it| format!("{}…@{}", short(it.id.0), it.rev.0)).collect();
                format!("ready, {}", chats.join(" "))
            }
            ServerEvent::Message { message } => self.message(message),
            ServerEvent::Member { member } => Self::member(member),
            ServerEvent::Conversation { conversation: it } => {
                format!("conversation {} at rev {}", short(it.id.0), it.rev.0)
            }
            ServerEvent::ConversationRemoved { conversation_id } => {
                format!("conversation {} is gone", short(conversation_id.0))
            }
            ServerEvent::Sent(sent) => format!("sent as message {} at rev {}", sent.seq.0, sent.rev.0),
            ServerEvent::Receipt { user_id, read_seq, .. } => {
                format!("{} has read up to {}", self.name(*user_id), read_seq.0)
            }
            ServerEvent::Skipped { rev, .. } => format!("rev {} is none of theirs", rev.0),
            ServerEvent::Friend(friend) => format!("friend {}", friend.user.username),
            ServerEvent::FriendRemoved { user_id } => format!("no friend any more: {}", self.name(*user_id)),
            ServerEvent::Resync {} => "look at the snapshot".to_owned(),
            ServerEvent::Error { code, .. } => format!("refused: {code:?}"),
            other => format!("{other:?}").chars().take(60).collect(),
        }
    }

    fn message(&self, message: &Message) -> String {
        let author = message.author_id.map_or("nobody", |author| self.name(author));
        let kind = match (message.kind, &message.notice, message.deleted_at) {
            (MessageKind::Notice, Some(notice), _) => format!("notice {:?}", notice.action),
            (_, _, Some(_)) => "a tombstone".to_owned(),
            _ => format!("{:?}", message.body),
        };
        let id = short(message.conversation_id.0);
        format!("{id}: message {} at rev {} by {author}: {kind}", message.seq.0, message.rev.0)
    }

    fn member(member: &Member) -> String {
        let left = if member.left_at.is_some() { " has left" } else { "" };
        let id = short(member.conversation_id.0);
        format!("{id}: {} is {:?}{left} at rev {}", member.user.username, member.role, member.rev.0)
    }

    fn name(&self, user: UserId) -> &str {
        self.names.get(&user).map_or("somebody", String::as_str)
    }
}

/// The part in which ids differ.
fn short(id: uuid::Uuid) -> String {
    let bytes = id.as_bytes();
    format!("#{}", u16::from_be_bytes([bytes[14], bytes[15]]))
}
