//! One socket from its authentication to its end: a single task that reads, writes and keeps time.

use super::authentication::{self, Refused};
use super::commands;
use crate::app::AppState;
use crate::auth::CurrentUser;
use crate::limits::SocketPlace;
use crate::problem::ApiError;
use crate::realtime::Subscription;
use actix_web::web::Data;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseReason, ProtocolError, Session};
use bytestring::ByteString;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::{Instant, Interval, interval_at, sleep_until, timeout};
use umbrachat_protocol::socket::Ready;
use umbrachat_protocol::{ClientCommand, CloseCode, ErrorCode, ServerEvent, limits};

const HEARTBEAT: Duration = Duration::from_secs(limits::HEARTBEAT_SECONDS as u64);
/// A peer of whom nothing was heard for two heartbeats, not even the pong that every WebSocket gives by itself, has gone.
/// A little less, so that it is the second heartbeat that notices.
const SILENCE: Duration = HEARTBEAT.saturating_mul(2).saturating_sub(Duration::from_secs(1));
/// Events that are written one after the other before anything else is looked at.
const TOGETHER: usize = 64;
/// How long a close frame may take to leave; a peer that does not read never gets it.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a connection ends.
enum End {
    /// The other side closed, or is gone.
    Gone,
    Close(CloseCode),
    Broken(ProtocolError),
}

pub(super) async fn serve(
    state: Data<AppState>,
    mut session: Session,
    mut stream: AggregatedMessageStream,
    user: Option<CurrentUser>,
    _place: SocketPlace,
) {
    let counted = state.clone();
    let end = match user {
        Some(user) => Ok(user),
        None => Box::pin(authentication::first_frame(&state, &mut session, &mut stream)).await,
    };
    let end = match end {
        // What it takes to begin is boxed, as is what it takes to authenticate: a task is as large as the largest thing that
        // it ever does, for as long as it lives, and these are done once.
        Ok(user) => match Box::pin(Connection::begin(state, session.clone(), stream, user)).await {
            Ok(connection) => connection.run().await,
            Err(code) => End::Close(code),
        },
        Err(Refused::Close(code)) => End::Close(code),
        Err(Refused::Gone(Some(error))) => End::Broken(error),
        Err(Refused::Gone(None)) => End::Gone,
    };
    let reason = match end {
        End::Gone => None,
        End::Close(code) => Some(reason(code)),
        End::Broken(error) => Some(broken(&error)),
    };
    counted.metrics.socket_closed(reason.as_ref().map(|reason| reason.code.into()));
    // Where nobody reads, the connection is cut when the session is dropped.
    let _ = timeout(FAREWELL, session.close(reason)).await;
}

struct Connection {
    state: Data<AppState>,
    session: Session,
    stream: AggregatedMessageStream,
    user: CurrentUser,
    subscription: Subscription,
    heartbeat: Interval,
    heard: Instant,
    expires: Instant,
    /// Until then nothing more is read: this person has said too much in too short a time, and what they say meanwhile waits
    /// on their own side.
    silent_until: Option<Instant>,
}

impl Connection {
    async fn begin(
        state: Data<AppState>,
        mut session: Session,
        stream: AggregatedMessageStream,
        user: CurrentUser,
    ) -> Result<Self, CloseCode> {
        if !state.limits.allows_another_socket(state.hub.sockets_of(user.id)) {
            return Err(CloseCode::TooMany);
        }
        let unavailable = |error| authentication::close_code(&ApiError::from(error));
        let begun = Subscription::begin(&state.hub, &state.store, user.id, user.session).await;
        let (subscription, mut snapshot) = begun.map_err(unavailable)?;
        // Whatever ended the session before the hub knew of this socket has not told it.
        if !state.store.is_alive(user.session).await.map_err(unavailable)? {
            return Err(CloseCode::SessionEnded);
        }
        subscription.look_who_is_here(&mut snapshot).await;
        if state.is_draining() {
            return Err(CloseCode::Restarting);
        }

        let ready = ServerEvent::Ready(Box::new(Ready {
            session_id: user.session,
            heartbeat_seconds: limits::HEARTBEAT_SECONDS,
            snapshot,
        }));
        let text = serde_json::to_string(&ready).expect("events are always JSON");
        session.text(text).await.map_err(|_| CloseCode::SlowConsumer)?;
        state.metrics.socket_opened();
        let now = Instant::now();
        let expires = now + remaining(&state, user);
        let heartbeat = interval_at(now + HEARTBEAT, HEARTBEAT);
        Ok(Self {
            state,
            session,
            stream,
            user,
            subscription,
            heartbeat,
            heard: now,
            expires,
            silent_until: None,
        })
    }

    async fn run(mut self) -> End {
        let outlet = self.subscription.outlet().clone();
        // Ends the wait for a slow reader too: a writer that is stuck is exactly what has to be closed.
        tokio::select! {
            end = self.work() => end,
            code = outlet.closed() => End::Close(code),
        }
    }

