//! The promise, to be held against what devices have written and what they show: simulations and fault runs judge by it.

use crate::{Entry, State};
use std::collections::{BTreeMap, BTreeSet};
use umbrachat_protocol::{ClientId, ConversationId, Seq};

/// Something that was written on a device.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    pub conversation_id: ConversationId,
    pub client_id: ClientId,
    /// As what it was acknowledged; none where nobody was told that it is durable.
    pub acknowledged: Option<Seq>,
}

/// How the promise was broken. The number says which of the things written on the device it was, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It was acknowledged, and is not there, or not under that number.
    Lost { number: usize, acknowledged: Seq },
    /// It is there more than once.
    Doubled { number: usize, times: usize },
    /// It came before something that was written earlier in the same conversation.
    Reordered { number: usize },
}

/// What was written on one device is there once, and in the order in which it was written. `seqs` tells where the database
/// has a message.
pub fn sent_once_in_order(
    written: &[Written],
    seqs: impl Fn(ConversationId, ClientId) -> Vec<Seq>,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut last: BTreeMap<ConversationId, Seq> = BTreeMap::new();
    for (index, written) in written.iter().enumerate() {
        let number = index + 1;
        let there = seqs(written.conversation_id, written.client_id);
        if there.len() > 1 {
            broken.push(Broken::Doubled { number, times: there.len() });
        }
        if let Some(acknowledged) = written.acknowledged
            && !there.contains(&acknowledged)
        {
            broken.push(Broken::Lost { number, acknowledged });
        }
        let Some(seq) = there.first() else { continue };
        let newest = last.entry(written.conversation_id).or_insert(*seq);
        if seq < newest {
            broken.push(Broken::Reordered { number });
        }
        *newest = (*newest).max(*seq);
    }
    broken
}

/// What is wrong with what a device shows at this moment, if anything is.
pub fn shows_nonsense(state: &State) -> Option<String> {
    for chat in state.conversations() {
        let mut newest = Seq(0);
        let mut seen = BTreeSet::new();
        for entry in state.timeline(chat.id()) {
            let client_id = match entry {
                Entry::Message(message) if message.seq <= newest => {
                    return Some(format!("message {} is shown after {}", message.seq.0, newest.0));
                }
                Entry::Message(message) => {
                    newest = message.seq;
                    message.client_id
                }
                Entry::Outgoing(outgoing) => outgoing.client_id,
            };
            if !seen.insert(client_id) {
                return Some(format!("a message is shown twice, at {}", newest.0));
            }
        }
        let info = chat.info();
        if info.unread != (info.last_seq.0 - info.read_seq.0).max(0) {
            let (unread, read, last) = (info.unread, info.read_seq.0, info.last_seq.0);
            return Some(format!("{unread} unread, having read {read} of {last}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const CHAT: ConversationId = ConversationId(Uuid::from_u128(1));

    fn written(number: u128, acknowledged: Option<i64>) -> Written {
        let client_id = ClientId(Uuid::from_u128(number));
        Written { conversation_id: CHAT, client_id, acknowledged: acknowledged.map(Seq) }
    }

    fn judged(all: &[Written], there: &[(u128, &[i64])]) -> Vec<Broken> {
        sent_once_in_order(all, |_, client_id| {
            let found = there.iter().find(|(number, _)| ClientId(Uuid::from_u128(*number)) == client_id);
            found.map_or(Vec::new(), |(_, seqs)| seqs.iter().copied().map(Seq).collect())
        })
    }

    #[test]
    fn what_is_lost_doubled_or_reordered_is_found() {
        let all = [written(1, Some(1)), written(2, None), written(3, Some(3))];
        assert_eq!(judged(&all, &[(1, &[1]), (2, &[2]), (3, &[3])]), []);
        assert_eq!(judged(&all, &[(1, &[1]), (3, &[3])]), [], "nobody was told that the second is durable");
        let lost = Broken::Lost { number: 3, acknowledged: Seq(3) };
        assert_eq!(judged(&all, &[(1, &[1]), (2, &[2])]), [lost]);
        assert_eq!(
            judged(&all, &[(1, &[1]), (2, &[2, 4]), (3, &[3])]),
            [Broken::Doubled { number: 2, times: 2 }]
        );
        assert_eq!(judged(&all, &[(1, &[1]), (2, &[4]), (3, &[3])]), [Broken::Reordered { number: 3 }]);
    }
}
