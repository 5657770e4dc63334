//! What a client asks for over the socket, and how it is answered.

use crate::problem::ApiError;
use crate::realtime::Outlet;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use umbrachat_protocol::planted::{self, Bug};
use umbrachat_protocol::socket::{Mark, SendMessage, Sent};
use umbrachat_protocol::{ClientCommand, ErrorCode, NewMessage, Reference, Seq, ServerEvent, UserId, limits};
use umbrachat_store::{Store, StoreError};

/// Reads a frame.
///
/// # Errors
/// The `error` event to answer with: `malformed`, `unknown_field` or `invalid`.
pub(super) fn parse(text: &str) -> Result<ClientCommand, Box<ServerEvent>> {
    match serde_json::from_str::<ClientCommand>(text) {
        Ok(command) => match reference_of(&command) {
            Some(Reference::Text(text)) if text.chars().count() > limits::REFERENCE_MAX => {
                let detail = format!("ref: at most {} characters", limits::REFERENCE_MAX);
                Err(error_event(None, &ApiError::new(ErrorCode::Invalid, detail)).into())
            }
            _ => Ok(command),
        },
        Err(error) => Err(refusal(text, &error).into()),
    }
}

/// The reference that a command carries.
pub(super) fn reference(command: ClientCommand) -> Option<Reference> {
    match command {
        ClientCommand::Authenticate(command) => command.reference,
        ClientCommand::SendMessage(command) => command.reference,
        ClientCommand::MarkDelivered(command) | ClientCommand::MarkRead(command) => command.reference,
        ClientCommand::SetTyping(command) => command.reference,
    }
}

/// Puts a message in line; `sent` follows when it is durable. Does not wait, so what one socket sends in a row is in
/// line in that order and is committed together.
pub fn send_message(store: &Store, user: UserId, outlet: &Arc<Outlet>, command: SendMessage) {
    let SendMessage { reference, conversation_id, client_id, body, reply_to, mentions } = command;
    let message = NewMessage { client_id, body, reply_to, mentions };
    let outlet = outlet.clone();
    store.submit_message(user, conversation_id, message, move |result| {
        if planted::has(Bug::RetryIsNotAnswered) && result.as_ref().is_ok_and(|sent| !sent.first_time) {
            return;
        }
        outlet.answer(&match result {
            Ok(sent) => ServerEvent::Sent(Sent {
                reference,
                client_id,
                conversation_id,
                seq: sent.message.seq,
                rev: sent.message.rev,
                created_at: sent.message.created_at,
            }),
            Err(error) => refused(reference, error),
        });
    });
}

/// Puts marks in line; there is no answer when they succeed.
pub fn mark(
    store: &Store,
    user: UserId,
    outlet: &Arc<Outlet>,
    command: Mark,
    marks: impl FnOnce(Seq) -> (Option<Seq>, Option<Seq>),
) {
    let Mark { reference, conversation_id, seq } = command;
    let (delivered, read) = marks(seq);
    let outlet = outlet.clone();
    store.submit_marks(user, conversation_id, delivered, read, move |result| {
        if let Err(error) = result {
            outlet.answer(&refused(reference, error));
        }
    });
}

pub(super) fn error_event(reference: Option<Reference>, error: &ApiError) -> ServerEvent {
    let problem = error.problem();
    ServerEvent::Error { reference, code: problem.code, detail: problem.detail }
}

fn refused(reference: Option<Reference>, error: StoreError) -> ServerEvent {
    let error = ApiError::from(error);
    if let Some(cause) = error.cause() {
        tracing::error!(cause, "a command failed");
    }
    error_event(reference, &error)
}

fn reference_of(command: &ClientCommand) -> Option<&Reference> {
    match command {
        ClientCommand::Authenticate(command) => command.reference.as_ref(),
        ClientCommand::SendMessage(command) => command.reference.as_ref(),
        ClientCommand::MarkDelivered(command) | ClientCommand::MarkRead(command) => {
            command.reference.as_ref()
        }
        ClientCommand::SetTyping(command) => command.reference.as_ref(),
    }
}

/// Says what is wrong with a frame, with its `ref` where it has one.
fn refusal(text: &str, error: &serde_json::Error) -> ServerEvent {
    let Ok(frame) = serde_json::from_str::<Map<String, Value>>(text) else {
        let error =
            ApiError::new(ErrorCode::Malformed, "The frame is not a JSON object that can be understood.");
        return error_event(None, &error);
    };
    let reference = frame.get("ref").and_then(|reference| Reference::deserialize(reference).ok());
    let message = error.to_string();
    let detail = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what).to_owned();
    let code = if detail.starts_with("unknown field") { ErrorCode::UnknownField } else { ErrorCode::Invalid };
    error_event(reference, &ApiError::new(code, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_as(text: &str) -> (Option<Reference>, ErrorCode) {
        match *parse(text).unwrap_err() {
            ServerEvent::Error { reference, code, .. } => (reference, code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_frame_that_is_no_command_is_refused_with_its_reference() {
        let seven = Some(Reference::Number(7));
        let id = "0190b6a0-0000-7000-8000-000000000000";
        for (text, expected) in [
            ("", (None, ErrorCode::Malformed)),
            ("[]", (None, ErrorCode::Malformed)),
            ("{\"type\":", (None, ErrorCode::Malformed)),
            ("{\"ref\":7}", (seven.clone(), ErrorCode::Invalid)),
            ("{\"type\":\"dance\",\"ref\":7}", (seven.clone(), ErrorCode::Invalid)),
            ("{\"type\":\"mark_read\",\"ref\":7}", (seven.clone(), ErrorCode::Invalid)),
            (
                &format!("{{\"type\":\"mark_read\",\"ref\":7,\"conversation_id\":\"{id}\",\"seq\":\"1\"}}"),
                (seven.clone(), ErrorCode::Invalid),
            ),
            (
                &format!(
                    "{{\"type\":\"mark_read\",\"ref\":7,\"conversation_id\":\"{id}\",\"seq\":1,\"x\":1}}"
                ),
                (seven.clone(), ErrorCode::UnknownField),
            ),
        ] {
            assert_eq!(refused_as(text), expected, "{text}");
        }
    }

    #[test]
    fn a_reference_is_short() {
        let long = "r".repeat(65);
        let text = format!("{{\"type\":\"authenticate\",\"access_token\":\"x\",\"ref\":\"{long}\"}}");
        assert_eq!(refused_as(&text), (None, ErrorCode::Invalid));
    }
}