    async fn work(&mut self) -> End {
        loop {
            let step = tokio::select! {
                Some(text) = self.subscription.next() => self.tell(text).await,
                frame = self.stream.recv(), if self.silent_until.is_none() => self.read(frame).await,
                () = sleep_until(self.silent_until.unwrap_or(self.expires)), if self.silent_until.is_some() => {
                    self.silent_until = None;
                    Ok(())
                }
                _ = self.heartbeat.tick() => self.beat().await,
                () = sleep_until(self.expires) => Err(End::Close(CloseCode::Unauthenticated)),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Writes an event, and some of what has come after it meanwhile: together they leave in one packet. Not all, so that
    /// frames and the clock have their turn as well.
    async fn tell(&mut self, text: ByteString) -> Result<(), End> {
        let (mut next, mut written) = (Some(text), 0);
        while let Some(text) = next {
            self.state.metrics.event_sent();
            self.session.text(text).await.map_err(|_| End::Gone)?;
            written += 1;
            next = if written < TOGETHER { self.subscription.next_in_line() } else { None };
        }
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), End> {
        if self.heard.elapsed() >= SILENCE {
            return Err(End::Gone);
        }
        self.check_expiry()?;
        self.session.ping(b"").await.map_err(|_| End::Gone)?;
        let text = serde_json::to_string(&ServerEvent::Heartbeat {}).expect("events are always JSON");
        self.session.text(text).await.map_err(|_| End::Gone)
    }

    async fn read(&mut self, frame: Option<Result<AggregatedMessage, ProtocolError>>) -> Result<(), End> {
        self.heard = Instant::now();
        match frame {
            Some(Ok(AggregatedMessage::Text(text))) => self.obey(&text).await,
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                self.session.pong(&bytes).await.map_err(|_| End::Gone)
            }
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Binary(_))) => Err(End::Close(CloseCode::Unsupported)),
            Some(Ok(AggregatedMessage::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(End::Broken(error)),
        }
    }

    async fn obey(&mut self, text: &str) -> Result<(), End> {
        self.check_expiry()?;
        self.silent_until = self.state.limits.command(self.user.id).map(|wait| Instant::now() + wait);
        let (state, user, outlet) = (&self.state, self.user, self.subscription.outlet());
        let command = commands::parse(text);
        if let Ok(command) = &command {
            state.metrics.command(command);
        }
        match command {
            Ok(ClientCommand::SendMessage(command)) => {
                commands::send_message(&state.store, user.id, outlet, command);
            }
            Ok(ClientCommand::MarkDelivered(command)) => {
                commands::mark(&state.store, user.id, outlet, command, |seq| (Some(seq), None));
            }
            Ok(ClientCommand::MarkRead(command)) => {
                commands::mark(&state.store, user.id, outlet, command, |seq| (None, Some(seq)));
            }
            Ok(ClientCommand::SetTyping(command)) => {
                if !self.subscription.set_typing(command.conversation_id, command.typing) {
                    let error = ApiError::of(ErrorCode::NotFound);
                    outlet.answer(&commands::error_event(command.reference, &error));
                }
            }
            Ok(ClientCommand::Authenticate(command)) => {
                match Box::pin(authentication::check(state, &command.access_token)).await {
                    Ok(again) if (again.id, again.session) == (user.id, user.session) => {
                        self.user = again;
                        self.expires = Instant::now() + remaining(&self.state, again);
                    }
                    Ok(_) => return Err(End::Close(CloseCode::Unauthenticated)),
                    Err(error) => {
                        outlet.answer(&commands::error_event(command.reference, &error));
                        return Err(End::Close(authentication::close_code(&error)));
                    }
                }
            }
            Err(event) => outlet.answer(&event),
        }
        Ok(())
    }

    fn check_expiry(&self) -> Result<(), End> {
        if self.state.store.clock().now() >= self.user.token_expires_at {
            return Err(End::Close(CloseCode::Unauthenticated));
        }
        Ok(())
    }
}

fn remaining(state: &AppState, user: CurrentUser) -> Duration {
    let micros = user.token_expires_at.0 - state.store.clock().now().0;
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn reason(code: CloseCode) -> CloseReason {
    CloseReason { code: code.code().into(), description: Some(code.reason().to_owned()) }
}

fn broken(error: &ProtocolError) -> CloseReason {
    match error {
        ProtocolError::Io(error) if error.kind() == ErrorKind::InvalidData => reason(CloseCode::InvalidText),
        // The aggregation of fragments reports what is too long as an error of no kind.
        ProtocolError::Overflow | ProtocolError::Io(_) => reason(CloseCode::TooBig),
        other => CloseReason { code: actix_ws::CloseCode::Protocol, description: Some(other.to_string()) },
    }
}
