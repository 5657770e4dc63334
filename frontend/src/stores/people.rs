//! What people are called, wherever this device may know it from.

use crate::{browser, texts};
use umbrachat_client_core::{ConversationState, State};
use umbrachat_protocol::{ConversationId, ConversationKind, Message, Seq, User, UserId};

/// Somebody in a conversation, which also remembers who has left it; else as a friend, or from elsewhere.
pub(crate) fn find(state: &State, id: ConversationId, user: UserId) -> Option<&User> {
    let here = state.conversation(id).and_then(|conversation| conversation.person(user));
    let friend = || state.friends.iter().map(|friend| &friend.user).find(|person| person.id == user);
    here.or_else(friend).or_else(|| state.direct_with(user)?.info().peer.as_ref())
}

/// The name of somebody in a conversation.
pub(crate) fn name_of(state: &State, id: ConversationId, user: Option<UserId>) -> String {
    let Some(user) = user else { return texts::t!(gone_account).to_owned() };
    find(state, id, user).map_or_else(|| texts::t!(somebody).to_owned(), |person| person.display_name.clone())
}

/// The same, as one says it to that person.
pub(crate) fn name_to_me(state: &State, id: ConversationId, user: Option<UserId>) -> String {
    if user.is_some() && user == state.my_id() { texts::t!(you).to_owned() } else { name_of(state, id, user) }
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

/// The others in a group, by how far a message has come with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) read: Vec<String>,
    pub(crate) delivered: Vec<String>,
    /// It has not reached them, or they do not show it.
    pub(crate) unknown: Vec<String>,
}

/// Whom a message of one's own has reached; none where the ticks tell it all, as between two.
pub(crate) fn reached(state: &State, id: ConversationId, seq: Seq) -> Option<Reached> {
    let conversation = state.conversation(id).filter(|it| it.info().kind == ConversationKind::Group)?;
    let mut reached = Reached::default();
    for member in conversation.members()?.filter(|member| Some(member.user.id) != state.my_id()) {
        let names = if member.read_seq >= seq {
            &mut reached.read
        } else if member.delivered_seq >= seq {
            &mut reached.delivered
        } else {
            &mut reached.unknown
        };
        names.push(member.user.display_name.clone());
    }
    Some(reached)
}

/// Puts people in the order of their names.
pub(crate) fn sort(people: &mut [User]) {
    people.sort_by(|a, b| browser::compare(&a.display_name, &b.display_name));
}

/// The members of a group other than oneself, by their names; nobody between two, who need no names to know whom they speak to.
pub(crate) fn others(state: &State, id: ConversationId) -> Vec<User> {
    let group = state.conversation(id).filter(|it| it.info().kind == ConversationKind::Group);
    let members = group.and_then(ConversationState::members).into_iter().flatten();
    let others = members.map(|member| &member.user).filter(|user| Some(user.id) != state.my_id());
    let mut others: Vec<User> = others.cloned().collect();
    sort(&mut others);
    others
}
