//! One conversation's changes, put in the order of their revs.
//!
//! Transactions commit in the order of their revs, but what they publish may overtake. Nothing leaves this room before
//! all that has a lower rev; what stays missing is read from the database.

use std::collections::BTreeMap;
use umbrachat_protocol::Rev;

/// Changes that may wait for a missing one. What does not fit is read from the database later.
const HELD: usize = 1_024;

#[derive(Debug)]
pub(super) struct Room<T> {
    /// Everything up to this rev has left. None until somebody has read where the conversation stands.
    position: Option<Rev>,
    held: BTreeMap<Rev, T>,
}

impl<T> Room<T> {
    pub(super) fn new(position: Option<Rev>) -> Self {
        Self { position, held: BTreeMap::new() }
    }

    /// Says where the conversation stands, unless that is known; gives what may leave.
    pub(super) fn seed(&mut self, rev: Rev) -> Vec<(Rev, T)> {
        if self.position.is_none() {
            self.position = Some(rev);
            self.held = self.held.split_off(&rev.next());
        }
        self.take_ready()
    }

    /// Takes one change in; gives what may leave, in order. A change that has left already is dropped.
    pub(super) fn offer(&mut self, rev: Rev, change: T) -> Vec<(Rev, T)> {
        if self.position.is_some_and(|position| rev <= position) {
            return Vec::new();
        }
        self.held.insert(rev, change);
        if self.held.len() > HELD {
            self.held.pop_last();
        }
        self.take_ready()
    }

    /// Takes in everything up to `rev`, as the database has it; gives what may leave, in order.
    pub(super) fn fill(&mut self, rev: Rev, changes: Vec<(Rev, T)>) -> Vec<(Rev, T)> {
        let Some(position) = self.position else { return Vec::new() };
        let mut ready: Vec<_> = changes.into_iter().filter(|(changed, _)| *changed > position).collect();
        if rev > position {
            self.position = Some(rev);
            self.held = self.held.split_off(&rev.next());
        }
        ready.extend(self.take_ready());
        ready
    }

    /// The rev after which something is missing.
    pub(super) fn gap(&self) -> Option<Rev> {
        self.position.filter(|_| !self.held.is_empty())
    }

    pub(super) fn position(&self) -> Option<Rev> {
        self.position
    }

    fn take_ready(&mut self) -> Vec<(Rev, T)> {
        let mut ready = Vec::new();
        let Some(mut position) = self.position else { return ready };
        while let Some(entry) = self.held.first_entry().filter(|entry| *entry.key() == position.next()) {
            position = *entry.key();
            ready.push(entry.remove_entry());
        }
        self.position = Some(position);
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revs(ready: Vec<(Rev, &'static str)>) -> Vec<i64> {
        ready.into_iter().map(|(rev, _)| rev.0).collect()
    }

    #[test]
    fn what_overtakes_waits_for_what_it_overtook() {
        let mut room = Room::new(Some(Rev(4)));
        assert!(revs(room.offer(Rev(6), "six")).is_empty());
        assert_eq!(room.gap(), Some(Rev(4)));
        assert_eq!(revs(room.offer(Rev(5), "five")), [5, 6]);
        assert_eq!(room.gap(), None);
    }

    #[test]
    fn a_change_leaves_once() {
        let mut room = Room::new(Some(Rev(4)));
        assert_eq!(revs(room.offer(Rev(5), "five")), [5]);
        assert!(revs(room.offer(Rev(5), "five again")).is_empty());
        assert!(revs(room.offer(Rev(3), "long gone")).is_empty());
    }

    #[test]
    fn before_anybody_knows_where_it_stands_changes_wait() {
        let mut room = Room::new(None);
        assert!(revs(room.offer(Rev(7), "in the snapshot")).is_empty());
        assert!(revs(room.offer(Rev(9), "not in it")).is_empty());
        assert!(revs(room.offer(Rev(8), "not in it either")).is_empty());
        assert_eq!(revs(room.seed(Rev(7))), [8, 9]);
        assert!(revs(room.seed(Rev(20))).is_empty(), "only the first one counts");
        assert_eq!(revs(room.offer(Rev(10), "next")), [10]);
    }

    #[test]
    fn the_database_fills_a_gap_and_what_waited_goes_on_after_it() {
        let mut room = Room::new(Some(Rev(1)));
        room.offer(Rev(5), "five");
        room.offer(Rev(8), "eight");
        // Rev 2 and 4 were changed again by 5, so the database has only the newer version.
        let ready = room.fill(Rev(7), vec![(Rev(3), "three"), (Rev(5), "five"), (Rev(7), "seven")]);
        assert_eq!(revs(ready), [3, 5, 7, 8]);
        assert_eq!(room.position(), Some(Rev(8)));
    }

    #[test]
    fn an_answer_from_the_past_does_no_harm() {
        let mut room = Room::new(Some(Rev(9)));
        assert!(revs(room.fill(Rev(5), vec![(Rev(5), "old")])).is_empty());
        assert_eq!(room.position(), Some(Rev(9)));
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_database() {
        let mut room = Room::new(Some(Rev(0)));
        for rev in 2..=2_000 {
            assert!(revs(room.offer(Rev(rev), "late")).is_empty());
        }
        assert!(room.held.len() <= HELD);
        assert_eq!(room.gap(), Some(Rev(0)));
    }
}
