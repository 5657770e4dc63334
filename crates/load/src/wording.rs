//! How a message is written and recognised. Frames are put together and looked through as text: parsing each would cost
//! the driver more than it costs the server to make them.

use umbrachat_client::protocol::{ConversationId, Seq};
use uuid::Uuid;

pub const BODY: &str =
    "a hundred bytes of starlight, give or take a few, as a message between friends tends to be this long";

/// How a message is written.
#[derive(Clone)]
pub struct Frames {
    /// Tells the messages of one run from those of another.
    pub run: u32,
    /// Whether its author is told that it is durable.
    pub is_acknowledged: bool,
    before: String,
    after: String,
}

impl Frames {
    pub fn to_server(conversation: ConversationId) -> Self {
        let before = format!(r#"{{"type":"send_message","conversation_id":"{conversation}","client_id":""#);
        Self { run: fresh_run(), before, after: format!(r#"","body":"{BODY}"}}"#), is_acknowledged: true }
    }

    /// As many bytes as the server sends out for a message, since the relay changes nothing.
    pub fn to_relay() -> Self {
        let before = format!(
            r#"{{"type":"message","message":{{"conversation_id":"{0}","seq":1234567,"rev":1234567,"kind":"text","author_id":"{0}","client_id":""#,
            Uuid::nil()
        );
        let after = format!(
            r#"","body":"{BODY}","reply_to":null,"mentions":[],"created_at":"2026-01-01T00:00:00.123456Z","edited_at":null,"deleted_at":null,"reactions":[]}}}}"#
        );
        Self { run: fresh_run(), before, after, is_acknowledged: false }
    }

    pub fn message(&self, client_id: &str) -> String {
        [&self.before, client_id, &self.after].concat()
    }
}

fn fresh_run() -> u32 {
    Uuid::new_v4().as_fields().0
}

/// A UUID of its own for each message of a run.
pub fn client_id(run: u32, number: u64) -> String {
    format!("{run:08x}-0000-4000-8000-{number:012x}")
}

/// The number of a message that was sent under such an id.
pub fn number(frame: &[u8]) -> Option<u64> {
    const KEY: &[u8] = br#""client_id":""#;
    let start = memchr::memmem::find(frame, KEY)? + KEY.len();
    let id = std::str::from_utf8(frame.get(start..start + 36)?).ok()?;
    u64::from_str_radix(&id[24..], 16).ok()
}

pub fn is_any_message(frame: &[u8]) -> bool {
    frame.starts_with(br#"{"type":"message""#)
}

pub fn is_message(frame: &[u8], client_id: &str) -> bool {
    is_any_message(frame) && memchr::memmem::find(frame, client_id.as_bytes()).is_some()
}

pub fn is_sent(frame: &[u8], client_id: &str) -> bool {
    frame.starts_with(br#"{"type":"sent""#) && memchr::memmem::find(frame, client_id.as_bytes()).is_some()
}

/// The number that a message has in its conversation.
pub fn seq(frame: &[u8]) -> Option<Seq> {
    const KEY: &[u8] = br#""seq":"#;
    let start = memchr::memmem::find(frame, KEY)? + KEY.len();
    let digits = frame[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(Seq(std::str::from_utf8(&frame[start..start + digits]).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use umbrachat_client::protocol::{ClientCommand, ServerEvent};

    #[test]
    fn what_is_written_is_a_command_of_the_protocol() {
        let frames = Frames::to_server(ConversationId(Uuid::new_v4()));
        let text = frames.message(&client_id(frames.run, 7));
        assert!(matches!(serde_json::from_str(&text).unwrap(), ClientCommand::SendMessage(_)));
    }

    #[test]
    fn the_relay_carries_what_the_server_would_send() {
        let frames = Frames::to_relay();
        let text = frames.message(&client_id(frames.run, 0x1234));
        let event: ServerEvent = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap().len(), text.len());
        assert!(is_message(text.as_bytes(), &client_id(frames.run, 0x1234)));
        assert!(!is_message(text.as_bytes(), &client_id(frames.run, 0x1235)));
        assert_eq!(number(text.as_bytes()), Some(0x1234));
        assert_eq!(seq(text.as_bytes()), Some(Seq(1_234_567)));
    }
}
