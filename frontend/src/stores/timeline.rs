//! A conversation made ready for showing: days, groups, and which rows are different now.
//!
//! Each row keeps its identity for as long as it is shown, also from being sent to being read, so that only what has
//! changed is drawn again, the focus stays where it is, and nothing is read aloud twice.

use crate::components::message_text::plain;
use crate::mentions::Mention;
use crate::moments;
use crate::realtime::Live;
use crate::stores::people;
use crate::texts;
use leptos::prelude::*;
use std::collections::BTreeMap;
use umbrachat_client_core::{Apart, ConversationState, Delivery, Entry, Failure, Outgoing, State};
use umbrachat_protocol::{
    ClientId, ConversationId, ConversationKind, Message, MessageKind, Role, Seq, Timestamp, UserId,
};
use uuid::Uuid;

/// Messages of one author within this belong together, in microseconds.
const GROUP_WITHIN: i64 = 5 * 60 * 1_000_000;

/// Rows that are on the page at most, and how many of them are exchanged when somebody comes near an end of them.
const MOST: usize = 160;
const STEP: usize = 60;

/// One message and its place among the others.
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact about the row's place")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) client_id: ClientId,
    /// None while it is not acknowledged.
    pub(crate) seq: Option<Seq>,
    pub(crate) mine: bool,
    pub(crate) author: String,
    /// Others cannot tell from the side alone who wrote it.
    pub(crate) named: bool,
    pub(crate) body: String,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) kind: Kind,
    pub(crate) written_at: Timestamp,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) edited: bool,
    pub(crate) deletable: bool,
    pub(crate) quote: Option<Quote>,
    pub(crate) reactions: Vec<Chip>,
    /// Why it was refused.
    pub(crate) failure: Option<String>,
    pub(crate) starts_day: bool,
    pub(crate) starts_group: bool,
    pub(crate) ends_group: bool,
    /// The first that was not read when the person came, or looked away.
    pub(crate) first_unread: bool,
}

/// What a message answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Quote {
    pub(crate) seq: Seq,
    /// Empty while it is not loaded.
    pub(crate) author: String,
    pub(crate) text: String,
}

/// An emoji on a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chip {
    pub(crate) emoji: String,
    pub(crate) names: Vec<String>,
    pub(crate) mine: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Deleted,
    Notice,
}

/// A row on the page.
#[derive(Clone)]
struct Shown {
    id: ClientId,
    row: ArcRwSignal<Row>,
}

/// The part of a conversation that is on the page. It does not grow, and what it costs does not depend on how long the
/// conversation is.
#[derive(Clone, Copy)]
pub(crate) struct Timeline {
    pub(crate) live: Live,
    pub(crate) id: ConversationId,
    shown: RwSignal<Vec<Shown>>,
    /// The newest message on the page, where newer ones are left out.
    until: StoredValue<Option<Seq>>,
    leaves_out_older: StoredValue<bool>,
    /// How far the person had read; what comes after it is marked as new.
    read_upto: RwSignal<Option<Seq>>,
}

impl Timeline {
    pub(crate) fn new(live: Live, id: ConversationId, read_upto: RwSignal<Option<Seq>>) -> Self {
        Self {
            live,
            id,
            shown: RwSignal::default(),
            until: StoredValue::new(None),
            leaves_out_older: StoredValue::new(false),
            read_upto,
        }
    }

    /// The rows on the page by their ids, in order.
    pub(crate) fn ids(self) -> Vec<Uuid> {
        self.shown.with(|shown| shown.iter().map(|shown| shown.id.0).collect())
    }

    /// Whether older and newer rows are left out.
    pub(crate) fn leaves_out(self) -> (bool, bool) {
        (self.leaves_out_older.get_value(), self.until.get_value().is_some())
    }

    /// The part that the rows are of, where that is not the newest; and whether they go to its newer end.
    pub(crate) fn apart(self) -> Option<(Apart, bool)> {
        let until = self.until.try_get_value().flatten()?;
        let apart = self.live.peek(|state| apart_around(state.conversation(self.id)?, until))?;
        Some((apart, apart.to == until))
    }

    /// Exchanges some rows for older or newer ones.
    pub(crate) fn shift(self, to_older: bool) {
        let until = self.until.get_value();
        let until = self.live.peek(|state| {
            let conversation = state.conversation(self.id)?;
            if to_older {
                // Whatever is not sent yet is newer than everything that is.
                let all_until = conversation.messages_until(until.unwrap_or(Seq(i64::MAX)));
                all_until.rev().nth(STEP).map(|message| message.seq).or(until)
            } else {
                let next = conversation.messages_from(until?).nth(STEP + 1).map(|message| message.seq);
                next.or_else(|| Some(apart_around(conversation, until?)?.to))
            }
        });
        self.until.set_value(until);
        self.renew();
    }

