//! Reads the server's frames.
//!
//! It could be left to `ServerEvent` itself, were it not for size: the code that serde writes for an enum which is tagged
//! inside reads every type in it a second time, from a buffer, and that alone would be a tenth of the whole client. All
//! events together have few fields, so they are read as one record here; a test holds it against the enum.

use serde::Deserialize;
use umbrachat_protocol::socket::{Ready, Sent};
use umbrachat_protocol::{
    ClientId, Conversation, ConversationId, ErrorCode, Friend, FriendRequestDirection, Me, Member, Message,
    Preferences, Presence, Reference, Rev, Seq, ServerEvent, SessionId, Settings, Snapshot, Timestamp, User,
    UserId,
};

/// The event in a frame; none where it cannot be read, or is of a kind that this client does not know.
pub(crate) fn read(text: &str) -> Option<ServerEvent> {
    let frame: Frame = serde_json::from_str(text).ok()?;
    event(frame)
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    /// Numbers alone: those that this client has sent.
    #[serde(rename = "ref")]
    reference: Option<i64>,
    session_id: Option<SessionId>,
    heartbeat_seconds: Option<u32>,
    snapshot: Option<Snapshot>,
    client_id: Option<ClientId>,
    conversation_id: Option<ConversationId>,
    user_id: Option<UserId>,
    seq: Option<Seq>,
    rev: Option<Rev>,
    delivered_seq: Option<Seq>,
    read_seq: Option<Seq>,
    created_at: Option<Timestamp>,
    since: Option<Timestamp>,
    message: Option<Message>,
    conversation: Option<Box<Conversation>>,
    member: Option<Member>,
    preferences: Option<Preferences>,
    direction: Option<FriendRequestDirection>,
    user: Option<Person>,
    code: Option<ErrorCode>,
    detail: Option<String>,
    typing: Option<bool>,
    online: Option<bool>,
    last_seen: Option<Timestamp>,
}

/// Somebody else, or oneself with one's settings.
#[derive(Deserialize)]
struct Person {
    id: UserId,
    username: String,
    display_name: String,
    settings: Option<Settings>,
}

impl From<Person> for User {
    fn from(Person { id, username, display_name, .. }: Person) -> Self {
        Self { id, username, display_name }
    }
}

