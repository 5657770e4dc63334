//! A socket as a story sees it: what comes, in which order, and that nothing else does.

use crate::person::Person;
use std::collections::VecDeque;
use std::time::Duration;
use umbrachat_client::protocol::socket::{Mark, Ready, SendMessage, Sent, SetTyping};
use umbrachat_client::{Received, Socket};
use umbrachat_protocol::{
    ClientCommand, ClientId, ConversationId, ErrorCode, Member, Message, Presence, Reference, Seq,
    ServerEvent,
};
use uuid::Uuid;

/// Longer than anything takes; only a story that has failed waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(15);

pub(crate) struct TestSocket {
    pub(crate) ready: Box<Ready>,
    person: Person,
    socket: Socket,
    /// Came while something else was awaited.
    waiting: VecDeque<ServerEvent>,
}

impl TestSocket {
    pub(crate) async fn of(person: &Person) -> Self {
        Self::begun(person, person.client.socket().await.unwrap()).await
    }

    /// A socket that has authenticated already.
    pub(crate) async fn begun(person: &Person, mut socket: Socket) -> Self {
        let ready = match socket.next_event(SOON).await.unwrap() {
            ServerEvent::Ready(ready) => ready,
            other => panic!("not ready: {other:?}"),
        };
        Self { ready, person: person.clone(), socket, waiting: VecDeque::new() }
    }

    /// The next event, except heartbeats.
    pub(crate) async fn next_of_all(&mut self) -> ServerEvent {
        match self.waiting.pop_front() {
            Some(event) => event,
            None => self.socket.next_event(SOON).await.unwrap(),
        }
    }

    /// The next event, except for who comes and goes: that depends on every socket of every friend.
    pub(crate) async fn next_event(&mut self) -> ServerEvent {
        loop {
            match self.next_of_all().await {
                ServerEvent::Presence(_) => {}
                event => return event,
            }
        }
    }

    pub(crate) async fn next_message(&mut self) -> Message {
        match self.next_event().await {
            ServerEvent::Message { message } => message,
            other => panic!("not a message: {other:?}"),
        }
    }

    pub(crate) async fn next_member(&mut self) -> Member {
        match self.next_event().await {
            ServerEvent::Member { member } => member,
            other => panic!("not a member: {other:?}"),
        }
    }

    pub(crate) async fn next_error(&mut self) -> (Option<Reference>, ErrorCode) {
        match self.next_event().await {
            ServerEvent::Error { reference, code, .. } => (reference, code),
            other => panic!("not an error: {other:?}"),
        }
    }

    pub(crate) async fn next_presence(&mut self) -> Presence {
        match self.next_of_all().await {
            ServerEvent::Presence(presence) => presence,
            other => panic!("nobody came or went: {other:?}"),
        }
    }

    /// Everything that came before a sign which the person gives now.
    pub(crate) async fn everything_so_far(&mut self) -> Vec<ServerEvent> {
        let sign = ServerEvent::Account { user: self.person.gives_a_sign().await };
        let mut before = Vec::new();
        loop {
            match self.next_of_all().await {
                event if event == sign => return before,
                // A sign for another of this person's sockets.
                ServerEvent::Account { user } if user.user.id == self.person.id() => {}
                event => before.push(event),
            }
        }
    }

    /// The same, except for who comes and goes.
    pub(crate) async fn events_so_far(&mut self) -> Vec<ServerEvent> {
        let mut events = self.everything_so_far().await;
        events.retain(|event| !matches!(event, ServerEvent::Presence(_)));
        events
    }

    pub(crate) async fn expects_nothing(&mut self) {
        assert_eq!(self.events_so_far().await, []);
    }

    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        self.socket.close_code(SOON).await.unwrap()
    }

    /// What comes next, the end included.
    pub(crate) async fn receive(&mut self) -> Received {
        self.socket.receive_within(SOON).await.unwrap()
    }

    pub(crate) async fn commands(&mut self, command: &ClientCommand) {
        self.socket.send(command).await.unwrap();
    }

    /// Any text as a frame.
    pub(crate) async fn says(&mut self, text: impl Into<String>) {
        self.socket.send_text(text).await.unwrap();
    }

    /// The bare socket, to send what is not even text.
    pub(crate) fn bare(&mut self) -> &mut Socket {
        &mut self.socket
    }

    /// Sends a message and does not wait for anything.
    pub(crate) async fn begins_to_send(&mut self, chat: ConversationId, body: &str) -> ClientId {
        let client_id = ClientId(Uuid::now_v7());
        self.commands(&text(chat, client_id, body)).await;
        client_id
    }

    /// Sends a message and waits until it is durable.
    pub(crate) async fn sends(&mut self, chat: ConversationId, body: &str) -> Sent {
        let client_id = self.begins_to_send(chat, body).await;
        self.next_sent(client_id).await
    }

    /// The acknowledgement of a message; what comes before it waits.
    pub(crate) async fn next_sent(&mut self, client_id: ClientId) -> Sent {
        let mut before = VecDeque::new();
        loop {
            match self.next_of_all().await {
                ServerEvent::Sent(sent) if sent.client_id == client_id => {
                    before.append(&mut self.waiting);
                    self.waiting = before;
                    return sent;
                }
                event => before.push_back(event),
            }
        }
    }

    /// Drops what came while something else was awaited.
    pub(crate) fn forgets_what_came(&mut self) {
        self.waiting.clear();
    }

    pub(crate) async fn marks_delivered(&mut self, chat: ConversationId, seq: i64) {
        self.commands(&ClientCommand::MarkDelivered(mark(chat, seq))).await;
    }

    pub(crate) async fn marks_read(&mut self, chat: ConversationId, seq: i64) {
        self.commands(&ClientCommand::MarkRead(mark(chat, seq))).await;
    }

    pub(crate) async fn types(&mut self, chat: ConversationId, typing: bool) {
        self.commands(&ClientCommand::SetTyping(SetTyping {
            reference: None,
            conversation_id: chat,
            typing,
        }))
        .await;
    }
}

pub(crate) fn text(chat: ConversationId, client_id: ClientId, body: &str) -> ClientCommand {
    ClientCommand::SendMessage(SendMessage {
        reference: None,
        conversation_id: chat,
        client_id,
        body: body.to_owned(),
        reply_to: None,
        mentions: Vec::new(),
    })
}

fn mark(chat: ConversationId, seq: i64) -> Mark {
    Mark { reference: None, conversation_id: chat, seq: Seq(seq) }
}
