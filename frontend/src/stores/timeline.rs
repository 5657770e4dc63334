//! A conversation made ready for showing: days, groups, and which rows are different now.
//!
//! Each row keeps its identity for as long as it is shown, also from being sent to being read, so that only what has
//! changed is drawn again, the focus stays where it is, and nothing is read aloud twice.

use crate::components::message_text::plain;
use crate::mentions::Mention;
use crate::moments;
use crate::stores::people;
use crate::texts;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use umbrachat_client_core::{Delivery, Entry, State};
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

/// All rows, of which a part that does not grow is on the page.
#[derive(Clone, Copy)]
pub(crate) struct Timeline {
    shown: RwSignal<Vec<Shown>>,
    /// The newest row on the page, where newer ones are left out.
    until: RwSignal<Option<ClientId>>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        Self { shown: RwSignal::default(), until: RwSignal::new(None) }
    }

    /// The rows on the page by their ids, in order.
    pub(crate) fn ids(self) -> Vec<Uuid> {
        let until = self.until.get();
        self.shown.with(|shown| shown[part(shown, until)].iter().map(|shown| shown.id.0).collect())
    }

    /// Whether older and newer rows are left out.
    pub(crate) fn leaves_out(self) -> (bool, bool) {
        let until = self.until.get_untracked();
        self.shown.with_untracked(|shown| {
            let part = part(shown, until);
            (part.start > 0, part.end < shown.len())
        })
    }

    /// Exchanges some rows for older or newer ones.
    pub(crate) fn shift(self, to_older: bool) {
        let until = self.until.get_untracked();
        let until = self.shown.with_untracked(|shown| {
            let end = part(shown, until).end;
            let end = if to_older { end.saturating_sub(STEP).max(MOST) } else { end + STEP };
            end_at(shown, end)
        });
        self.until.set(until);
    }

    /// Puts the rows around a message on the page.
    pub(crate) fn show(self, seq: Seq) {
        let until = self.until.get_untracked();
        let until = self.shown.with_untracked(|shown| {
            let is_it = |shown: &Shown| shown.row.with_untracked(|row| row.seq == Some(seq));
            let place = shown.iter().position(is_it)?;
            let is_there = part(shown, until).contains(&place);
            if is_there { until } else { end_at(shown, (place + MOST / 2).max(MOST)) }
        });
        self.until.set(until);
    }

    pub(crate) fn show_newest(self) {
        // Whoever sends may have gone on before it is sent.
        if self.until.try_with_untracked(Option::is_some) == Some(true) {
            self.until.set(None);
        }
    }

    /// A row that is shown now.
    pub(crate) fn row(self, id: Uuid) -> Option<ArcRwSignal<Row>> {
        self.shown.with_untracked(|shown| Some(shown.iter().rfind(|shown| shown.id.0 == id)?.row.clone()))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.shown.with(Vec::is_empty)
    }

    /// Takes over what there is now. A row that was shown is changed in place, and only if it differs.
    pub(crate) fn update(self, rows: Vec<Row>) {
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
}

/// The rows that are on the page.
fn part(shown: &[Shown], until: Option<ClientId>) -> Range<usize> {
    let newest = until.and_then(|until| shown.iter().rposition(|shown| shown.id == until));
    let end = newest.map_or(shown.len(), |newest| newest + 1);
    end.saturating_sub(MOST)..end
}

/// What ends a part there; nothing where it is the end of all.
fn end_at(shown: &[Shown], end: usize) -> Option<ClientId> {
    if end < shown.len() { Some(shown[end - 1].id) } else { None }
}

/// Lays out a conversation. What comes after `read_upto` is marked as new.
pub(crate) fn rows(state: &State, id: ConversationId, read_upto: Option<Seq>) -> Vec<Row> {
    let conversation = state.conversation(id);
    let is_group = conversation.is_some_and(|it| it.info().kind == ConversationKind::Group);
    let me = state.my_id();
    let mut names: BTreeMap<Option<UserId>, String> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut day = None;
    let mut unread_marked = false;
    for entry in state.timeline(id) {
        let mut row = match entry {
            Entry::Message(message) => {
                let mine = message.author_id.is_some() && message.author_id == me;
                let author = names
                    .entry(message.author_id)
                    .or_insert_with(|| people::name_to_me(state, id, message.author_id));
                row_of(state, message, mine, author.clone(), entry.delivery(state))
            }
            Entry::Outgoing(outgoing) => Row {
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
                failure: outgoing
                    .failure
                    .as_ref()
                    .map(|failure| texts::refusal(failure.code, &failure.detail)),
                starts_day: false,
                starts_group: false,
                ends_group: true,
                first_unread: false,
            },
        };
        let its_day = moments::day_of(row.written_at);
        row.starts_day = day != Some(its_day);
        day = Some(its_day);

        if let (false, false, Some(read_upto), Some(seq)) = (row.mine, unread_marked, read_upto, row.seq)
            && seq > read_upto
        {
            unread_marked = true;
            // Where it is the oldest that is loaded, there may be older ones that are new as well.
            row.first_unread = !rows.is_empty() || seq == read_upto.next();
        }

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
    rows
}

fn row_of(state: &State, message: &Message, mine: bool, author: String, delivery: Option<Delivery>) -> Row {
    let kind = match message.kind {
        _ if message.deleted_at.is_some() => Kind::Deleted,
        MessageKind::Notice => Kind::Notice,
        MessageKind::Text => Kind::Text,
    };
    let id = message.conversation_id;
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
        delivery: delivery.filter(|_| kind == Kind::Text),
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
