//! What must be so once everything is at rest: the promise, in detail.

use crate::device::Written;
use crate::ledger::Chat;
use crate::people::may_fail_with;
use crate::world::World;
use std::collections::BTreeMap;
use umbrachat_client_core::promise::{self, Broken};
use umbrachat_client_core::{Digest, Progress};
use umbrachat_protocol::{ClientId, ConversationId, ConversationKind, Message, Role, UserId};
use umbrachat_store::{Store, StoreError};

type Verdict = Result<(), String>;

const ALL: i64 = 10_000;

/// # Errors
/// What is not as it has to be.
pub(crate) async fn verdict(world: &World) -> Verdict {
    let chats = world.server.ledger(|ledger| std::mem::take(&mut ledger.chats));
    let verdict = judge(world, &chats).await;
    world.server.ledger(|ledger| ledger.chats = chats);
    verdict
}

async fn judge(world: &World, chats: &BTreeMap<ConversationId, Chat>) -> Verdict {
    let store = &world.server.store;
    for (id, chat) in chats {
        for person in &world.people {
            let name = &person.username;
            in_database(store, *id, chat, person.id).await.map_err(|what| format!("for {name}: {what}"))?;
        }
    }
    for device in 0..world.devices.len() {
        let name = &world.devices[device].name;
        shows_what_is(world, device).await.map_err(|what| format!("on {name}: {what}"))?;
        sent_once_in_order(world, device, chats).map_err(|what| format!("on {name}: {what}"))?;
        marks_arrived(world, device, chats).map_err(|what| format!("on {name}: {what}"))?;
    }
    nobody_else_wrote(world, chats)
}

/// What somebody would read is what was committed, no more and no less.
async fn in_database(store: &Store, id: ConversationId, chat: &Chat, user: UserId) -> Verdict {
    let number = chat.number;
    let page = store.messages(user, id, None, None, ALL).await;
    let Some(stay) = chat.stay(user) else {
        return match page {
            Err(StoreError::NotFound) => Ok(()),
            _ => Err(format!("chat {number} is readable for somebody who is no member")),
        };
    };
    let Ok(page) = page else { return Err(format!("chat {number} cannot be read")) };
    let expected: Vec<&Message> = chat.messages.range(stay.first_seq..).map(|(_, message)| message).collect();
    let found: Vec<&Message> = page.messages.iter().collect();
    if let Some(missing) = expected.iter().find(|message| !found.contains(message)) {
        let there = found.iter().find(|message| message.seq == missing.seq);
        let (seq, rev) = (missing.seq.0, missing.rev.0);
        let instead = there.map_or("nothing".to_owned(), |message| format!("rev {}", message.rev.0));
        return Err(format!(
            "chat {number}: message {seq} was told at rev {rev}; the database has {instead}"
        ));
    }
    if let Some(surplus) = found.iter().find(|message| !expected.contains(message)) {
        return Err(format!("chat {number}: message {} is readable and should not be", surplus.seq.0));
    }
    let view = store.conversation(user, id).await.map_err(|error| error.to_string())?;
    if view.rev != chat.rev() {
        return Err(format!("chat {number} is at rev {}, told were {}", view.rev.0, chat.rev().0));
    }
    let read = chat.read.get(&user).copied().unwrap_or_default();
    let unread = chat.last_seq().0 - read.0;
    if (view.read_seq, view.unread) != (read, unread) {
        let (stored, shown) = (view.read_seq.0, view.unread);
        return Err(format!(
            "chat {number}: {shown} unread from {stored} on; it should be {unread} from {}",
            read.0
        ));
    }
    if chat.kind == ConversationKind::Group {
        let members = store.members(user, id).await.map_err(|error| error.to_string())?;
        let owners = members.iter().filter(|member| member.role == Role::Owner).count();
        if owners != 1 {
            return Err(format!("chat {number} has {owners} owners"));
        }
    }
    Ok(())
}

/// A device shows what one would show that begins now.
async fn shows_what_is(world: &World, device: usize) -> Verdict {
    let (store, device) = (&world.server.store, &world.devices[device]);
    let state = device.core.state();
    let answered = |error: StoreError| format!("what it shows cannot be read: {error}");
    let (mut histories, mut members) = (Vec::new(), Vec::new());
    for chat in state.conversations() {
        if chat.history().loaded_from.is_some() {
            let count = i64::try_from(chat.messages().count()).expect("a count").max(1);
            let page = store.messages(device.user, chat.id(), None, None, count).await.map_err(answered)?;
            histories.push((chat.id(), page));
        }
        if chat.members().is_some() {
            members.push((chat.id(), store.members(device.user, chat.id()).await.map_err(answered)?));
        }
    }
    let snapshot = store.snapshot(device.user).await.map_err(answered)?;
    let fresh = Digest::fresh(snapshot, histories, members);
    let shown = state.digest();
    if shown == fresh {
        return Ok(());
    }
    Err(apart(&format!("{shown:#?}"), &format!("{fresh:#?}")))
}

