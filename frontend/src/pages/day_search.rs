//! Finding the first message since a moment. Messages are numbered in the order of time, so a few pages tell: alternately the
//! one where it would be if people wrote evenly, and the one in the middle of what is left, which bounds how many it takes.

use umbrachat_client_core::ConversationState;
use umbrachat_protocol::{Message, Seq, Timestamp};

/// Messages to a page.
pub(crate) const PAGE: i64 = 50;

#[derive(Debug)]
pub(crate) struct Search {
    wanted: Timestamp,
    /// Everything up to this number is older than what is wanted, and was written until then.
    older: (i64, Timestamp),
    /// Everything from this number on is not.
    newer: (i64, Timestamp),
    answer: Option<Seq>,
    halve: bool,
}

impl Search {
    /// Begins with what is loaded of a conversation.
    pub(crate) fn of(conversation: &ConversationState, wanted: Timestamp) -> Self {
        let loaded = || conversation.messages();
        let began = (0, conversation.info().created_at);
        let first = loaded().find(|message| message.created_at >= wanted);
        let last_older = loaded().rev().find(|message| message.created_at < wanted);
        let newer = first.map_or((0, wanted), |message| (message.seq.0, message.created_at));
        let older = match last_older {
            Some(message) => (message.seq.0, message.created_at),
            None if conversation.history().has_older => began,
            // There is nothing before what is loaded.
            None => (newer.0 - 1, wanted),
        };
        Self { wanted, older, newer, answer: first.map(|message| message.seq), halve: false }
    }

    /// The first message of the page to look at next; none once it is known.
    pub(crate) fn probe(&mut self) -> Option<Seq> {
        let (older, newer) = (self.older.0, self.newer.0);
        let left = newer - older - 1;
        if left <= 0 {
            return None;
        }
        if left <= PAGE {
            return Some(Seq(older + 1));
        }
        self.halve = !self.halve;
        let guess = if self.halve { self.even_guess() } else { older + left / 2 };
        // What is wanted is rather in the middle of the page than at its edge.
        Some(Seq((guess - PAGE / 2).clamp(older + 1, newer - 1)))
    }

    /// Takes in the page that begins with this message, or with the next that is to be seen.
    pub(crate) fn learn(&mut self, probe: Seq, page: &[Message]) {
        match page.iter().position(|message| message.created_at >= self.wanted) {
            Some(0) => {
                self.answer = Some(page[0].seq);
                self.newer = (probe.0, page[0].created_at);
            }
            Some(index) => {
                self.answer = Some(page[index].seq);
                self.older = (self.newer.0, self.wanted);
            }
            None => match page.last() {
                Some(last) => self.older = (last.seq.0, last.created_at),
                None => self.older = (self.newer.0, self.wanted),
            },
        }
    }

    /// None where nothing was written since.
    pub(crate) fn found(&self) -> Option<Seq> {
        self.answer
    }

    fn even_guess(&self) -> i64 {
        let (older, newer) = (self.older, self.newer);
        let all = i128::from((newer.1.0 - older.1.0).max(1));
        let share =
            i128::from((self.wanted.0 - older.1.0).clamp(0, newer.1.0.saturating_sub(older.1.0).max(0)));
        let steps = i128::from(newer.0 - older.0) * share / all;
        older.0 + i64::try_from(steps).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use umbrachat_protocol::{ClientId, ConversationId, MessageKind, Rev};
    use uuid::Uuid;

    fn message(seq: i64, seconds: i64) -> Message {
        Message {
            conversation_id: ConversationId(Uuid::nil()),
            seq: Seq(seq),
            rev: Rev(seq),
            kind: MessageKind::Text,
            author_id: None,
            client_id: ClientId(Uuid::nil()),
            body: String::new(),
            reply_to: None,
            mentions: Vec::new(),
            created_at: Timestamp::default().plus_seconds(seconds),
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            notice: None,
        }
    }

    /// What was found, and how many pages it took, where only the last message is loaded.
    fn look(all: &[Message], wanted: i64) -> (Option<i64>, usize) {
        let last = all.last().unwrap();
        let mut search = Search {
            wanted: Timestamp::default().plus_seconds(wanted),
            older: (0, Timestamp::default()),
            newer: (last.seq.0, last.created_at),
            answer: Some(last.seq),
            halve: false,
        };
        let mut pages = 0;
        while let Some(probe) = search.probe() {
            pages += 1;
            assert!(pages < 40, "it goes round in circles");
            let from = all.partition_point(|message| message.seq < probe);
            let to = all.len().min(from + usize::try_from(PAGE).unwrap());
            search.learn(probe, &all[from..to]);
        }
        (search.found().map(|seq| seq.0), pages)
    }

    #[test]
    fn a_day_is_found_in_few_pages_however_unevenly_people_write() {
        let even: Vec<_> = (1..=100_000).map(|seq| message(seq, seq * 60)).collect();
        let bursts: Vec<_> = (1..=100_000).map(|seq| message(seq, (seq / 5_000) * 1_000_000 + seq)).collect();
        let late: Vec<_> = (1..=100_000).map(|seq| message(seq, 100_000_000 + seq)).collect();
        for (name, all, most) in [("even", even, 2), ("bursts", bursts, 16), ("late", late, 22)] {
            for index in (0..all.len()).step_by(7_919).chain([0, 1, 49, 50, 99_999]) {
                let wanted = all[index].created_at.0 / 1_000_000;
                let (found, pages) = look(&all, wanted);
                let first = all.iter().find(|message| message.created_at.0 >= wanted * 1_000_000).unwrap();
                assert_eq!(found, Some(first.seq.0), "{name}");
                assert!(pages <= most, "{name}: {pages} pages for number {index}");
            }
        }
    }

    #[test]
    fn what_is_hidden_from_who_joined_later_is_no_obstacle() {
        let all: Vec<_> = (700..=1_000).map(|seq| message(seq, seq)).collect();
        for (wanted, first) in [(0, 700), (700, 700), (701, 701), (999, 999)] {
            assert_eq!(look(&all, wanted).0, Some(first));
        }
    }
}
