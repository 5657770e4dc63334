//! The way out to one socket: a bounded queue with one reader, the socket's own task.

use bytestring::ByteString;
use std::sync::OnceLock;
use tokio::sync::{Notify, mpsc};
use umbrachat_protocol::{CloseCode, ConversationId, Rev, ServerEvent, SessionId, UserId};

/// Events that may wait for one socket. When it is full the socket is closed as a slow consumer, and resumes.
const QUEUE: usize = 1_024;

pub struct Outlet {
    pub(super) id: u64,
    pub user: UserId,
    pub session: SessionId,
    queue: mpsc::Sender<Outgoing>,
    closing: OnceLock<CloseCode>,
    closed: Notify,
}

/// One event on its way: encoded once, shared by all who receive it.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) text: ByteString,
    pub(super) position: Position,
}

/// Which conversation an event belongs to, and where in it. A socket is told of its own conversations alone, and in each
/// only of what is newer than what it was told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// In none.
    Nowhere,
    /// In a conversation, but not a numbered change.
    In(ConversationId),
    /// The change with this rev.
    At(ConversationId, Rev),
    /// A conversation as it stands: it is the socket's from here on, and what is not newer has been told with it.
    From(ConversationId, Rev),
    /// The conversation is not the socket's any more, from this rev on.
    Until(ConversationId, Rev),
}

impl Outlet {
    pub(super) fn new(id: u64, user: UserId, session: SessionId) -> (Self, mpsc::Receiver<Outgoing>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let outlet = Self { id, user, session, queue, closing: OnceLock::new(), closed: Notify::new() };
        (outlet, waiting)
    }

    /// Puts an event in line. Does not wait: a full line closes the socket.
    pub(super) fn push(&self, outgoing: Outgoing) {
        if self.queue.try_send(outgoing).is_err() {
            self.close(CloseCode::SlowConsumer);
        }
    }

    /// Puts an answer to this socket alone in line.
    pub fn answer(&self, event: &ServerEvent) {
        self.push(Outgoing { text: encode(event), position: Position::Nowhere });
    }

    /// Tells the socket's task to close. The first reason counts.
    pub fn close(&self, code: CloseCode) {
        if self.closing.set(code).is_ok() {
            self.closed.notify_one();
        }
    }

    /// Waits until the socket is to be closed, for one waiter.
    pub async fn closed(&self) -> CloseCode {
        loop {
            if let Some(code) = self.closing.get() {
                return *code;
            }
            self.closed.notified().await;
        }
    }
}

pub(super) fn encode(event: &ServerEvent) -> ByteString {
    serde_json::to_string(event).expect("events are always JSON").into()
}
