//! Between devices and server: what takes how long, what gets lost, and what breaks. On one connection nothing overtakes;
//! everything else may.

use crate::calls::{Deed, Reply, Request};
use crate::server::{FromServer, ToServer};
use crate::watch::Reader;
use crate::world::{Call, Happening, World};
use std::time::Duration;
use tokio::time::Instant;
use umbrachat_client_core::{ConnectFailure, Input, Millis};
use umbrachat_protocol::{CloseCode, ErrorCode, ServerEvent};

/// An access token lasts this many milliseconds.
const TOKEN: u64 = 15_000;
/// A call without an answer is given up after this many milliseconds.
const GIVE_UP: u64 = 2_500;
/// When a token could not be renewed, the next try comes then.
const RENEW_AGAIN: u64 = 4_000;

impl World {
    fn delay(&mut self, device: usize) -> u64 {
        let most = if self.healed { 20 } else { self.plan.conditions.delay };
        let random = &mut self.devices[device].random;
        let delay = 1 + random.below(most);
        if !self.healed && random.chance(30) { delay * 10 } else { delay }
    }

    fn happens_to(&mut self, device: usize, of_thousand: u64) -> bool {
        let happens = !self.healed && self.devices[device].random.chance(of_thousand);
        self.counts.faults += u64::from(happens);
        happens
    }

    pub(crate) fn connect(&mut self, device: usize, refresh: bool) {
        self.hang_up(device);
        self.next_number += 1;
        let connection = self.next_number;
        self.connections.insert(connection, device);
        let at = self.now + self.delay(device);
        let this = &mut self.devices[device];
        this.connection = Some(connection);
        (this.last_there, this.last_here, this.is_cut_silently) = (at, at, false);
        self.at(at, Happening::Handshake { device, connection, refresh });
    }

    /// The device closes its connection, which the server learns later.
    pub(crate) fn hang_up(&mut self, device: usize) {
        if let Some(connection) = self.devices[device].connection.take() {
            let at = self.now + self.delay(device) * 3;
            self.at(at, Happening::Hangup { connection });
        }
    }

    /// The connection breaks; `silently`: neither side notices.
    pub(crate) fn cut(&mut self, device: usize, silently: bool) {
        if silently {
            self.devices[device].is_cut_silently = true;
        } else if let Some(connection) = self.devices[device].connection {
            self.closed(connection, None);
        }
    }

    pub(crate) fn transmit(&mut self, device: usize, what: ToServer) {
        let Some(connection) = self.devices[device].connection else { return };
        let breaks = self.happens_to(device, self.plan.conditions.breaks);
        let at = (self.now + self.delay(device)).max(self.devices[device].last_there);
        self.devices[device].last_there = at;
        if !self.devices[device].is_cut_silently {
            self.at(at, Happening::ToServer { connection, what });
        }
        if breaks {
            let at = self.now + self.delay(device);
            self.at(at, Happening::Closed { connection, code: None });
        }
    }

    /// Asks the server something.
    pub(crate) fn call(&mut self, device: usize, request: Request, tries_left: u32, step: usize) {
        self.next_number += 1;
        let number = self.next_number;
        let (life, name) = (self.devices[device].life, &self.devices[device].name);
        // Tokens are renewed all the time.
        let is_telling = !matches!(request, Request::RefreshToken);
        if is_telling {
            self.history.note(self.now, || format!("{name} asks, in call {number}: {request:?}"));
        }
        let call = Call { device, life, request, tries_left, step, is_at_server: false };
        self.calls.insert(number, call);
        let is_lost = self.happens_to(device, self.plan.conditions.lost);
        if is_lost || !self.devices[device].has_network {
            self.at(self.now + GIVE_UP, Happening::NotAnswered { call: number });
            return;
        }
        if self.happens_to(device, self.plan.conditions.doubled) {
            let at = self.now + self.delay(device) * 2;
            self.at(at, Happening::Called { call: number, twice: true });
        }
        let at = self.now + self.delay(device);
        self.at(at, Happening::Called { call: number, twice: false });
    }

