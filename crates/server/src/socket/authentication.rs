//! The first frame of a socket whose handshake had no token, as browsers' have none.

use super::commands::{self, error_event};
use crate::app::AppState;
use crate::auth::{self, CurrentUser};
use crate::problem::ApiError;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Session};
use std::time::Duration;
use tokio::time::timeout;
use umbrachat_protocol::{ClientCommand, CloseCode, ErrorCode, ServerEvent, limits};

/// How a socket ends before it began.
pub(super) enum Refused {
    /// The other side has gone, or broke the protocol.
    Gone(Option<actix_ws::ProtocolError>),
    Close(CloseCode),
}

/// Waits for `authenticate`. Anything else is answered with an error, and nothing else happens.
pub(super) async fn first_frame(
    state: &AppState,
    session: &mut Session,
    stream: &mut AggregatedMessageStream,
) -> Result<CurrentUser, Refused> {
    let within = Duration::from_secs(limits::AUTHENTICATE_WITHIN_SECONDS);
    let answer = timeout(within, async {
        loop {
            let text = match stream.recv().await {
                Some(Ok(AggregatedMessage::Text(text))) => text,
                Some(Ok(AggregatedMessage::Ping(bytes))) => {
                    session.pong(&bytes).await.map_err(|_| Refused::Gone(None))?;
                    continue;
                }
                Some(Ok(AggregatedMessage::Pong(_))) => continue,
                Some(Ok(AggregatedMessage::Binary(_))) => return Err(Refused::Close(CloseCode::Unsupported)),
                Some(Ok(AggregatedMessage::Close(_))) | None => return Err(Refused::Gone(None)),
                Some(Err(error)) => return Err(Refused::Gone(Some(error))),
            };
            let refusal = match commands::parse(&text) {
                Ok(ClientCommand::Authenticate(command)) => match check(state, &command.access_token).await {
                    Ok(user) => return Ok(user),
                    Err(error) => {
                        send(session, &error_event(command.reference, &error)).await?;
                        return Err(Refused::Close(close_code(&error)));
                    }
                },
                Ok(command) => {
                    let error =
                        ApiError::new(ErrorCode::Unauthenticated, "The first frame must authenticate.");
                    Box::new(error_event(commands::reference(command), &error))
                }
                Err(event) => event,
            };
            send(session, &refusal).await?;
        }
    });
    answer.await.unwrap_or(Err(Refused::Close(CloseCode::AuthenticationTimeout)))
}

pub(super) async fn check(state: &AppState, token: &str) -> Result<CurrentUser, ApiError> {
    auth::authenticate(state, token).await?.consented()
}

/// What a socket does about a token that is not accepted.
pub(super) fn close_code(error: &ApiError) -> CloseCode {
    match error.code() {
        // The database is out of reach: not the token's fault, and over soon.
        ErrorCode::Overloaded | ErrorCode::Internal => CloseCode::Restarting,
        _ => CloseCode::Unauthenticated,
    }
}

async fn send(session: &mut Session, event: &ServerEvent) -> Result<(), Refused> {
    let text = serde_json::to_string(event).expect("events are always JSON");
    session.text(text).await.map_err(|_| Refused::Gone(None))
}
