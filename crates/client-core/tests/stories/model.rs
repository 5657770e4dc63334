//! A small server for one person's device: a few conversations with every kind of row, and every answer that a driver
//! would fetch. It is simple enough to be believed.

use crate::device::{
    ANA, BO, at, client_id, conversation_id, direct, group, member, snapshot, user, user_id,
};
use std::collections::BTreeMap;
use umbrachat_protocol::socket::{SendMessage, Sent};
use umbrachat_protocol::{
    Changes, ClientCommand, ClientId, Conversation, ConversationId, ConversationKind, Friend, FriendRequest,
    FriendRequestDirection, Member, Message, MessageKind, MessagePage, PeerReceipt, Reaction, Receipt, Rev,
    Role, Seq, ServerEvent, Snapshot, UserId,
};

/// What can happen on the server without the device's doing. The numbers choose among what is there.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    /// Somebody else writes.
    Writes {
        chat: usize,
        author: usize,
    },
    /// Ana writes on another device.
    AnaWrites {
        chat: usize,
    },
    Edits {
        chat: usize,
        message: usize,
    },
    Deletes {
        chat: usize,
        message: usize,
    },
    Reacts {
        chat: usize,
        message: usize,
    },
    Renames {
        chat: usize,
    },
    Promotes {
        chat: usize,
    },
    Joins {
        chat: usize,
    },
    Leaves {
        chat: usize,
    },
    Receives {
        chat: usize,
        who: usize,
        read: bool,
    },
    /// Ana reads on another device.
    AnaReads {
        chat: usize,
    },
    Begins {
        group: bool,
    },
    Removes {
        chat: usize,
    },
    Befriends {
        who: usize,
    },
    Unfriends {
        who: usize,
    },
    Asks {
        who: usize,
    },
    TakesBack {
        who: usize,
    },
}

pub(crate) struct Model {
    pub(crate) chats: BTreeMap<ConversationId, Chat>,
    friends: Vec<Friend>,
    incoming: Vec<FriendRequest>,
    next_chat: u128,
    next_client_id: u128,
    clock: i64,
}