    /// Something leaves the server.
    pub(crate) fn leaves_server(&mut self, message: FromServer) {
        let sent = self.now;
        match message {
            FromServer::Event { connection, event } => {
                let Some(device) = self.connections.get(&connection).copied() else { return };
                if self.devices[device].is_cut_silently || connection <= self.died_with {
                    return;
                }
                let breaks = self.happens_to(device, self.plan.conditions.breaks);
                let at = (self.now + self.delay(device)).max(self.devices[device].last_here);
                if self.devices[device].connection == Some(connection) {
                    self.devices[device].last_here = at;
                }
                if breaks {
                    self.at(at, Happening::Closed { connection, code: None });
                } else {
                    self.at(at, Happening::Event { connection, sent, event });
                }
            }
            FromServer::Closed { connection, code } => {
                let Some(device) = self.connections.get(&connection).copied() else { return };
                if connection <= self.died_with {
                    return;
                }
                let at = (self.now + self.delay(device)).max(self.devices[device].last_here);
                self.server.is_hung_up(connection);
                if !self.devices[device].is_cut_silently {
                    self.at(at, Happening::Closed { connection, code });
                }
            }
            FromServer::Answer { call, reply } => {
                let Some(known) = self.calls.get_mut(&call).filter(|call| call.is_at_server) else { return };
                known.is_at_server = false;
                let Call { device, request, .. } = known.clone();
                if let (Request::Deed(deed), true) = (&request, reply.is_ok()) {
                    self.note_block(device, deed);
                }
                if self.happens_to(device, self.plan.conditions.lost) {
                    self.at(self.now + GIVE_UP, Happening::NotAnswered { call });
                } else {
                    let at = self.now + self.delay(device);
                    self.at(at, Happening::Answered { call, sent, reply });
                }
            }
            FromServer::Crashed => {
                let milliseconds = self.down_after_crash;
                self.goes_down(milliseconds, "crashes between a commit and its acknowledgement");
            }
        }
    }

    fn note_block(&mut self, device: usize, deed: &Deed) {
        let (me, now) = (self.devices[device].user, self.now);
        match *deed {
            Deed::Block { user } => self.server.ledger(|ledger| ledger.blocked(now, me, user, true)),
            Deed::Unblock { user } => self.server.ledger(|ledger| ledger.blocked(now, me, user, false)),
            _ => {}
        }
    }

    /// The server ends at once and comes back later. What it had sent before may still arrive.
    pub(crate) fn goes_down(&mut self, milliseconds: u64, how: &str) {
        self.history.note(self.now, || format!("server: {how}"));
        self.server.dies();
        self.is_down = true;
        // Whatever it would still have said is never said.
        self.died_with = self.next_number;
        self.at(self.now + milliseconds, Happening::Up);
        for (connection, device) in self.connections.clone() {
            if self.devices[device].connection == Some(connection) {
                let at = (self.now + self.delay(device)).max(self.devices[device].last_here);
                let code = Some(CloseCode::Restarting.code());
                self.at(at, Happening::Closed { connection, code });
            }
        }
        let mut unanswered = Vec::new();
        for (number, call) in &mut self.calls {
            if std::mem::take(&mut call.is_at_server) {
                unanswered.push(*number);
            }
        }
        for call in unanswered {
            self.at(self.now + GIVE_UP, Happening::NotAnswered { call });
        }
    }

    /// A request arrives.
    pub(crate) fn called(&mut self, number: u64, twice: bool) {
        let Some(call) = self.calls.get_mut(&number) else { return };
        let (device, request) = (call.device, call.request.clone());
        if self.is_down {
            if !twice {
                self.at(self.now + GIVE_UP, Happening::NotAnswered { call: number });
            }
            return;
        }
        call.is_at_server = !twice;
        // The answer to what arrived twice is one that nobody waits for.
        let number = if twice { 0 } else { number };
        self.server.is_called(number, self.devices[device].user, request);
    }

    pub(crate) fn handshake(&mut self, device: usize, connection: u64, refresh: bool) {
        if self.devices[device].connection != Some(connection) {
            return;
        }
        let expired = self.devices[device].token_until <= self.now;
        let lost = self.is_down || !self.devices[device].has_network;
        let why = if lost || (refresh && self.happens_to(device, self.plan.conditions.lost)) {
            Some(ConnectFailure::Unreachable)
        } else if expired && !refresh {
            Some(ConnectFailure::TokenRefused)
        } else {
            None
        };
        if let Some(why) = why {
            let at = self.now + self.delay(device);
            self.at(at, Happening::NoConnection { device, connection, why });
            return;
        }
        if refresh {
            self.devices[device].token_until = self.now + TOKEN;
        }
        let this = &self.devices[device];
        let until = Instant::now() + Duration::from_millis(this.token_until - self.now);
        self.server.connects(connection, this.user, this.session, until);
        let at = Millis(this.token_until);
        self.tell(device, Input::TokenExpires { at });
    }

    pub(crate) fn closed(&mut self, connection: u64, code: Option<u16>) {
        let Some(device) = self.connections.remove(&connection) else { return };
        if self.devices[device].connection == Some(connection) {
            let name = &self.devices[device].name;
            self.history.note(self.now, || format!("{name}: the connection breaks ({code:?})"));
            self.devices[device].connection = None;
            // A connection that broke before it was ready is one that did not come about.
            self.tell(device, Input::SocketClosed { code });
            let at = self.now + self.delay(device) * 3;
            self.at(at, Happening::Hangup { connection });
        }
    }

