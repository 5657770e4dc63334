//! What was committed, as the store told of it commit by commit: the truth that everything else is held against.

use std::collections::{BTreeMap, BTreeSet};
use umbrachat_protocol::{
    Conversation, ConversationId, ConversationKind, FriendRequestDirection, Message, MessageKind,
    NoticeAction, Rev, Seq, ServerEvent, Settings, UserId,
};
use umbrachat_store::{Change, Numbered};

/// The server looks at the database again within this many milliseconds after an answer of it was lost.
const UNTOLD: u64 = 1_500;
/// Something that is told within this many milliseconds after it stopped being anybody's business was on its way.
const GRACE: u64 = 5;

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) chats: BTreeMap<ConversationId, Chat>,
    settings: BTreeMap<UserId, Vec<(u64, Settings)>>,
    friends: BTreeMap<(UserId, UserId), Vec<(u64, bool)>>,
    blocks: BTreeMap<(UserId, UserId), Vec<(u64, bool)>>,
    /// Promises that the commits themselves break.
    pub(crate) problems: Vec<String>,
    pub(crate) commits: u64,
    /// Until then the hub cannot know what it was not told.
    untold_until: u64,
}

pub(crate) struct Chat {
    pub(crate) kind: ConversationKind,
    pub(crate) number: usize,
    /// The rev at which it began.
    base: Rev,
    revs: BTreeSet<Rev>,
    pub(crate) messages: BTreeMap<Seq, Message>,
    pub(crate) stays: BTreeMap<UserId, Vec<Stay>>,
    pub(crate) read: BTreeMap<UserId, Seq>,
    pub(crate) deleted: bool,
}

/// One membership, from its beginning to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) first_seq: Seq,
    pub(crate) until: Option<Rev>,
}

impl Chat {
    pub(crate) fn rev(&self) -> Rev {
        self.revs.last().copied().unwrap_or(self.base)
    }

    pub(crate) fn last_seq(&self) -> Seq {
        self.messages.last_key_value().map_or(Seq(0), |(seq, _)| *seq)
    }

    /// The present membership.
    pub(crate) fn stay(&self, user: UserId) -> Option<Stay> {
        let last = self.stays.get(&user)?.last().copied();
        last.filter(|stay| stay.until.is_none() && !self.deleted)
    }

    /// Whether somebody may know of the change with this rev: of a message, of this one.
    pub(crate) fn may_know(&self, user: UserId, rev: Rev, seq: Option<Seq>) -> bool {
        self.stays.get(&user).is_some_and(|stays| {
            stays.iter().any(|stay| {
                stay.until.is_none_or(|until| rev < until) && seq.is_none_or(|seq| seq >= stay.first_seq)
            })
        })
    }
}

impl Ledger {
    pub(crate) fn committed(&mut self, now: u64, changes: &[Change]) {
        self.commits += 1;
        for change in changes {
            match change {
                Change::Numbered { id, rev, what } => self.numbered(*id, *rev, what),
                Change::Joined { user, conversation, first_seq } => {
                    self.joined(*user, conversation, *first_seq);
                }
                Change::Deleted { id, .. } => {
                    if let Some(chat) = self.chats.get_mut(id) {
                        chat.deleted = true;
                    }
                }
                Change::Receipt { user, id, event, .. } => {
                    if let ServerEvent::Receipt { read_seq, .. } = event {
                        self.marked(*user, *id, *read_seq);
                    }
                }
                Change::People { users, event } => {
                    for user in users {
                        self.told(now, *user, event);
                    }
                }
                Change::SessionEnded { .. }
                | Change::Unknown
                | Change::Told { .. }
                | Change::ConsentWithdrawn { .. }
                | Change::Erased { .. } => {}
            }
        }
    }

    pub(crate) fn blocked(&mut self, now: u64, blocker: UserId, other: UserId, blocks: bool) {
        self.blocks.entry((blocker, other)).or_default().push((now, blocks));
    }

    /// The answer to a commit was lost.
    pub(crate) fn untold(&mut self, now: u64) {
        self.untold_until = now + UNTOLD;
    }

