//! The task that carries out what the machine asks for: the only place where a live connection does IO.

use crate::shared::Shared;
use crate::{AccessToken, Client, Error, Page, Received, Result, Socket};
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use umbrachat_client_core::{ConnectFailure, Effect, Input};
use umbrachat_protocol::{ClientCommand, ErrorCode, limits};

/// A server that does not take a frame for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// When a token could not be renewed, how long until the next try at the latest.
const RENEW_AGAIN: Duration = Duration::from_secs(20);

type Connected = Result<(Socket, AccessToken), ConnectFailure>;

struct Driver {
    client: Client,
    shared: Arc<Shared>,
    socket: Option<Socket>,
    connecting: Option<JoinHandle<Connected>>,
    /// Calls under way; the machine bounds how many.
    calls: JoinSet<Done>,
}

/// What a call has led to.
enum Done {
    Tell(Input),
    Renewed(Result<AccessToken>),
}

pub(crate) async fn drive(client: Client, shared: Arc<Shared>) {
    let mut driver = Driver { client, shared, socket: None, connecting: None, calls: JoinSet::new() };
    driver.run().await;
}

impl Driver {
    async fn run(&mut self) {
        loop {
            while let Some(effect) = self.shared.next_to_do() {
                self.carry_out(effect).await;
            }
            if self.shared.is_stopped() {
                return;
            }
            let deadline = self.shared.deadline();
            tokio::select! {
                () = self.shared.woken() => {}
                received = receive(self.socket.as_mut()) => self.received(received),
                connected = outcome(self.connecting.as_mut()) => self.connected(connected),
                Some(done) = self.calls.join_next() => self.done(done).await,
                () = sleep_to(deadline) => self.shared.tell(Input::Tick),
            }
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Connect { refresh_token_first } => {
                self.hang_up().await;
                self.connecting = Some(tokio::spawn(connect(self.client.clone(), refresh_token_first)));
            }
            Effect::Disconnect => self.hang_up().await,
            Effect::RenewToken => {
                let client = self.client.clone();
                self.calls.spawn(async move { Done::Renewed(client.refresh().await) });
            }
            Effect::Transmit(command) => self.transmit(&command).await,
            Effect::SignedOut => self.client.session.end().await,
            // Unsent messages are the program's to keep (`Live::unsent`), and changes have been told.
            Effect::SaveOutgoing(_) | Effect::ForgetOutgoing(_) | Effect::Changed(_) => {}
            question => {
                let client = self.client.clone();
                self.calls.spawn(async move { Done::Tell(ask(&client, question).await) });
            }
        }
    }

    fn received(&mut self, received: Result<Received>) {
        match received {
            Ok(Received::Event(event)) => self.shared.tell(Input::Event(event)),
            Ok(Received::Closed(code)) => {
                self.socket = None;
                self.shared.tell(Input::SocketClosed { code });
            }
            // An event that makes no sense. If it was a change, its rev will be missed.
            Err(_) => {}
        }
    }

    fn connected(&mut self, connected: Connected) {
        self.connecting = None;
        match connected {
            Ok((socket, token)) => {
                self.socket = Some(socket);
                self.token_expires(token.ends_at);
            }
            Err(why) => self.shared.tell(Input::ConnectFailed(why)),
        }
    }

    async fn done(&mut self, done: Result<Done, tokio::task::JoinError>) {
        match done {
            Ok(Done::Tell(input)) => self.shared.tell(input),
            Ok(Done::Renewed(Ok(token))) => {
                let renewed = match &mut self.socket {
                    Some(socket) => timeout(WRITE_TIMEOUT, socket.authenticate(&token.token)).await,
                    None => return,
                };
                if matches!(renewed, Ok(Ok(()))) {
                    self.token_expires(token.ends_at);
                } else {
                    self.broken();
                }
            }
            Ok(Done::Renewed(Err(_))) => self.token_expires(Instant::now() + RENEW_AGAIN),
            // A call that panicked would leave the machine waiting for it: a fresh connection asks again.
            Err(_) => self.broken(),
        }
    }

    async fn transmit(&mut self, command: &ClientCommand) {
        let Some(socket) = &mut self.socket else { return };
        if !matches!(timeout(WRITE_TIMEOUT, socket.send(command)).await, Ok(Ok(()))) {
            self.broken();
        }
    }

    fn broken(&mut self) {
        if self.socket.take().is_some() {
            self.shared.tell(Input::SocketClosed { code: None });
        }
    }

    async fn hang_up(&mut self) {
        if let Some(connecting) = self.connecting.take() {
            connecting.abort();
        }
        if let Some(socket) = self.socket.take() {
            // A server that is gone does not hear it.
            let _ = timeout(FAREWELL_TIMEOUT, socket.close()).await;
        }
    }

    fn token_expires(&self, ends_at: Instant) {
        self.shared.tell(Input::TokenExpires { at: self.shared.millis(ends_at) });
    }
}

async fn connect(client: Client, refresh_token_first: bool) -> Connected {
    let token = if refresh_token_first { client.refresh().await } else { client.access_token().await };
    let token = token.map_err(|error| match error {
        error if error.ends_session() => ConnectFailure::SessionEnded,
        _ => ConnectFailure::Unreachable,
    })?;
    let socket = client.socket_with(&token).await.map_err(|error| match error.code() {
        Some(ErrorCode::Unauthenticated | ErrorCode::TokenExpired) => ConnectFailure::TokenRefused,
        _ => ConnectFailure::Unreachable,
    })?;
    Ok((socket, token))
}

/// Asks the server what the machine wants to know.
async fn ask(client: &Client, question: Effect) -> Input {
    let code = |error: Error| error.code();
    match question {
        Effect::FetchChanges { conversation_id, since } => {
            match client.changes(conversation_id, since, Some(limits::PAGE_MAX)).await {
                Ok(changes) => Input::ChangesLoaded { conversation_id, since, changes: Box::new(changes) },
                Err(error) => Input::ChangesFailed { conversation_id, code: code(error) },
            }
        }
        Effect::FetchHistory { conversation_id, before, limit } => {
            let page = Page { before, after: None, limit: Some(limit) };
            match client.messages(conversation_id, page).await {
                Ok(page) => Input::HistoryLoaded { conversation_id, before, page },
                Err(error) => Input::HistoryFailed { conversation_id, before, code: code(error) },
            }
        }
        Effect::FetchMembers { conversation_id } => match client.members(conversation_id).await {
            Ok(members) => Input::MembersLoaded { conversation_id, members },
            Err(error) => Input::MembersFailed { conversation_id, code: code(error) },
        },
        Effect::FetchSnapshot { ticket } => match client.snapshot().await {
            Ok(snapshot) => Input::SnapshotLoaded { ticket, snapshot: Box::new(snapshot) },
            Err(_) => Input::SnapshotFailed { ticket },
        },
        // Everything else is carried out above and asks nothing.
        _ => Input::Tick,
    }
}

async fn receive(socket: Option<&mut Socket>) -> Result<Received> {
    match socket {
        Some(socket) => socket.receive().await,
        None => pending().await,
    }
}

async fn outcome(connecting: Option<&mut JoinHandle<Connected>>) -> Connected {
    match connecting {
        Some(connecting) => connecting.await.unwrap_or(Err(ConnectFailure::Unreachable)),
        None => pending().await,
    }
}

async fn sleep_to(deadline: Option<Instant>) {
    match deadline {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}
