//! Bugs that tests plant to see whether they would be noticed. Without the feature `planted-bugs` there are none, and what
//! asks for them compiles to nothing.

/// A promise that is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    // In the store.
    AcknowledgeBeforeCommit,
    PublishBeforeCommit,
    EditKeepsRev,
    DeleteKeepsRev,
    ReactionKeepsRev,
    RoleKeepsRev,
    RenameKeepsRev,
    RetryTakesNewSeq,
    MarkMovesBack,
    OwnMessageCountsAsUnread,
    HistoryLeaksFromBeforeJoining,
    ChangesLeakFromBeforeJoining,
    HiddenReceiptsInMembers,
    BlockedCanAsk,
    StrangersCanWrite,
    OwnerLeavesNobody,
    // In the server.
    DeliverAfterRemoval,
    SnapshotBeforeSubscribing,
    NewcomerIsNotFollowed,
    EventsLeakFromBeforeJoining,
    HiddenReceiptsInEvents,
    PresenceOutlivesFriendship,
    TypingShownToAll,
    RetryIsNotAnswered,
    // In the client.
    NoGapCheck,
    LowerRevWins,
    OutboxLostWithConnection,
    OutboxOutOfOrder,
    ReuseClientId,
    ResendUnderNewClientId,
    ResumeTooLate,
    UnreadOffByOne,
    MarksLostWithConnection,
    OutdatedSnapshotCounts,
    RemovedConversationStays,
}

#[cfg(not(feature = "planted-bugs"))]
mod switch {
    use super::Bug;

    /// Whether this bug is planted.
    pub const fn has(_: Bug) -> bool {
        false
    }

    /// Whether a machine that crashed would still write.
    pub const fn has_power() -> bool {
        true
    }
}

#[cfg(feature = "planted-bugs")]
mod switch {
    use super::Bug;
    use std::cell::Cell;

    thread_local! {
        static PLANTED: Cell<Option<Bug>> = const { Cell::new(None) };
        static POWER: Cell<bool> = const { Cell::new(true) };
    }

    /// Plants a bug in what runs on this thread, or takes it out.
    pub fn plant(bug: Option<Bug>) {
        PLANTED.set(bug);
    }

    /// Whether this bug is planted on this thread.
    pub fn has(bug: Bug) -> bool {
        PLANTED.get() == Some(bug)
    }

    /// Lets a machine crash that this thread stands for, or starts it again.
    pub fn set_power(on: bool) {
        POWER.set(on);
    }

    /// Whether a machine that crashed would still write.
    pub fn has_power() -> bool {
        POWER.get()
    }
}

pub use switch::*;