    fn numbered(&mut self, id: ConversationId, rev: Rev, what: &Numbered) {
        let Self { chats, problems, friends, .. } = self;
        let Some(chat) = chats.get_mut(&id) else {
            problems.push(format!("rev {} of a conversation that nobody has joined", rev.0));
            return;
        };
        if rev != chat.rev().next() {
            problems.push(format!("chat {}: after rev {} comes {}", chat.number, chat.rev().0, rev.0));
        }
        chat.revs.insert(rev);
        match what {
            Numbered::Message { seq, event: ServerEvent::Message { message } } => {
                let known = chat.messages.get(seq);
                if known.is_none() && *seq != chat.last_seq().next() {
                    let last = chat.last_seq().0;
                    problems.push(format!("chat {}: after message {last} comes {}", chat.number, seq.0));
                }
                if known.is_none()
                    && message.kind == MessageKind::Text
                    && chat.kind == ConversationKind::Direct
                {
                    let mut pairs = chat.stays.keys().flat_map(|a| chat.stays.keys().map(move |b| (*a, *b)));
                    if pairs.any(|pair| friends.get(&pair).is_some_and(|log| !is_on(log))) {
                        problems.push(format!(
                            "chat {}: a message between people who are no friends",
                            chat.number
                        ));
                    }
                }
                if let (Some(author), Some(notice)) = (message.author_id, message.notice)
                    && let (NoticeAction::Added, Some(subject)) = (notice.action, notice.user_id)
                    && friends.get(&(author, subject)).is_some_and(|log| !is_on(log))
                {
                    problems.push(format!("chat {}: somebody who is no friend was added", chat.number));
                }
                if let Some(author) = message.author_id.filter(|_| known.is_none()) {
                    chat.read.insert(author, *seq);
                }
                chat.messages.insert(*seq, message.clone());
            }
            Numbered::Left { user, .. } => {
                if let Some(stay) = chat.stays.get_mut(user).and_then(|stays| stays.last_mut()) {
                    stay.until.get_or_insert(rev);
                }
            }
            Numbered::Message { .. } | Numbered::Member { .. } | Numbered::Conversation { .. } => {}
        }
    }

    fn joined(&mut self, user: UserId, conversation: &Conversation, first_seq: Seq) {
        let number = self.chats.len() + 1;
        let chat = self.chats.entry(conversation.id).or_insert_with(|| Chat {
            kind: conversation.kind,
            number,
            base: conversation.rev,
            revs: BTreeSet::new(),
            messages: conversation.last_message.iter().map(|it| (it.seq, it.clone())).collect(),
            stays: BTreeMap::new(),
            read: BTreeMap::new(),
            deleted: false,
        });
        chat.stays.entry(user).or_default().push(Stay { first_seq, until: None });
        chat.read.insert(user, conversation.read_seq);
    }

    fn marked(&mut self, user: UserId, id: ConversationId, read: Seq) {
        let Some(chat) = self.chats.get_mut(&id) else { return };
        let held = chat.read.entry(user).or_default();
        if read < *held {
            let number = chat.number;
            self.problems.push(format!("chat {number}: a mark moved back from {} to {}", held.0, read.0));
        }
        *held = read;
    }

    fn told(&mut self, now: u64, user: UserId, event: &ServerEvent) {
        match event {
            ServerEvent::Friend(friend) => {
                self.friends.entry((user, friend.user.id)).or_default().push((now, true));
            }
            ServerEvent::FriendRemoved { user_id } => {
                self.friends.entry((user, *user_id)).or_default().push((now, false));
            }
            ServerEvent::Account { user: me } => {
                self.settings.entry(user).or_default().push((now, me.settings));
            }
            ServerEvent::FriendRequest {
                direction: FriendRequestDirection::Incoming, user: other, ..
            } => {
                let log = self.blocks.get(&(user, other.id));
                if log.is_some_and(|log| is_on(log) && log.last().is_some_and(|(at, _)| *at < now)) {
                    self.problems.push("a request came to somebody who blocks the one who asks".to_owned());
                }
            }
            _ => {}
        }
    }

    /// Whether these two are or were friends just before.
    pub(crate) fn were_friends(&self, user: UserId, other: UserId, at: u64) -> bool {
        at <= self.untold_until
            || self
                .friends
                .get(&(user, other))
                .is_some_and(|log| held_lately(log, at, |friends| *friends, false))
    }

    /// Whether somebody shows, or showed just before, what this setting is about.
    pub(crate) fn showed(&self, user: UserId, at: u64, setting: impl Fn(&Settings) -> bool) -> bool {
        at <= self.untold_until
            || self.settings.get(&user).is_none_or(|log| held_lately(log, at, setting, true))
    }
}

fn is_on(log: &[(u64, bool)]) -> bool {
    log.last().is_some_and(|(_, on)| *on)
}

/// Whether something held at that time or a moment earlier. `before`: whether it held before the log begins.
fn held_lately<T>(log: &[(u64, T)], at: u64, holds: impl Fn(&T) -> bool, before: bool) -> bool {
    let mut value = before;
    let mut lately = false;
    for (since, state) in log {
        if *since > at {
            break;
        }
        // The value until now counts where it ended lately.
        lately |= value && *since + GRACE >= at;
        value = holds(state);
    }
    lately || value
}