pub(crate) struct Chat {
    info: Conversation,
    /// When the title changed last.
    info_rev: Rev,
    pub(crate) messages: Vec<Message>,
    members: Vec<Member>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let mut model = Self {
            chats: BTreeMap::new(),
            friends: vec![Friend { user: user(BO), since: at(0) }],
            incoming: Vec::new(),
            next_chat: 1,
            next_client_id: 500_000,
            clock: 0,
        };
        model.happens(&Happening::Begins { group: false });
        model.happens(&Happening::Begins { group: true });
        model
    }

    /// What follows for Ana's sockets, in order.
    pub(crate) fn happens(&mut self, happening: &Happening) -> Vec<ServerEvent> {
        self.clock += 1;
        let now = at(self.clock);
        match *happening {
            Happening::Writes { chat, author } => self.in_chat(chat, |chat, id| {
                let authors: Vec<_> = chat.others().map(|member| member.user.id).collect();
                let Some(author) = authors.get(author % authors.len().max(1)) else { return vec![] };
                vec![chat.write(*author, id, "theirs".into(), now)]
            }),
            Happening::AnaWrites { chat } => {
                self.in_chat(chat, |chat, id| vec![chat.write(ANA, id, "from elsewhere".into(), now)])
            }
            Happening::Edits { chat, message } => self.in_chat(chat, |chat, _| {
                chat.change(message, |message| {
                    message.body = format!("edited at {}", message.rev);
                    message.edited_at = Some(now);
                })
            }),
            Happening::Deletes { chat, message } => self.in_chat(chat, |chat, _| {
                chat.change(message, |message| {
                    message.body.clear();
                    message.deleted_at = Some(now);
                })
            }),
            Happening::Reacts { chat, message } => self.in_chat(chat, |chat, _| {
                chat.change(message, |message| {
                    message.reactions = vec![Reaction { emoji: "🌙".into(), user_ids: vec![BO] }];
                })
            }),
            Happening::Renames { chat } => self.in_chat(chat, |chat, _| {
                if chat.info.kind == ConversationKind::Direct {
                    return vec![];
                }
                chat.info.rev = chat.info.rev.next();
                chat.info_rev = chat.info.rev;
                chat.info.title = Some(format!("title {}", chat.info.rev));
                vec![ServerEvent::Conversation { conversation: Box::new(chat.info()) }]
            }),
            Happening::Promotes { chat } => self.in_chat(chat, |chat, _| {
                chat.change_member(ANA, |member| {
                    member.role = if member.role == Role::Admin { Role::Member } else { Role::Admin };
                })
            }),
            Happening::Joins { chat } => self.in_chat(chat, |chat, _| chat.join()),
            Happening::Leaves { chat } => self.in_chat(chat, |chat, _| {
                let somebody = chat.others().next().map(|member| member.user.id);
                let group = chat.info.kind == ConversationKind::Group;
                let Some(somebody) = somebody.filter(|_| group) else { return vec![] };
                chat.change_member(somebody, |member| member.left_at = Some(now))
            }),
            Happening::Receives { chat, who, read } => self.in_chat(chat, |chat, _| {
                let others: Vec<_> = chat.others().map(|member| member.user.id).collect();
                others.get(who % others.len().max(1)).map_or(vec![], |user| {
                    let newest = chat.info.last_seq;
                    vec![chat.mark(*user, newest, if read { newest } else { Seq::ZERO })]
                })
            }),
            Happening::AnaReads { chat } => self.in_chat(chat, |chat, _| {
                let newest = chat.info.last_seq;
                vec![chat.mark(ANA, newest, newest)]
            }),
            Happening::Begins { group } => self.begin(group),
            Happening::Removes { chat } => {
                let id = self.chats.keys().nth(chat % self.chats.len().max(1)).copied();
                id.map_or(vec![], |id| {
                    self.chats.remove(&id);
                    vec![ServerEvent::ConversationRemoved { conversation_id: id }]
                })
            }
            Happening::Befriends { who } => {
                let friend = Friend { user: user(user_id(10 + who as u128 % 4)), since: now };
                self.incoming.retain(|request| request.user.id != friend.user.id);
                self.friends.retain(|known| known.user.id != friend.user.id);
                self.friends.push(friend.clone());
                vec![ServerEvent::Friend(friend)]
            }
            Happening::Unfriends { who } => {
                let user_id = user_id(10 + who as u128 % 4);
                self.friends.retain(|known| known.user.id != user_id);
                vec![ServerEvent::FriendRemoved { user_id }]
            }
            Happening::Asks { who } => {
                let user = user(user_id(20 + who as u128 % 4));
                let request = FriendRequest { user: user.clone(), created_at: now };
                self.incoming.retain(|known| known.user.id != user.id);
                self.incoming.push(request);
                let direction = FriendRequestDirection::Incoming;
                vec![ServerEvent::FriendRequest { direction, user, created_at: now }]
            }
            Happening::TakesBack { who } => {
                let user_id = user_id(20 + who as u128 % 4);
                self.incoming.retain(|known| known.user.id != user_id);
                vec![ServerEvent::FriendRequestRemoved { user_id }]
            }
        }
    }

    /// Carries out what Ana's device sent, and returns the answer to it and the events for it.
    pub(crate) fn command(&mut self, command: &ClientCommand) -> Vec<ServerEvent> {
        match command {
            ClientCommand::SendMessage(send) => self.send(send),
            ClientCommand::MarkRead(mark) => self.mark(mark.conversation_id, mark.seq, mark.seq),
            ClientCommand::MarkDelivered(mark) => self.mark(mark.conversation_id, mark.seq, Seq::ZERO),
            ClientCommand::Authenticate(_) | ClientCommand::SetTyping(_) => vec![],
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = snapshot(ANA, self.chats.values().map(Chat::info).collect());
        snapshot.friends.clone_from(&self.friends);
        snapshot.friend_requests.incoming.clone_from(&self.incoming);
        snapshot
    }

    fn in_chat(
        &mut self,
        chat: usize,
        act: impl FnOnce(&mut Chat, ClientId) -> Vec<ServerEvent>,
    ) -> Vec<ServerEvent> {
        self.next_client_id += 1;
        let id = client_id(self.next_client_id);
        let count = self.chats.len().max(1);
        self.chats.values_mut().nth(chat % count).map_or(vec![], |chat| act(chat, id))
    }

    fn begin(&mut self, as_group: bool) -> Vec<ServerEvent> {
        let id = conversation_id(self.next_chat);
        let peer = user_id(100 + self.next_chat);
        self.next_chat += 1;
        let info = if as_group { group(id, 1, 0) } else { direct(id, peer, 1, 0) };
        let members = vec![member(id, ANA, 1), member(id, peer, 1)];
        let chat = Chat { info, info_rev: Rev(1), messages: Vec::new(), members };
        let event = ServerEvent::Conversation { conversation: Box::new(chat.info()) };
        self.chats.insert(id, chat);
        vec![event]
    }

    fn send(&mut self, send: &SendMessage) -> Vec<ServerEvent> {
        self.clock += 1;
        let now = at(self.clock);
        let reference = send.reference.clone();
        let Some(chat) = self.chats.get_mut(&send.conversation_id) else {
            let code = umbrachat_protocol::ErrorCode::NotFound;
            return vec![ServerEvent::Error { reference, code, detail: "no such conversation".into() }];
        };
        let first = chat.messages.iter().find(|message| message.client_id == send.client_id).cloned();
        let answer = |message: &Message| {
            ServerEvent::Sent(Sent {
                reference: reference.clone(),
                client_id: message.client_id,
                conversation_id: message.conversation_id,
                seq: message.seq,
                rev: message.rev,
                created_at: message.created_at,
            })
        };
        if let Some(message) = first {
            return vec![answer(&message)];
        }
        let event = chat.write(ANA, send.client_id, send.body.clone(), now);
        let message = chat.messages.last().expect("it was just written");
        vec![answer(message), event]
    }

    fn mark(&mut self, id: ConversationId, delivered: Seq, read: Seq) -> Vec<ServerEvent> {
        self.chats.get_mut(&id).map_or(vec![], |chat| vec![chat.mark(ANA, delivered, read)])
    }
}