fn event(frame: Frame) -> Option<ServerEvent> {
    let reference = frame.reference.map(Reference::Number);
    Some(match &*frame.kind {
        "ready" => ServerEvent::Ready(Box::new(Ready {
            session_id: frame.session_id?,
            heartbeat_seconds: frame.heartbeat_seconds?,
            snapshot: frame.snapshot?,
        })),
        "sent" => ServerEvent::Sent(Sent {
            reference,
            client_id: frame.client_id?,
            conversation_id: frame.conversation_id?,
            seq: frame.seq?,
            rev: frame.rev?,
            created_at: frame.created_at?,
        }),
        "message" => ServerEvent::Message { message: frame.message? },
        "conversation" => ServerEvent::Conversation { conversation: frame.conversation? },
        "conversation_removed" => {
            ServerEvent::ConversationRemoved { conversation_id: frame.conversation_id? }
        }
        "member" => ServerEvent::Member { member: frame.member? },
        "receipt" => ServerEvent::Receipt {
            conversation_id: frame.conversation_id?,
            user_id: frame.user_id?,
            delivered_seq: frame.delivered_seq?,
            read_seq: frame.read_seq?,
        },
        "preferences" => ServerEvent::Preferences {
            conversation_id: frame.conversation_id?,
            preferences: frame.preferences?,
        },
        "skipped" => ServerEvent::Skipped { conversation_id: frame.conversation_id?, rev: frame.rev? },
        "typing" => ServerEvent::Typing {
            conversation_id: frame.conversation_id?,
            user_id: frame.user_id?,
            typing: frame.typing?,
        },
        "presence" => ServerEvent::Presence(Presence {
            user_id: frame.user_id?,
            online: frame.online?,
            last_seen: frame.last_seen,
        }),
        "friend" => ServerEvent::Friend(Friend { user: frame.user?.into(), since: frame.since? }),
        "friend_removed" => ServerEvent::FriendRemoved { user_id: frame.user_id? },
        "friend_request" => ServerEvent::FriendRequest {
            direction: frame.direction?,
            user: frame.user?.into(),
            created_at: frame.created_at?,
        },
        "friend_request_removed" => ServerEvent::FriendRequestRemoved { user_id: frame.user_id? },
        "account" => {
            let mut person = frame.user?;
            let settings = person.settings.take()?;
            ServerEvent::Account { user: Me { user: person.into(), settings } }
        }
        "resync" => ServerEvent::Resync {},
        "heartbeat" => ServerEvent::Heartbeat {},
        "error" => {
            ServerEvent::Error { reference, code: frame.code?, detail: frame.detail.unwrap_or_default() }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use umbrachat_protocol::ServerEvent as Event;

    /// A frame of every kind, as the server writes it. The match makes a new kind of event fail to compile here.
    fn frames() -> Vec<serde_json::Value> {
        let known = |event: &Event| match event {
            Event::Ready(_)
            | Event::Sent(_)
            | Event::Message { .. }
            | Event::Conversation { .. }
            | Event::ConversationRemoved { .. }
            | Event::Member { .. }
            | Event::Receipt { .. }
            | Event::Preferences { .. }
            | Event::Skipped { .. }
            | Event::Typing { .. }
            | Event::Presence(_)
            | Event::Friend(_)
            | Event::FriendRemoved { .. }
            | Event::FriendRequest { .. }
            | Event::FriendRequestRemoved { .. }
            | Event::Account { .. }
            | Event::Resync {}
            | Event::Heartbeat {}
            | Event::Error { .. }
            | Event::Unknown => true,
        };
        assert!(known(&Event::Unknown));
        let id = "01930000-0000-7000-8000-000000000001";
        let time = "2026-11-23T21:04:05.123456Z";
        let user = json!({"id": id, "username": "ana", "display_name": "Ana"});
        let settings = json!({"theme": "dawn", "receipts": true, "presence": true, "typing": false});
        let me = json!({"id": id, "username": "ana", "display_name": "Ana", "settings": settings});
        let message = json!({
            "conversation_id": id, "seq": 2, "rev": 3, "kind": "text", "author_id": null, "client_id": id, "body": "hi",
            "created_at": time, "reactions": [{"emoji": "🌙", "user_ids": [id]}],
        });
        let preferences = json!({"rev": 4, "pinned_at": time, "archived_seq": 2, "muted_until": null});
        let conversation = json!({
            "id": id, "kind": "direct", "title": null, "peer": user, "rev": 3, "last_seq": 2, "read_seq": 1, "unread": 1,
            "my_role": "member", "history": "full", "created_at": time, "last_message": message,
            "peer_receipt": {"delivered_seq": 2, "read_seq": 1}, "preferences": preferences,
        });
        let member = json!({
            "conversation_id": id, "user": user, "role": "admin", "rev": 3, "joined_at": time, "left_at": null,
            "delivered_seq": 1, "read_seq": 0,
        });
        let snapshot = json!({
            "user": me, "friends": [{"user": user, "since": time}], "friend_requests": {"incoming": [], "outgoing": []},
            "blocks": [], "conversations": [conversation],
        });
        vec![
            json!({"type": "ready", "session_id": id, "heartbeat_seconds": 20, "snapshot": snapshot}),
            json!({"type": "sent", "ref": 7, "client_id": id, "conversation_id": id, "seq": 2, "rev": 3, "created_at": time}),
            json!({"type": "message", "message": message}),
            json!({"type": "conversation", "conversation": conversation}),
            json!({"type": "conversation_removed", "conversation_id": id}),
            json!({"type": "member", "member": member}),
            json!({"type": "receipt", "conversation_id": id, "user_id": id, "delivered_seq": 2, "read_seq": 1}),
            json!({"type": "preferences", "conversation_id": id, "preferences": preferences}),
            json!({"type": "skipped", "conversation_id": id, "rev": 9}),
            json!({"type": "typing", "conversation_id": id, "user_id": id, "typing": true}),
            json!({"type": "presence", "user_id": id, "online": false, "last_seen": time}),
            json!({"type": "friend", "user": user, "since": time}),
            json!({"type": "friend_removed", "user_id": id}),
            json!({"type": "friend_request", "direction": "incoming", "user": user, "created_at": time}),
            json!({"type": "friend_request_removed", "user_id": id}),
            json!({"type": "account", "user": me}),
            json!({"type": "resync"}),
            json!({"type": "heartbeat"}),
            json!({"type": "error", "ref": null, "code": "not_friends", "detail": "no"}),
        ]
    }

    #[test]
    fn every_event_is_read_as_the_protocol_reads_it() {
        for frame in frames() {
            let expected: ServerEvent = serde_json::from_value(frame.clone()).unwrap();
            assert_ne!(expected, ServerEvent::Unknown, "{frame}");
            assert_eq!(read(&frame.to_string()), Some(expected), "{frame}");
        }
    }

    #[test]
    fn what_is_not_understood_is_skipped() {
        for text in
            ["", "[]", "{}", r#"{"type":"aurora"}"#, r#"{"type":"message"}"#, r#"{"type":"sent","seq":"x"}"#]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
