//! What a person was told outside of their conversations, counted: events about people carry no rev, and who has counted
//! less than the database has missed one.

use super::hub::Hub;
use super::state::State;
use std::collections::{BTreeMap, BTreeSet};
use umbrachat_protocol::UserId;

/// Numbers that may wait for a lower one. What does not fit shows as missing.
const HELD: usize = 64;

/// How far a person has been told without a gap.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// None until somebody has asked the database.
    up_to: Option<i64>,
    ahead: BTreeSet<i64>,
}

impl Told {
    /// Where things stood before the first snapshot was read.
    fn begin(&mut self, version: i64) {
        if self.up_to.is_none() {
            self.reach(version);
        }
    }

    /// Takes one number in.
    fn note(&mut self, version: i64) {
        if self.up_to.is_none_or(|up_to| version > up_to) {
            self.ahead.insert(version);
            if self.ahead.len() > HELD {
                self.ahead.pop_last();
            }
            self.close_up();
        }
    }

    /// Everything up to there has been looked up.
    fn reach(&mut self, version: i64) {
        self.up_to = Some(self.up_to.map_or(version, |up_to| up_to.max(version)));
        self.ahead = self.ahead.split_off(&(version + 1));
        self.close_up();
    }

    fn close_up(&mut self) {
        let Some(mut up_to) = self.up_to else { return };
        while self.ahead.remove(&(up_to + 1)) {
            up_to += 1;
        }
        self.up_to = Some(up_to);
    }

    fn has_missed(&self, version: i64) -> bool {
        self.up_to.is_some_and(|up_to| up_to < version)
    }
}

impl State {
    /// Somebody has been told something with this number.
    pub(super) fn note_told(&mut self, user: UserId, version: i64) {
        if let Some(person) = self.people.get_mut(&user) {
            person.told.note(version);
        }
    }

    /// Of these people, who has not been told everything.
    pub(super) fn uninformed(&self, versions: &BTreeMap<UserId, i64>) -> Vec<UserId> {
        let has_missed = |user: &UserId, version: i64| {
            self.people.get(user).is_some_and(|person| person.told.has_missed(version))
        };
        versions.iter().filter(|(user, version)| has_missed(user, **version)).map(|(user, _)| *user).collect()
    }

    /// Somebody has looked up everything up to this number.
    pub(super) fn is_informed(&mut self, user: UserId, version: i64) {
        if let Some(person) = self.people.get_mut(&user) {
            person.told.reach(version);
        }
    }
}

impl Hub {
    /// Where a person stands whose first snapshot is about to be read.
    pub(super) fn begin_counting(&self, user: UserId, version: i64) {
        if let Some(person) = self.state().people.get_mut(&user) {
            person.told.begin(version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Told;

    #[test]
    fn who_was_told_everything_has_missed_nothing_in_whatever_order() {
        let mut told = Told::default();
        told.note(6);
        assert!(!told.has_missed(9), "nobody knows yet where it stands");
        told.begin(4);
        assert!(told.has_missed(6));
        told.note(5);
        assert!(!told.has_missed(6), "the other one had come before");
        told.note(5);
        told.note(3);
        assert!(!told.has_missed(6) && told.has_missed(7));
    }

    #[test]
    fn what_was_looked_up_is_not_missed_any_more() {
        let mut told = Told::default();
        told.begin(0);
        for version in 3..=200 {
            told.note(version);
        }
        assert!(told.has_missed(1));
        told.reach(2);
        assert!(!told.has_missed(66), "so many had waited");
        assert!(told.has_missed(67), "the others did not fit");
        told.reach(200);
        told.begin(0);
        assert!(!told.has_missed(200));
    }
}