impl Chat {
    pub(crate) fn page(&self, before: Option<Seq>, limit: i64) -> MessagePage {
        let older = |message: &&Message| before.is_none_or(|before| message.seq < before);
        let matching: Vec<_> = self.messages.iter().filter(older).cloned().collect();
        let skip = matching.len().saturating_sub(usize::try_from(limit).expect("a limit is positive"));
        MessagePage { messages: matching[skip..].to_vec(), has_more: skip > 0 }
    }

    pub(crate) fn changes(&self, since: Rev, limit: usize) -> Changes {
        let newer = |rev: Rev| rev > since;
        let mut revs: Vec<Rev> = self.messages.iter().map(|message| message.rev).collect();
        revs.extend(self.members.iter().map(|member| member.rev));
        revs.push(self.info_rev);
        revs.retain(|rev| newer(*rev));
        revs.sort();
        let has_more = revs.len() > limit;
        let upto = if has_more { revs[limit - 1] } else { self.info.rev };
        let within = |rev: Rev| newer(rev) && rev <= upto;
        Changes {
            rev: upto,
            has_more,
            conversation: within(self.info_rev).then(|| self.info()),
            members: self.members.iter().filter(|member| within(member.rev)).cloned().collect(),
            messages: self.messages.iter().filter(|message| within(message.rev)).cloned().collect(),
            receipts: self.receipts(),
            epoch: None,
        }
    }

