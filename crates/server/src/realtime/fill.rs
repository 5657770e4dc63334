//! Reading from the database what did not arrive by itself: a change that overtook another, or the changes of a transaction
//! whose answer was lost.

use super::hub::{Hub, Shared};
use super::outlet::Outlet;
use super::state::Item;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use umbrachat_protocol::{CloseCode, ConversationId, ServerEvent, UserId};
use umbrachat_store::{Change, Store, StoreError};

/// How long to wait before asking a database again that did not answer.
const RETRY: Duration = Duration::from_millis(500);
/// Changes that one question to the database brings.
const FILL: usize = 500;

/// Goes on until nothing is missing, or nobody follows any more. With no time to wait it asks at least once: a new room
/// may lack something without knowing it.
pub(super) async fn fill(hub: Weak<Shared>, id: ConversationId, mut wait: Duration) {
    let mut must_ask = wait.is_zero();
    loop {
        tokio::time::sleep(wait).await;
        let Some(hub) = hub.upgrade().map(Hub) else { return };
        let since = hub.state().missing_since(id, must_ask);
        let (Some(since), Some(store)) = (since, hub.0.store.get()) else { return };
        match store.changes_to_publish(id, since, FILL).await {
            Ok((rev, changes)) => {
                let items = changes.into_iter().filter_map(|change| match change {
                    Change::Numbered { rev, what, .. } => Some((rev, Item::encode(what))),
                    _ => None,
                });
                hub.state().fill(id, rev, items.collect());
                must_ask = false;
                wait = Duration::ZERO;
            }
            // The conversation has been deleted; its room goes with that change.
            Err(StoreError::NotFound) => return,
            Err(error) => {
                tracing::warn!(%error, "a gap could not be filled yet");
                wait = RETRY;
            }
        }
    }
}

/// Waits until the database answers; then every room is filled from it, every session is checked, and everybody is asked to
/// look at their snapshot again. Goes on while answers are lost.
pub(super) async fn look_again(hub: Weak<Shared>) {
    loop {
        tokio::time::sleep(RETRY).await;
        let Some(hub) = hub.upgrade().map(Hub) else { return };
        let Some(store) = hub.0.store.get() else { return };
        if store.ping().await.is_err() {
            continue;
        }
        hub.state().is_outdated = false;
        if let Err(error) = look_once(&hub, store).await {
            tracing::warn!(%error, "not everybody could look again yet");
            continue;
        }
        let mut state = hub.state();
        if !state.is_outdated {
            state.is_looking = false;
            return;
        }
    }
}

async fn look_once(hub: &Hub, store: &Store) -> Result<(), StoreError> {
    let outlets: Vec<Arc<Outlet>> = {
        let mut state = hub.state();
        for id in state.all_rooms() {
            hub.start_filling(&mut state, id, Duration::ZERO);
        }
        state.all_sockets().cloned().collect()
    };
    for outlet in outlets {
        if store.is_alive(outlet.session).await? {
            renew(hub, store, outlet.user).await?;
            follow_what_is_new(hub, store, outlet.user).await?;
            outlet.answer(&ServerEvent::Resync {});
        } else {
            outlet.close(CloseCode::SessionEnded);
        }
    }
    Ok(())
}

impl Hub {
    /// These people have missed something: takes over what the database has, and asks them to look at their snapshot again.
    pub(super) async fn inform(
        &self,
        store: &Store,
        people: Vec<UserId>,
        versions: &BTreeMap<UserId, i64>,
    ) -> Result<(), StoreError> {
        for user in people {
            let has_consented = store.consents(user).await?.iter().any(|one| one.withdrawn_at.is_none());
            renew(self, store, user).await?;
            follow_what_is_new(self, store, user).await?;
            let mut state = self.state();
            for outlet in state.sockets_of(user) {
                if has_consented {
                    outlet.answer(&ServerEvent::Resync {});
                } else {
                    outlet.close(CloseCode::Unauthenticated);
                }
            }
            if let Some(version) = versions.get(&user) {
                state.is_informed(user, *version);
            }
        }
        Ok(())
    }
}

/// Who somebody's friends are, and what they show, may be another without the hub having heard of it.
async fn renew(hub: &Hub, store: &Store, user: UserId) -> Result<(), StoreError> {
    let noted = || hub.state().people.get(&user).map(|person| person.noted);
    loop {
        let before = noted();
        let (me, friends) = (store.me(user).await?, store.friends(user).await?);
        let mut state = hub.state();
        // What was noted while this was read may be newer: then it is read again.
        if state.people.get(&user).map(|person| person.noted) == before {
            state.renew(user, me.settings, &friends);
            return Ok(());
        }
    }
}

/// Somebody may have become a member without the hub hearing of it.
async fn follow_what_is_new(hub: &Hub, store: &Store, user: UserId) -> Result<(), StoreError> {
    for (id, first_seq) in store.conversation_ids(user).await? {
        while !hub.state().is_followed_by(id, user) {
            let conversation = match store.conversation(user, id).await {
                Ok(conversation) => conversation,
                Err(StoreError::NotFound) => break,
                Err(error) => return Err(error),
            };
            let mut state = hub.state();
            // What went out since it was read may have been the end of this membership: then it is read again.
            if state.position(id).is_none_or(|position| position <= conversation.rev) {
                if state.join(user, conversation, first_seq) {
                    hub.start_filling(&mut state, id, Duration::ZERO);
                }
                break;
            }
        }
    }
    Ok(())
}
