//! What people do on their devices, and what goes wrong.

use crate::calls::{Deed, Reply, Request, arrangement, rename, set_history};
use crate::device::Written;
use crate::plan::{Step, What};
use crate::world::World;
use umbrachat_client_core::{Input, Progress};
use umbrachat_protocol::{
    ConversationId, ErrorCode, History, NewGroup, Role, Seq, ServerEvent, SettingsPatch, Timestamp, UpdateMe,
    UserId,
};

const EMOJI: [&str; 2] = ["🌙", "✨"];
/// How often something is tried again that got no answer.
const TRIES: u32 = 3;

impl World {
    pub(crate) fn step(&mut self, index: usize) {
        let Step { device, what, .. } = self.plan.steps[index];
        let name = self.devices[device].name.clone();
        self.history.note(self.now, || format!("{name}: step {index}: {what:?}"));
        if what.is_fault() {
            self.counts.faults += 1;
        } else {
            self.counts.operations += 1;
        }
        match what {
            What::Cut { silently } => self.cut(device, silently),
            What::GoesOffline { milliseconds } => {
                if std::mem::take(&mut self.devices[device].has_network) {
                    self.tell(device, Input::NetworkChanged { online: false });
                    self.at(self.now + milliseconds, crate::world::Happening::Back { device });
                }
            }
            What::Reloads => self.reload(device),
            What::Restart { milliseconds } => {
                if !self.is_down {
                    self.goes_down(milliseconds, "restarts");
                }
            }
            What::CrashAtNextCommit { milliseconds } => {
                self.down_after_crash = milliseconds;
                self.server.will_crash();
            }
            deed => self.act(device, index, deed),
        }
    }

    fn reload(&mut self, device: usize) {
        self.hang_up(device);
        let this = &mut self.devices[device];
        this.reload();
        this.tick_at = None;
        let (kept, online) = (this.kept.clone(), this.has_network);
        if !online {
            self.tell(device, Input::NetworkChanged { online: false });
        }
        self.tell(device, Input::Restore(kept));
        self.tell(device, Input::Start);
    }

    fn act(&mut self, device: usize, step: usize, what: What) {
        match what {
            What::Send { chat, reply, mention } => self.send(device, chat, reply, mention),
            What::Read { chat } => self.read(device, chat),
            What::Open { chat } => {
                let chat = self.chat(device, chat);
                self.tell(device, Input::Open(chat));
            }
            What::Scroll { chat } => {
                if let Some(chat) = self.chat(device, chat) {
                    self.tell(device, Input::LoadOlder(chat));
                }
            }
            What::LookAtMembers { chat } => {
                if let Some(chat) = self.chat(device, chat) {
                    self.tell(device, Input::LoadMembers(chat));
                }
            }
            What::Type { chat, typing } => {
                if let Some(conversation_id) = self.chat(device, chat) {
                    self.tell(device, Input::SetTyping { conversation_id, typing });
                }
            }
            other => {
                if let Some(deed) = self.deed(device, step, other) {
                    self.call(device, Request::Deed(deed), TRIES, step);
                }
            }
        }
    }

    fn send(&mut self, device: usize, chat: usize, reply: bool, mention: bool) {
        let Some(conversation_id) = self.chat(device, chat) else { return };
        let this = &mut self.devices[device];
        let client_id = this.new_client_id();
        let number = this.written.len() + 1;
        let body = format!("{} says {number}", this.name);
        let known = this.core.state().conversation(conversation_id);
        let last_seq = known.map_or(Seq(0), |chat| chat.info().last_seq);
        let peer = known.and_then(|chat| chat.info().peer.as_ref()).map(|peer| peer.id);
        this.written.push(Written { chat: conversation_id, client_id, progress: Progress::Sending });
        self.tell(
            device,
            Input::Send {
                conversation_id,
                client_id,
                body,
                reply_to: Some(last_seq).filter(|seq| reply && *seq > Seq(0)),
                mentions: peer.into_iter().filter(|_| mention).collect(),
                written_at: Timestamp(0),
            },
        );
    }

    fn read(&mut self, device: usize, chat: usize) {
        let Some(conversation_id) = self.chat(device, chat) else { return };
        let this = &mut self.devices[device];
        let known = this.core.state().conversation(conversation_id);
        let seq = known.map_or(Seq(0), |chat| chat.info().last_seq);
        let furthest = this.read.entry(conversation_id).or_default();
        *furthest = seq.max(*furthest);
        self.tell(device, Input::MarkRead { conversation_id, seq });
    }