/// Where two digests first differ: in which of their fields, and after whom.
fn apart(shown: &str, fresh: &str) -> String {
    let mut path: Vec<&str> = Vec::new();
    let mut whose = "";
    for (held, anew) in shown.lines().zip(fresh.lines()) {
        let depth = held.len() - held.trim_start().len();
        path.retain(|line| line.len() - line.trim_start().len() < depth);
        if held != anew {
            let path: Vec<&str> =
                path.iter().map(|line| line.trim().trim_end_matches([' ', '{', '[', '('])).collect();
            let (held, anew, path) = (held.trim(), anew.trim(), path.join(" "));
            return format!("it shows {held} where a new one shows {anew} ({path}; {whose})");
        }
        if held.trim().starts_with("username") {
            whose = held.trim();
        }
        path.push(held);
    }
    "it shows something else than a new one".to_owned()
}

/// What was written here is there once, and in the order in which it was written.
fn sent_once_in_order(world: &World, device: usize, chats: &BTreeMap<ConversationId, Chat>) -> Verdict {
    let device = &world.devices[device];
    let there = |id: ConversationId, client_id: ClientId| {
        let chat = chats.get(&id).into_iter().flat_map(|chat| chat.messages.values());
        let mine =
            chat.filter(|message| message.client_id == client_id && message.author_id == Some(device.user));
        mine.map(|message| message.seq).collect()
    };
    // Of what became of it in a conversation that is gone nobody is the judge.
    let judged = device.written.iter().filter(|written| chats.contains_key(&written.chat));
    let written: Vec<promise::Written> = judged.clone().map(Written::as_promised).collect();
    if let Some(broken) = promise::sent_once_in_order(&written, there).first() {
        return Err(match broken {
            Broken::Lost { number, acknowledged } => {
                format!("what was written {number}. was acknowledged as {}, and is not there", acknowledged.0)
            }
            Broken::Doubled { number, times } => format!("what was written {number}. is there {times} times"),
            Broken::Reordered { number } => {
                format!("what was written {number}. came before what was written earlier")
            }
        });
    }
    for (index, written) in judged.enumerate() {
        let number = index + 1;
        let left = chats.get(&written.chat).is_some_and(|chat| {
            let stays = chat.stays.get(&device.user);
            chat.deleted || stays.is_some_and(|all| all.iter().any(|it| it.until.is_some()))
        });
        match &written.progress {
            Progress::Sent(_) => {}
            Progress::Failed(failure) if may_fail_with(failure.code) => {}
            Progress::Failed(failure) => {
                return Err(format!("what was written {number}. was refused: {:?}", failure.code));
            }
            Progress::Discarded if left => {}
            Progress::Discarded => return Err(format!("what was written {number}. was thrown away")),
            Progress::Sending => {
                return Err(format!("what was written {number}. is lost: neither sent nor in the outbox"));
            }
        }
    }
    Ok(())
}

/// What was read here counts as read.
fn marks_arrived(world: &World, device: usize, chats: &BTreeMap<ConversationId, Chat>) -> Verdict {
    let device = &world.devices[device];
    for (id, read) in &device.read {
        let Some(chat) = chats.get(id) else { continue };
        // Who left and came back begins anew.
        let stayed = chat.stay(device.user).is_some() && chat.stays[&device.user].len() == 1;
        let known = chat.read.get(&device.user).copied().unwrap_or_default();
        if stayed && known < *read {
            let (number, read, known) = (chat.number, read.0, known.0);
            return Err(format!("chat {number} was read up to {read}, and counts as read up to {known}"));
        }
    }
    Ok(())
}

/// Every message was written on a device, by whom it says.
fn nobody_else_wrote(world: &World, chats: &BTreeMap<ConversationId, Chat>) -> Verdict {
    for chat in chats.values() {
        for message in chat.messages.values().filter(|message| message.notice.is_none()) {
            let author = world.devices.iter().any(|device| {
                Some(device.user) == message.author_id
                    && device.written.iter().any(|written| written.client_id == message.client_id)
            });
            if !author {
                return Err(format!("chat {}: nobody wrote message {}", chat.number, message.seq.0));
            }
        }
    }
    Ok(())
}
