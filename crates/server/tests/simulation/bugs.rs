//! The checker, checked: every planted bug must be found.

use crate::plan::Plan;
use crate::runs;
use std::fmt::Write;
use std::path::Path;
use umbrachat_protocol::planted::Bug;

/// A bug that is not found within so many seeds counts as not found.
const SEEDS: u64 = 4_000;

/// Each with where it is and what it does.
const BUGS: [(Bug, &str, &str); 35] = [
    (Bug::AcknowledgeBeforeCommit, "store", "acknowledges before the commit"),
    (Bug::PublishBeforeCommit, "store", "publishes before the commit"),
    (Bug::EditKeepsRev, "store", "forgets to bump the rev on an edit"),
    (Bug::DeleteKeepsRev, "store", "forgets to bump the rev on a deletion"),
    (Bug::ReactionKeepsRev, "store", "forgets to bump the rev on a reaction"),
    (Bug::RoleKeepsRev, "store", "forgets to bump the rev on a change of role"),
    (Bug::RenameKeepsRev, "store", "forgets to bump the rev on a new title"),
    (Bug::RetryTakesNewSeq, "store", "answers a retry with another seq"),
    (Bug::MarkMovesBack, "store", "lets a mark move back"),
    (Bug::OwnMessageCountsAsUnread, "store", "counts one's own message as unread"),
    (Bug::HistoryLeaksFromBeforeJoining, "store", "shows history from before joining"),
    (Bug::ChangesLeakFromBeforeJoining, "store", "shows changes from before joining"),
    (Bug::HiddenReceiptsInMembers, "store", "shows hidden receipts among members"),
    (Bug::BlockedCanAsk, "store", "passes on requests of the blocked"),
    (Bug::StrangersCanWrite, "store", "lets the unfriended write"),
    (Bug::OwnerLeavesNobody, "store", "lets an owner leave without a successor"),
    (Bug::DeliverAfterRemoval, "hub", "goes on telling somebody who was removed"),
    (Bug::SnapshotBeforeSubscribing, "hub", "reads the snapshot before it subscribes"),
    (Bug::NewcomerIsNotFollowed, "hub", "does not follow for a newcomer"),
    (Bug::EventsLeakFromBeforeJoining, "hub", "tells of changes from before joining"),
    (Bug::HiddenReceiptsInEvents, "hub", "tells of hidden receipts"),
    (Bug::PresenceOutlivesFriendship, "hub", "shows presence to the unfriended"),
    (Bug::TypingShownToAll, "hub", "shows typing to everybody"),
    (Bug::RetryIsNotAnswered, "socket", "does not answer a retry"),
    (Bug::NoGapCheck, "client", "skips the gap check"),
    (Bug::LowerRevWins, "client", "applies the lower rev"),
    (Bug::OutboxLostWithConnection, "client", "loses the outbox with the connection"),
    (Bug::OutboxOutOfOrder, "client", "sends the newest first"),
    (Bug::ReuseClientId, "client", "uses a client_id again"),
    (Bug::ResendUnderNewClientId, "client", "sends again under a new client_id"),
    (Bug::ResumeTooLate, "client", "resumes one rev too late"),
    (Bug::UnreadOffByOne, "client", "counts one unread too few"),
    (Bug::MarksLostWithConnection, "client", "loses marks with the connection"),
    (Bug::OutdatedSnapshotCounts, "client", "takes over an outdated snapshot"),
    (Bug::RemovedConversationStays, "client", "keeps a conversation that was removed"),
];

/// Writes the table of `docs/SIMULATION.md` to `target/tmp/planted-bugs.md`.
#[test]
fn every_planted_bug_is_found() {
    let mut table =
        "| planted bug | where | seeds until found | what the checker said |\n|---|---|---|---|\n".to_owned();
    let mut missed = Vec::new();
    for (bug, place, what) in BUGS {
        let Some(seed) = runs::live_all(1..SEEDS + 1, Some(bug)).failed else {
            missed.push(what);
            continue;
        };
        let violation = runs::live(&Plan::of(seed), Some(bug), false).violation;
        let said = violation.expect("the same seed leads to the same run").replace('|', "¦");
        let said: String = said.chars().take(110).collect();
        writeln!(table, "| {what} | {place} | {seed} | {said} |").expect("a text grows");
    }
    eprintln!("{table}");
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted-bugs.md");
    std::fs::write(place, table).expect("the target folder can be written to");
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {missed:?}");
}