    /// Puts the rows around a message on the page.
    pub(crate) fn show(self, seq: Seq) {
        let is_it = |shown: &Shown| shown.row.with_untracked(|row| row.seq == Some(seq));
        if self.shown.with_untracked(|shown| shown.iter().any(is_it)) {
            return;
        }
        let until = self.live.peek(|state| {
            let conversation = state.conversation(self.id)?;
            conversation.message(seq)?;
            // Among the newest it is on the page together with them.
            let newer = || conversation.messages_from(seq);
            let far = newer().nth(MOST - 1).and_then(|_| Some(newer().nth(MOST / 2)?.seq));
            far.or_else(|| Some(apart_around(conversation, seq)?.to))
        });
        self.until.set_value(until);
        self.renew();
    }

    pub(crate) fn show_newest(self) {
        // Whoever sends may have gone on before it is sent.
        if self.until.try_get_value().flatten().is_some() {
            self.until.set_value(None);
            self.renew();
        }
    }

    /// A row that is shown now.
    pub(crate) fn row(self, id: Uuid) -> Option<ArcRwSignal<Row>> {
        self.shown.with_untracked(|shown| Some(shown.iter().rfind(|shown| shown.id.0 == id)?.row.clone()))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.shown.with(Vec::is_empty)
    }

    /// Shows what there is now. A row that was shown is changed in place, and only if it differs.
    pub(crate) fn renew(self) {
        // Whoever was here may have gone on.
        let Some(read_upto) = self.read_upto.try_get_untracked() else { return };
        let until = self.until.get_value();
        let (rows, leaves_out_older) = self.live.peek(|state| rows(state, self.id, until, read_upto));
        self.leaves_out_older.set_value(leaves_out_older);
        let before = self.shown.get_untracked();
        let same_rows =
            before.len() == rows.len() && before.iter().zip(&rows).all(|(a, b)| a.id == b.client_id);
        let mut kept = before.iter().cycle();
        let shown: Vec<Shown> = rows
            .into_iter()
            .map(|row| {
                let id = row.client_id;
                // The order hardly ever changes, so that what is looked for is mostly the next.
                let known = kept.by_ref().take(before.len()).find(|shown| shown.id == id);
                let Some(Shown { row: signal, .. }) = known else {
                    return Shown { id, row: ArcRwSignal::new(row) };
                };
                if signal.with_untracked(|before| *before != row) {
                    signal.set(row);
                }
                Shown { id, row: signal.clone() }
            })
            .collect();
        if !same_rows {
            self.shown.set(shown);
        }
    }

    /// What others have said after this message: the newest, but no more than so many, in order; and the newest of all.
    pub(crate) fn news(self, after: Option<Seq>, most: usize) -> (Vec<Row>, Option<Seq>) {
        self.live.peek(|state| {
            let Some(conversation) = state.conversation(self.id) else { return (Vec::new(), None) };
            let newest = conversation.messages().next_back().map(|message| message.seq);
            let Some(after) = after else { return (Vec::new(), newest) };
            let of_others = |message: &&Message| !is_mine(state, message);
            let mut news: Vec<Row> = conversation
                .messages_in(after.next()..)
                .rev()
                .filter(of_others)
                .take(most)
                .map(|message| row_of(state, message, people::name_to_me(state, self.id, message.author_id)))
                .collect();
            news.reverse();
            (news, newest)
        })
    }
}

/// The part that a message is in, where that is not the newest.
fn apart_around(conversation: &ConversationState, seq: Seq) -> Option<Apart> {
    conversation.history().apart.filter(|apart| apart.has(seq))
}

/// Lays out the part of a conversation that ends with `until`, or with its end; and whether there is more before it. What
/// comes after `read_upto` is marked as new.
fn rows(state: &State, id: ConversationId, until: Option<Seq>, read_upto: Option<Seq>) -> (Vec<Row>, bool) {
    let Some(conversation) = state.conversation(id) else { return (Vec::new(), false) };
    let is_group = conversation.info().kind == ConversationKind::Group;
    let outgoing: Vec<&Outgoing> = state.outgoing(id).filter(|_| until.is_none()).collect();
    let messages = conversation.messages_until(until.unwrap_or(Seq(i64::MAX)));
    let newest_first =
        outgoing.into_iter().rev().map(Entry::Outgoing).chain(messages.rev().map(Entry::Message));
    // One more than is shown, because a row looks like what is above it lets it look.
    let mut entries: Vec<Entry> = newest_first.take(MOST + 1).collect();
    entries.reverse();
    let leaves_out_older = entries.len() > MOST;
    let first_unread = first_unread(state, conversation, read_upto);

    let mut names: BTreeMap<Option<UserId>, String> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::with_capacity(entries.len());
    let mut day = None;
    for entry in entries {
        let mut row = match entry {
            Entry::Message(message) => {
                let author = names
                    .entry(message.author_id)
                    .or_insert_with(|| people::name_to_me(state, id, message.author_id));
                row_of(state, message, author.clone())
            }
            Entry::Outgoing(outgoing) => row_of_unsent(state, outgoing),
        };
        let its_day = moments::day_of(row.written_at);
        row.starts_day = day != Some(its_day);
        day = Some(its_day);
        row.first_unread = row.seq.is_some() && row.seq == first_unread;

        let follows = rows.last().is_some_and(|before| {
            !row.starts_day
                && !row.first_unread
                && before.mine == row.mine
                && before.author == row.author
                && (before.kind == Kind::Notice) == (row.kind == Kind::Notice)
                && row.written_at.0 - before.written_at.0 < GROUP_WITHIN
        });
        row.starts_group = !follows;
        row.named = is_group && !follows && !row.mine && row.kind != Kind::Notice;
        if let (true, Some(before)) = (follows, rows.last_mut()) {
            before.ends_group = false;
        }
        rows.push(row);
    }
    if leaves_out_older {
        rows.remove(0);
    }
    (rows, leaves_out_older)
}

