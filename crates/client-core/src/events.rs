//! What the server says, one event after the other.

use crate::rows::Put;
use crate::{Change, Core, Millis};
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::{
    ConversationId, Friend, FriendRequest, FriendRequestDirection, Member, Message, Rev, Seq, ServerEvent,
    UserId,
};

impl Core {
    pub(crate) fn event(&mut self, event: ServerEvent, now: Millis) {
        match event {
            ServerEvent::Ready(ready) => self.ready(*ready, now),
            ServerEvent::Sent(sent) => self.sent(sent, now),
            ServerEvent::Message { message } => self.message(message, now),
            ServerEvent::Conversation { conversation } => {
                if self.state.conversations.contains_key(&conversation.id) {
                    self.update_conversation(*conversation);
                } else {
                    self.snapshot.outdate();
                    self.add_conversation(*conversation, true, now);
                }
            }
            ServerEvent::ConversationRemoved { conversation_id } => {
                self.snapshot.outdate();
                if !planted::has(Bug::RemovedConversationStays) {
                    self.remove_conversation(conversation_id);
                }
            }
            ServerEvent::Member { member } => self.member(member, now),
            ServerEvent::Receipt { conversation_id, user_id, delivered_seq, read_seq } => {
                self.receipt(conversation_id, user_id, (delivered_seq, read_seq), now);
            }
            ServerEvent::Preferences { conversation_id, preferences } => {
                match self.state.conversations.get_mut(&conversation_id) {
                    Some(conversation) => {
                        if conversation.put_preferences(preferences) {
                            self.out.changed(Change::Conversation(conversation_id));
                            self.out.changed(Change::Conversations);
                        }
                    }
                    None => self.snapshot.unknown(conversation_id, Rev::ZERO, now),
                }
            }
            ServerEvent::Skipped { conversation_id, rev } => {
                if let Some(conversation) = self.state.conversations.get_mut(&conversation_id) {
                    conversation.arrived(rev);
                }
            }
            ServerEvent::Typing { conversation_id, user_id, typing } => {
                self.typing(conversation_id, user_id, typing, now);
            }
            ServerEvent::Presence(presence) => self.presence(presence),
            ServerEvent::Friend(friend) => self.friend(friend),
            ServerEvent::FriendRemoved { user_id } => {
                self.snapshot.outdate();
                self.state.friends.retain(|friend| friend.user.id != user_id);
                self.state.presence.retain(|presence| presence.user_id != user_id);
                self.out.changed(Change::Friends);
                self.out.changed(Change::Presence);
            }
            ServerEvent::FriendRequest { direction, user, created_at } => {
                self.friend_request(direction, FriendRequest { user, created_at });
            }
            ServerEvent::FriendRequestRemoved { user_id } => {
                self.snapshot.outdate();
                self.forget_requests(user_id);
            }
            ServerEvent::Account { user } => {
                self.snapshot.outdate();
                self.rename(&user.user);
                self.state.me = Some(user);
                self.out.changed(Change::Me);
            }
            ServerEvent::Resync {} => self.snapshot.request(now),
            ServerEvent::Error { reference, code, detail } => self.refused(reference, code, detail, now),
            ServerEvent::Heartbeat {} | ServerEvent::Unknown => {}
        }
    }

    fn message(&mut self, message: Message, now: Millis) {
        self.acknowledge_if_mine(&message);
        let me = self.state.my_id();
        let id = message.conversation_id;
        let Some(conversation) = self.state.conversations.get_mut(&id) else {
            self.snapshot.unknown(id, message.rev, now);
            return;
        };
        let put = conversation.put_message(&message, me);
        let first_sight = conversation.arrived(message.rev);
        if put == Put::New {
            self.has_written(id, message.author_id, now);
        }
        if put != Put::Known || first_sight {
            self.show_message(message, put == Put::New);
        }
    }

    pub(crate) fn show_message(&mut self, message: Message, is_new: bool) {
        self.out.changed(Change::Conversation(message.conversation_id));
        if is_new {
            self.out.changed(Change::Conversations);
        }
        self.out.changed(Change::Message { message: Box::new(message), is_new });
    }

    fn member(&mut self, member: Member, now: Millis) {
        let (id, rev) = (member.conversation_id, member.rev);
        let Some(conversation) = self.state.conversations.get_mut(&id) else {
            // Somebody who leaves hears of it after the conversation has gone.
            if Some(member.user.id) != self.state.my_id() || member.left_at.is_none() {
                self.snapshot.unknown(id, rev, now);
            }
            return;
        };
        let joins = member.left_at.is_none() && !conversation.has_member(member.user.id);
        conversation.put_member(member, self.state.me.as_ref().map(|me| me.user.id));
        conversation.arrived(rev);
        if joins && conversation.membership.is_wanted() {
            // How far they count as having read is not told with them.
            conversation.membership.outdated = true;
            self.load_members(id);
        }
        self.out.changed(Change::Conversation(id));
    }

    fn receipt(&mut self, id: ConversationId, user: UserId, (delivered, read): (Seq, Seq), now: Millis) {
        let me = self.state.my_id();
        match self.state.conversations.get_mut(&id) {
            Some(conversation) => {
                conversation.put_receipt(user, delivered, read, me);
                self.out.changed(Change::Conversation(id));
            }
            None => self.snapshot.unknown(id, Rev::ZERO, now),
        }
    }

    fn friend(&mut self, friend: Friend) {
        self.snapshot.outdate();
        self.forget_requests(friend.user.id);
        self.rename(&friend.user);
        let friends = &mut self.state.friends;
        match friends.iter_mut().find(|known| known.user.id == friend.user.id) {
            Some(known) => *known = friend,
            None => friends.push(friend),
        }
        self.out.changed(Change::Friends);
    }

    fn friend_request(&mut self, direction: FriendRequestDirection, request: FriendRequest) {
        self.snapshot.outdate();
        let requests = match direction {
            FriendRequestDirection::Incoming => &mut self.state.friend_requests.incoming,
            FriendRequestDirection::Outgoing => &mut self.state.friend_requests.outgoing,
        };
        match requests.iter_mut().find(|known| known.user.id == request.user.id) {
            Some(known) => *known = request,
            None => requests.push(request),
        }
        self.out.changed(Change::FriendRequests);
    }

    fn forget_requests(&mut self, user: UserId) {
        let requests = &mut self.state.friend_requests;
        let count = requests.incoming.len() + requests.outgoing.len();
        requests.incoming.retain(|request| request.user.id != user);
        requests.outgoing.retain(|request| request.user.id != user);
        if requests.incoming.len() + requests.outgoing.len() != count {
            self.out.changed(Change::FriendRequests);
        }
    }

    fn rename(&mut self, user: &umbrachat_protocol::User) {
        for conversation in self.state.conversations.values_mut() {
            if conversation.put_user(user) {
                self.out.changed(Change::Conversation(conversation.id()));
            }
        }
    }
}
