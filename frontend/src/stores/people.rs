//! What people are called, wherever this device may know it from.

use crate::texts;
use umbrachat_client_core::{ConversationState, State};
use umbrachat_protocol::{ConversationId, Message, UserId};

/// The name of somebody in a conversation. Who has left it may still be known as a friend, or from elsewhere.
pub(crate) fn name_of(state: &State, id: ConversationId, user: Option<UserId>) -> String {
    let Some(user) = user else { return texts::GONE_ACCOUNT.to_owned() };
    let members = state.conversation(id).and_then(ConversationState::members).into_iter().flatten();
    let members = members.map(|member| &member.user);
    let peers =
        state.conversations().into_iter().filter_map(|conversation| conversation.info().peer.as_ref());
    let friends = state.friends.iter().map(|friend| &friend.user);
    let person = members.chain(friends).chain(peers).find(|person| person.id == user);
    person.map_or_else(|| texts::SOMEBODY.to_owned(), |person| person.display_name.clone())
}

/// The same, as one says it to that person.
pub(crate) fn name_to_me(state: &State, id: ConversationId, user: Option<UserId>) -> String {
    if user.is_some() && user == state.my_id() { texts::YOU.to_owned() } else { name_of(state, id, user) }
}

/// What a message says: the words of its author, or what happened.
pub(crate) fn body_of(state: &State, message: &Message) -> String {
    let Some(notice) = message.notice else { return message.body.clone() };
    let name = |user: Option<UserId>| {
        let is_me = user.is_some() && user == state.my_id();
        (!is_me).then(|| name_of(state, message.conversation_id, user))
    };
    let (actor, subject) = (name(message.author_id), name(notice.user_id));
    texts::notice(notice.action, actor.as_deref(), subject.as_deref(), &message.body)
}