    pub(crate) fn event(&mut self, connection: u64, sent: u64, event: ServerEvent) {
        let Some(device) = self.connections.get(&connection).copied() else { return };
        if self.devices[device].connection != Some(connection) {
            return;
        }
        let (user, name) = (self.devices[device].user, &self.devices[device].name);
        self.history.hears(self.now, name, &event);
        let verdict = self.server.ledger(|ledger| Reader { ledger, user, at: sent }.event(&event));
        if let Err(problem) = verdict {
            self.violation.get_or_insert(format!("{name} is told: {problem}"));
        }
        self.tell(device, Input::Event(event));
    }

    pub(crate) fn answered(&mut self, number: u64, sent: u64, reply: Result<Reply, ErrorCode>) {
        let Some(call) = self.calls.remove(&number) else { return };
        let device = call.device;
        if self.devices[device].life != call.life {
            return;
        }
        let is_telling = !matches!(call.request, Request::RefreshToken);
        let said = || reply.as_ref().map_or_else(|code| format!("{code:?}"), |_| "it is done".to_owned());
        if is_telling {
            self.history.note(self.now, || format!("call {number} is answered: {}", said()));
        }
        let (user, name) = (self.devices[device].user, &self.devices[device].name);
        if let Ok(reply) = &reply {
            let verdict = self.server.ledger(|ledger| Reader { ledger, user, at: sent }.reply(reply));
            if let Err(problem) = verdict {
                self.violation.get_or_insert(format!("{name} is answered: {problem}"));
            }
        }
        match (call.request, reply) {
            (Request::RefreshToken, _) => {
                let until = self.now + TOKEN;
                self.devices[device].token_until = until;
                let moment = Instant::now() + Duration::from_millis(TOKEN);
                self.transmit(device, ToServer::Renewed(moment));
                self.tell(device, Input::TokenExpires { at: Millis(until) });
            }
            (Request::Deed(deed), Ok(reply)) => self.deed_done(device, deed, reply),
            (Request::Deed(_), Err(_)) => {}
            (question, reply) => {
                if let Some(input) = input_of(question, reply.map_err(Some)) {
                    self.tell(device, input);
                }
            }
        }
    }

    pub(crate) fn not_answered(&mut self, number: u64) {
        let Some(call) = self.calls.remove(&number) else { return };
        let Call { device, life, request, tries_left, step, .. } = call;
        if self.devices[device].life != life {
            return;
        }
        self.history.note(self.now, || format!("call {number} is not answered"));
        match request {
            Request::RefreshToken => {
                let at = Millis(self.now + RENEW_AGAIN);
                self.tell(device, Input::TokenExpires { at });
            }
            Request::Deed(deed) => {
                if tries_left > 0 && deed.may_be_repeated() {
                    self.call(device, Request::Deed(deed), tries_left - 1, step);
                }
            }
            question => {
                if let Some(input) = input_of(question, Err(None)) {
                    self.tell(device, input);
                }
            }
        }
    }
}

/// What a call of the machine's has led to, in its terms.
fn input_of(question: Request, reply: Result<Reply, Option<ErrorCode>>) -> Option<Input> {
    Some(match (question, reply) {
        (Request::Snapshot { ticket }, Ok(Reply::Snapshot(snapshot))) => {
            Input::SnapshotLoaded { ticket, snapshot }
        }
        (Request::Snapshot { ticket }, _) => Input::SnapshotFailed { ticket },
        (Request::Changes { id, since }, Ok(Reply::Changes(changes))) => {
            Input::ChangesLoaded { conversation_id: id, since, changes }
        }
        (Request::Changes { id, .. }, reply) => {
            Input::ChangesFailed { conversation_id: id, code: reply.err().flatten() }
        }
        (Request::History { id, before, .. }, Ok(Reply::Page(page))) => {
            Input::HistoryLoaded { conversation_id: id, before, page }
        }
        (Request::History { id, before, .. }, reply) => {
            Input::HistoryFailed { conversation_id: id, before, code: reply.err().flatten() }
        }
        (Request::Members { id }, Ok(Reply::Members(members))) => {
            Input::MembersLoaded { conversation_id: id, members }
        }
        (Request::Members { id }, reply) => {
            Input::MembersFailed { conversation_id: id, code: reply.err().flatten() }
        }
        (Request::RefreshToken | Request::Deed(_), _) => return None,
    })
}
