//! Marks of one's own: how far one has received and read, and how far the server has been told.

use crate::Millis;
use umbrachat_protocol::Seq;
use umbrachat_protocol::planted::{self, Bug};

/// Marks are sent without an answer and only move forward, so one command stands for any number of messages.
#[derive(Debug)]
pub(crate) struct Marks {
    /// The server is known to know this.
    read_confirmed: Seq,
    /// The server was told this, on this connection.
    read_sent: Seq,
    delivered_sent: Seq,
    /// When to tell it more.
    due: Option<Millis>,
    /// The `ref` of what it was told last.
    reference: Option<i64>,
}

/// What to tell the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tell {
    pub(crate) delivered: Option<Seq>,
    pub(crate) read: Option<Seq>,
}

impl Marks {
    pub(crate) fn new(read: Seq) -> Self {
        Self { read_confirmed: read, read_sent: read, delivered_sent: Seq::ZERO, due: None, reference: None }
    }

    pub(crate) fn read_confirmed(&self) -> Seq {
        self.read_confirmed
    }

    pub(crate) fn confirm_read(&mut self, seq: Seq) {
        self.read_confirmed = self.read_confirmed.max(seq);
        self.read_sent = self.read_sent.max(seq);
    }

    /// Begins to gather, where there is anything to tell.
    pub(crate) fn schedule(&mut self, received: Seq, read: Seq, at: Millis) {
        if self.due.is_none() && self.untold(received, read) != Tell::default() {
            self.due = Some(at);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.due
    }

    /// What is due by now; it counts as told.
    pub(crate) fn take_due(&mut self, received: Seq, read: Seq, now: Millis, reference: i64) -> Tell {
        if self.due.is_none_or(|due| due > now) {
            return Tell::default();
        }
        let tell = self.untold(received, read);
        self.due = None;
        self.reference = Some(reference);
        self.read_sent = self.read_sent.max(read);
        self.delivered_sent = self.delivered_sent.max(received);
        tell
    }

    /// The server refused for the moment what it was told under this `ref`: tell it again, then.
    pub(crate) fn refused(&mut self, reference: i64, again_at: Millis) -> bool {
        let mine = self.reference == Some(reference);
        if mine {
            self.forget_told();
            self.due = Some(again_at);
        }
        mine
    }

    /// What was told last may not have arrived.
    pub(crate) fn disconnected(&mut self) {
        if !planted::has(Bug::MarksLostWithConnection) {
            self.forget_told();
        }
        self.due = None;
    }

    fn forget_told(&mut self) {
        self.read_sent = self.read_confirmed;
        self.delivered_sent = Seq::ZERO;
        self.reference = None;
    }

    fn untold(&self, received: Seq, read: Seq) -> Tell {
        Tell {
            // What is read has been delivered: the server need not be told twice.
            delivered: (received > self.delivered_sent.max(read)).then_some(received),
            read: (read > self.read_sent).then_some(read),
        }
    }
}