    fn deed(&self, device: usize, step: usize, what: What) -> Option<Deed> {
        let this = &self.devices[device];
        let me = this.user;
        let person = |who: usize| -> Option<UserId> {
            let others: Vec<UserId> = self.people.iter().map(|user| user.id).filter(|id| *id != me).collect();
            others.get(who % others.len().max(1)).copied()
        };
        let message = |chat: usize, message: usize| {
            let id = self.chat(device, chat)?;
            let last = this.core.state().conversation(id)?.info().last_seq.0;
            let back = i64::try_from(message).ok()? % last.max(1);
            Some((id, Seq(last - back)))
        };
        let settings = |patch: SettingsPatch| Deed::UpdateMe {
            update: UpdateMe { display_name: None, settings: Some(patch) },
        };
        Some(match what {
            What::Edit { chat, message: which } => {
                let (id, seq) = message(chat, which)?;
                Deed::Edit { id, seq, body: format!("edited in step {step}") }
            }
            What::Delete { chat, message: which } => {
                let (id, seq) = message(chat, which)?;
                Deed::Delete { id, seq }
            }
            What::React { chat, message: which, emoji, present } => {
                let (id, seq) = message(chat, which)?;
                Deed::React { id, seq, emoji: EMOJI[emoji], present }
            }
            What::MakeGroup { who, full } => {
                let history = if full { History::Full } else { History::FromJoin };
                let title = format!("Group of step {step}");
                Deed::MakeGroup { group: NewGroup { title, member_ids: vec![person(who)?], history } }
            }
            What::Add { chat, who } => {
                Deed::PutMember { id: self.group(device, chat)?, user: person(who)?, role: None }
            }
            What::Remove { chat, who } => {
                Deed::RemoveMember { id: self.group(device, chat)?, user: person(who)? }
            }
            What::Leave { chat } => Deed::RemoveMember { id: self.group(device, chat)?, user: me },
            What::SetRole { chat, who, admin } => {
                let role = Some(if admin { Role::Admin } else { Role::Member });
                Deed::PutMember { id: self.group(device, chat)?, user: person(who)?, role }
            }
            What::HandOver { chat, who } => {
                Deed::HandOver { id: self.group(device, chat)?, user: person(who)? }
            }
            What::Rename { chat } => Deed::Update {
                id: self.group(device, chat)?,
                update: rename(format!("Title of step {step}")),
            },
            What::SetHistory { chat, full } => {
                Deed::Update { id: self.group(device, chat)?, update: set_history(full) }
            }
            What::DeleteGroup { chat } => Deed::DeleteGroup { id: self.group(device, chat)? },
            What::Ask { who } => {
                let user = person(who)?;
                let username = self.people.iter().find(|it| it.id == user)?.username.clone();
                Deed::Ask { username }
            }
            What::Unfriend { who } => Deed::Unfriend { user: person(who)? },
            What::Block { who } => Deed::Block { user: person(who)? },
            What::Unblock { who } => Deed::Unblock { user: person(who)? },
            What::OpenDirect { who } => Deed::OpenDirect { user: person(who)? },
            What::Arrange { chat, what, yes } => {
                Deed::Arrange { id: self.chat(device, chat)?, update: arrangement(what, yes) }
            }
            What::ShowReceipts { show } => {
                settings(SettingsPatch { receipts: Some(show), ..SettingsPatch::default() })
            }
            What::ShowPresence { show } => {
                settings(SettingsPatch { presence: Some(show), ..SettingsPatch::default() })
            }
            What::ShowTyping { show } => {
                settings(SettingsPatch { typing: Some(show), ..SettingsPatch::default() })
            }
            _ => return None,
        })
    }

    /// Shows at once what a call has answered, as user interfaces do.
    pub(crate) fn deed_done(&mut self, device: usize, deed: Deed, reply: Reply) {
        let me = self.devices[device].user;
        let event = match (deed, reply) {
            (_, Reply::Message(message)) => {
                self.acknowledged(device, &message);
                ServerEvent::Message { message: *message }
            }
            (_, Reply::Conversation(conversation)) => ServerEvent::Conversation { conversation },
            (_, Reply::Member(member)) => ServerEvent::Member { member: *member },
            (Deed::Arrange { id, .. }, Reply::Preferences(preferences)) => {
                ServerEvent::Preferences { conversation_id: id, preferences }
            }
            (_, Reply::Me(user)) => ServerEvent::Account { user },
            (Deed::RemoveMember { id, user }, _) if user == me => {
                ServerEvent::ConversationRemoved { conversation_id: id }
            }
            (Deed::DeleteGroup { id }, _) => ServerEvent::ConversationRemoved { conversation_id: id },
            (Deed::Unfriend { user } | Deed::Block { user }, _) => {
                ServerEvent::FriendRemoved { user_id: user }
            }
            _ => return,
        };
        self.tell(device, Input::Answer(event));
    }

    /// Somebody was told that a message is so from now on: then it is, or it was changed again.
    fn acknowledged(&mut self, device: usize, message: &umbrachat_protocol::Message) {
        let known = self.server.ledger(|ledger| {
            let chat = ledger.chats.get(&message.conversation_id)?;
            chat.messages.get(&message.seq).cloned()
        });
        let holds = known
            .is_some_and(|known| known.rev > message.rev || (known.rev == message.rev && known == *message));
        if !holds {
            let (name, seq, rev) = (&self.devices[device].name, message.seq.0, message.rev.0);
            let problem =
                format!("{name} is told that message {seq} is so at rev {rev}, which was not committed");
            self.violation.get_or_insert(problem);
        }
    }

    /// One of the conversations that a device knows.
    fn chat(&self, device: usize, chat: usize) -> Option<ConversationId> {
        let chats = self.devices[device].chats();
        chats.get(chat % chats.len().max(1)).copied()
    }

    /// The same, of those that are groups.
    fn group(&self, device: usize, chat: usize) -> Option<ConversationId> {
        let this = &self.devices[device];
        let is_group = |id: &ConversationId| {
            this.core.state().conversation(*id).is_some_and(|chat| chat.info().peer.is_none())
        };
        let groups: Vec<ConversationId> = this.chats().into_iter().filter(is_group).collect();
        groups.get(chat % groups.len().max(1)).copied()
    }
}

/// What a message may be refused for without anything being wrong.
pub(crate) fn may_fail_with(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::NotFriends | ErrorCode::NotFound | ErrorCode::Invalid)
}
