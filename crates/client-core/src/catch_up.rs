//! Filling gaps: when to ask for a conversation's changes.

use crate::Millis;

/// Pages of changes that are under way at once, over all conversations.
pub(crate) const FETCHES_AT_ONCE: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct CatchUpState {
    fetch: Fetch,
    /// Fetches in a row that did not help.
    attempts: u32,
    /// The last page said that there is another one.
    has_more: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fetch {
    #[default]
    Idle,
    Waiting {
        until: Millis,
    },
    UnderWay,
}

impl CatchUpState {
    /// There is a gap, or there is none. A new gap may be mere reordering, so it is given until then.
    pub(crate) fn note_gap(&mut self, gap: bool, until: Millis) {
        let gap = gap || self.has_more;
        match self.fetch {
            Fetch::Idle if gap => self.fetch = Fetch::Waiting { until },
            Fetch::Idle => self.attempts = 0,
            Fetch::Waiting { .. } if !gap => *self = Self::default(),
            Fetch::Waiting { .. } | Fetch::UnderWay => {}
        }
    }

    /// More is certain to be missing: no reason to wait.
    pub(crate) fn hurry(&mut self, now: Millis) {
        if self.fetch != Fetch::UnderWay {
            self.fetch = Fetch::Waiting { until: now };
        }
    }

    pub(crate) fn is_due(&self, now: Millis) -> bool {
        matches!(self.fetch, Fetch::Waiting { until } if until <= now)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.fetch == Fetch::UnderWay
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.fetch {
            Fetch::Waiting { until } => Some(until),
            Fetch::Idle | Fetch::UnderWay => None,
        }
    }

    pub(crate) fn begin(&mut self) {
        self.fetch = Fetch::UnderWay;
        self.attempts = self.attempts.saturating_add(1);
    }

    /// A page came; where there is more, that can be asked for at once.
    pub(crate) fn page_came(&mut self, has_more: bool, now: Millis) {
        self.has_more = has_more;
        self.fetch = if has_more { Fetch::Waiting { until: now } } else { Fetch::Idle };
    }

    /// It got further.
    pub(crate) fn helped(&mut self) {
        self.attempts = 0;
    }

    /// Nothing came, or nothing that helped.
    pub(crate) fn wait(&mut self, until: Millis) {
        self.fetch = Fetch::Waiting { until };
    }

    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }
}