    pub(crate) fn members(&self) -> Vec<Member> {
        self.members.iter().filter(|member| member.left_at.is_none()).cloned().collect()
    }

    fn receipts(&self) -> Vec<Receipt> {
        let receipt = |member: &Member| Receipt {
            user_id: member.user.id,
            delivered_seq: member.delivered_seq,
            read_seq: member.read_seq,
        };
        self.members.iter().map(receipt).collect()
    }

    fn info(&self) -> Conversation {
        let mut info = self.info.clone();
        info.last_message = self.messages.last().cloned();
        let me = self.members.iter().find(|member| member.user.id == ANA).expect("Ana is a member");
        info.read_seq = me.read_seq;
        info.my_role = me.role;
        info.unread = info.last_seq.0 - info.read_seq.0;
        if info.kind == ConversationKind::Direct {
            let peer = self.others().next().expect("a direct conversation has a peer");
            let (delivered_seq, read_seq) = (peer.delivered_seq, peer.read_seq);
            info.peer_receipt = Some(PeerReceipt { delivered_seq, read_seq });
        }
        info
    }

    fn others(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.user.id != ANA && member.left_at.is_none())
    }

    fn write(
        &mut self,
        author: UserId,
        client_id: ClientId,
        body: String,
        now: umbrachat_protocol::Timestamp,
    ) -> ServerEvent {
        self.info.rev = self.info.rev.next();
        self.info.last_seq = self.info.last_seq.next();
        let message = Message {
            conversation_id: self.info.id,
            seq: self.info.last_seq,
            rev: self.info.rev,
            kind: MessageKind::Text,
            author_id: Some(author),
            client_id,
            body,
            reply_to: None,
            mentions: Vec::new(),
            created_at: now,
            edited_at: None,
            deleted_at: None,
            reactions: Vec::new(),
            notice: None,
        };
        // Sending moves the author's own marks, and nothing but the message tells of it.
        self.mark(author, message.seq, message.seq);
        self.messages.push(message.clone());
        ServerEvent::Message { message }
    }

    fn change(&mut self, message: usize, change: impl FnOnce(&mut Message)) -> Vec<ServerEvent> {
        let count = self.messages.len().max(1);
        let Some(message) = self.messages.get_mut(message % count) else { return vec![] };
        if message.deleted_at.is_some() {
            return vec![];
        }
        self.info.rev = self.info.rev.next();
        message.rev = self.info.rev;
        change(message);
        vec![ServerEvent::Message { message: message.clone() }]
    }

    fn change_member(&mut self, who: UserId, change: impl FnOnce(&mut Member)) -> Vec<ServerEvent> {
        let Some(member) = self.members.iter_mut().find(|member| member.user.id == who) else {
            return vec![];
        };
        if self.info.kind == ConversationKind::Direct {
            return vec![];
        }
        self.info.rev = self.info.rev.next();
        member.rev = self.info.rev;
        change(member);
        vec![ServerEvent::Member { member: member.clone() }]
    }

    fn join(&mut self) -> Vec<ServerEvent> {
        if self.info.kind == ConversationKind::Direct {
            return vec![];
        }
        self.info.rev = self.info.rev.next();
        let joined = user_id(200 + self.members.len() as u128);
        let row = member(self.info.id, joined, self.info.rev.0);
        self.members.push(row.clone());
        vec![ServerEvent::Member { member: row }]
    }

    fn mark(&mut self, who: UserId, delivered: Seq, read: Seq) -> ServerEvent {
        let conversation_id = self.info.id;
        let member = self.members.iter_mut().find(|member| member.user.id == who).expect("a member marks");
        member.delivered_seq = member.delivered_seq.max(delivered);
        member.read_seq = member.read_seq.max(read);
        ServerEvent::Receipt {
            conversation_id,
            user_id: who,
            delivered_seq: member.delivered_seq,
            read_seq: member.read_seq,
        }
    }
}