/// The first message of somebody else's that was not read.
fn first_unread(state: &State, conversation: &ConversationState, read_upto: Option<Seq>) -> Option<Seq> {
    let after = read_upto?.next();
    let first = conversation.messages_in(after..).find(|message| !is_mine(state, message))?.seq;
    // Where it is the oldest that is loaded, there may be older ones that are new as well.
    let is_oldest = conversation.messages().next().is_some_and(|oldest| oldest.seq == first);
    (!is_oldest || first == after).then_some(first)
}

fn is_mine(state: &State, message: &Message) -> bool {
    message.author_id.is_some() && message.author_id == state.my_id()
}

fn row_of_unsent(state: &State, outgoing: &Outgoing) -> Row {
    let id = outgoing.conversation_id;
    let refusal = |failure: &Failure| texts::refusal(failure.code, &failure.detail);
    Row {
        client_id: outgoing.client_id,
        seq: None,
        mine: true,
        author: texts::t!(you).to_owned(),
        named: false,
        body: outgoing.body.clone(),
        mentions: mentions(state, id, &outgoing.mentions),
        kind: Kind::Text,
        written_at: outgoing.written_at,
        delivery: Some(outgoing.delivery()),
        edited: false,
        deletable: false,
        quote: outgoing.reply_to.map(|seq| quote(state, id, seq)),
        reactions: Vec::new(),
        failure: outgoing.failure.as_ref().map(refusal),
        starts_day: false,
        starts_group: false,
        ends_group: true,
        first_unread: false,
    }
}

fn row_of(state: &State, message: &Message, author: String) -> Row {
    let kind = match message.kind {
        _ if message.deleted_at.is_some() => Kind::Deleted,
        MessageKind::Notice => Kind::Notice,
        MessageKind::Text => Kind::Text,
    };
    let (id, mine) = (message.conversation_id, is_mine(state, message));
    let is_admin = state
        .conversation(id)
        .is_some_and(|it| it.info().kind == ConversationKind::Group && it.info().my_role >= Role::Admin);
    let reactions = message.reactions.iter().map(|reaction| Chip {
        emoji: reaction.emoji.clone(),
        names: reaction.user_ids.iter().map(|user| people::name_to_me(state, id, Some(*user))).collect(),
        mine: reaction.user_ids.iter().any(|user| Some(*user) == state.my_id()),
    });
    Row {
        client_id: message.client_id,
        seq: Some(message.seq),
        mine,
        author,
        named: false,
        body: people::body_of(state, message),
        mentions: mentions(state, id, &message.mentions),
        kind,
        written_at: message.created_at,
        delivery: state.delivery(message).filter(|_| kind == Kind::Text),
        edited: kind == Kind::Text && message.edited_at.is_some(),
        deletable: kind == Kind::Text && (mine || is_admin),
        quote: message.reply_to.filter(|_| kind == Kind::Text).map(|seq| quote(state, id, seq)),
        reactions: reactions.collect(),
        failure: None,
        starts_day: false,
        starts_group: false,
        ends_group: true,
        first_unread: false,
    }
}

fn mentions(state: &State, id: ConversationId, users: &[UserId]) -> Vec<Mention> {
    let mention = |user: &UserId| {
        let username = people::find(state, id, *user)?.username.clone();
        Some(Mention { username, me: Some(*user) == state.my_id() })
    };
    users.iter().filter_map(mention).collect()
}

/// The beginning of a message that is answered.
fn quote(state: &State, id: ConversationId, seq: Seq) -> Quote {
    let Some(message) = state.conversation(id).and_then(|conversation| conversation.message(seq)) else {
        return Quote { seq, author: String::new(), text: texts::t!(earlier_message).to_owned() };
    };
    let text =
        if message.deleted_at.is_some() { texts::t!(deleted).to_owned() } else { shorten(&message.body) };
    Quote { seq, author: people::name_to_me(state, id, message.author_id), text }
}

/// As much of a message as fits in a line or two, without its marks.
pub(crate) fn shorten(body: &str) -> String {
    let start: String = body.chars().take(160).collect();
    plain(&start)
}
