//! A run: a queue of what happens when, worked off in the order of simulated time.

use crate::calls::{Reply, Request};
use crate::device::Device;
use crate::history::History;
use crate::plan::Plan;
use crate::server::{FromServer, Server, ToServer};
use crate::{checker, community};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use umbrachat_client_core::{Change, ConnectFailure, Connection, Effect, Input, Millis};
use umbrachat_protocol::{ErrorCode, ServerEvent, User};

/// A world that has not come to rest after this many milliseconds of peace never will.
const PATIENCE: u64 = 180_000;

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) now: u64,
    began: Instant,
    pub(crate) server: Server,
    from_server: UnboundedReceiver<FromServer>,
    pub(crate) devices: Vec<Device>,
    pub(crate) people: Vec<User>,
    queue: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    next_happening: u64,
    /// Happenings that something waits for.
    pub(crate) under_way: usize,
    pub(crate) calls: BTreeMap<u64, Call>,
    pub(crate) connections: BTreeMap<u64, usize>,
    pub(crate) next_number: u64,
    pub(crate) healed: bool,
    pub(crate) is_down: bool,
    pub(crate) down_after_crash: u64,
    /// Connections up to this number ended with the server that they led to.
    pub(crate) died_with: u64,
    pub(crate) history: History,
    pub(crate) violation: Option<String>,
    pub(crate) counts: Counts,
}

/// What a run was made of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) operations: u64,
    pub(crate) faults: u64,
    pub(crate) commits: u64,
    pub(crate) simulated_milliseconds: u64,
}

pub(crate) enum Happening {
    Step(usize),
    Tick(usize),
    /// A handshake arrives at the server.
    Handshake {
        device: usize,
        connection: u64,
        refresh: bool,
    },
    NoConnection {
        device: usize,
        connection: u64,
        why: ConnectFailure,
    },
    ToServer {
        connection: u64,
        what: ToServer,
    },
    Hangup {
        connection: u64,
    },
    Event {
        connection: u64,
        sent: u64,
        event: Box<ServerEvent>,
    },
    Closed {
        connection: u64,
        code: Option<u16>,
    },
    /// A request arrives; `twice`: its answer goes nowhere.
    Called {
        call: u64,
        twice: bool,
    },
    Answered {
        call: u64,
        sent: u64,
        reply: Result<Reply, ErrorCode>,
    },
    NotAnswered {
        call: u64,
    },
    Back {
        device: usize,
    },
    Up,
}

#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) device: usize,
    pub(crate) life: u32,
    pub(crate) request: Request,
    pub(crate) tries_left: u32,
    pub(crate) step: usize,
    /// It has arrived and is not answered.
    pub(crate) is_at_server: bool,
}

impl World {
    pub(crate) async fn new(plan: Plan, traced: bool) -> Self {
        let (server, from_server) = Server::start(plan.conditions, plan.seed).await;
        let began = Instant::now();
        let (people, devices) = community::settle(&server, &plan).await;
        let names = people.iter().map(|person| (person.id, person.username.clone())).collect();
        let mut world = Self {
            now: 0,
            began,
            server,
            from_server,
            devices,
            people,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            next_happening: 0,
            under_way: 0,
            calls: BTreeMap::new(),
            connections: BTreeMap::new(),
            next_number: 0,
            healed: false,
            is_down: false,
            down_after_crash: 0,
            died_with: 0,
            history: History::new(traced, names),
            violation: None,
            counts: Counts::default(),
            plan,
        };
        for (index, step) in world.plan.steps.clone().iter().enumerate() {
            world.at(step.at, Happening::Step(index));
        }
        for device in 0..world.devices.len() {
            world.tell(device, Input::Start);
        }
        world
    }

    /// Lives through the plan, then through peace until everybody has heard of everything.
    pub(crate) async fn run(&mut self) {
        self.live_until(self.plan.end()).await;
        self.heal();
        let mut checks = [2_000, 5_000, 15_000, 60_000].into_iter();
        let mut calm_since = None;
        let end = self.now + PATIENCE;
        while self.violation.is_none() {
            self.live_until(self.now + 500).await;
            if self.now >= end {
                self.violation = Some(self.unrest().unwrap_or_else(|| "it never comes to rest".to_owned()));
                break;
            }
            if self.unrest().is_some() {
                calm_since = None;
                continue;
            }
            let calm = self.now - *calm_since.get_or_insert(self.now);
            if calm < 1_000 || self.violation.is_some() {
                continue;
            }
            match checker::verdict(self).await {
                Ok(()) => break,
                // It may still be on its way; each wait is longer.
                Err(problem) => match checks.next() {
                    Some(wait) => {
                        self.live_until(self.now + wait).await;
                        calm_since = None;
                    }
                    None => self.violation = Some(problem),
                },
            }
        }
        self.counts.commits = self.server.ledger(|ledger| ledger.commits);
        self.counts.faults += self.server.faults();
        self.counts.simulated_milliseconds = self.now;
    }

    fn heal(&mut self) {
        self.history.note(self.now, || "— from here on nothing goes wrong —".to_owned());
        self.healed = true;
        self.server.heals();
        if self.is_down {
            self.happen(Happening::Up);
        }
        for device in 0..self.devices.len() {
            if !self.devices[device].has_network {
                self.happen(Happening::Back { device });
            }
        }
    }

    /// What is not at rest yet.
    fn unrest(&self) -> Option<String> {
        if self.under_way > 0 {
            return Some("something is always under way".to_owned());
        }
        self.devices.iter().find_map(|device| {
            let state = device.core.state();
            let what = if state.connection != Connection::Online {
                "does not get online"
            } else if state.all_outgoing().any(|outgoing| outgoing.failure.is_none()) {
                "never gets its outbox empty"
            } else if state.conversations().iter().any(|chat| chat.has_gap()) {
                "never closes a gap"
            } else {
                return None;
            };
            Some(format!("{} {what}", device.name))
        })
    }

    async fn live_until(&mut self, end: u64) {
        while self.violation.is_none() {
            let next = self.queue.peek().map_or(u64::MAX, |Reverse((at, _))| *at);
            let wake = self.began + Duration::from_millis(next.min(end));
            tokio::select! {
                biased;
                Some(message) = self.from_server.recv() => {
                    self.set_time();
                    self.leaves_server(message);
                }
                () = sleep_until(wake) => {
                    self.set_time();
                    if next > end {
                        break;
                    }
                    if let Some(Reverse((_, number))) = self.queue.pop()
                        && let Some(happening) = self.happenings.remove(&number)
                    {
                        if !matches!(happening, Happening::Step(_) | Happening::Tick(_)) {
                            self.under_way -= 1;
                        }
                        self.happen(happening);
                    }
                }
            }
            if let Some(problem) = self.server.ledger(|ledger| ledger.problems.pop()) {
                self.violation.get_or_insert(problem);
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Step(index) => self.step(index),
            Happening::Tick(device) => {
                if self.devices[device].tick_at == Some(self.now) {
                    self.devices[device].tick_at = None;
                    self.tell(device, Input::Tick);
                }
            }
            Happening::Handshake { device, connection, refresh } => {
                self.handshake(device, connection, refresh);
            }
            Happening::NoConnection { device, connection, why } => {
                if self.devices[device].connection == Some(connection) {
                    self.devices[device].connection = None;
                    self.tell(device, Input::ConnectFailed(why));
                }
            }
            Happening::ToServer { connection, what } => self.server.hears(connection, what),
            Happening::Hangup { connection } => self.server.is_hung_up(connection),
            Happening::Event { connection, sent, event } => self.event(connection, sent, *event),
            Happening::Closed { connection, code } => self.closed(connection, code),
            Happening::Called { call, twice } => self.called(call, twice),
            Happening::Answered { call, sent, reply } => self.answered(call, sent, reply),
            Happening::NotAnswered { call } => self.not_answered(call),
            Happening::Back { device } => {
                if !std::mem::replace(&mut self.devices[device].has_network, true) {
                    self.tell(device, Input::NetworkChanged { online: true });
                }
            }
            Happening::Up => {
                if std::mem::take(&mut self.is_down) {
                    self.history.note(self.now, || "server: is back".to_owned());
                    self.server.restarts();
                }
            }
        }
    }

    fn set_time(&mut self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).expect("a short time");
        let passed = i64::try_from(now - self.now).expect("a short time");
        self.server.time.advance_micros(passed * 1_000);
        self.now = now;
    }

    pub(crate) fn at(&mut self, time: u64, happening: Happening) {
        let to_server = matches!(
            happening,
            Happening::Handshake { .. } | Happening::ToServer { .. } | Happening::Called { .. }
        );
        let time = if to_server { time.next_multiple_of(self.plan.conditions.grain) } else { time };
        if !matches!(happening, Happening::Step(_) | Happening::Tick(_)) {
            self.under_way += 1;
        }
        self.next_happening += 1;
        self.happenings.insert(self.next_happening, happening);
        self.queue.push(Reverse((time, self.next_happening)));
    }

    /// Tells a device something, and does what it asks for.
    pub(crate) fn tell(&mut self, device: usize, input: Input) {
        let effects = self.devices[device].core.handle(Millis(self.now), input);
        for effect in effects {
            self.carry_out(device, effect);
        }
        let this = &mut self.devices[device];
        if let Some(nonsense) = this.shows_nonsense() {
            let name = &this.name;
            self.violation.get_or_insert(format!("on {name}: {nonsense}"));
        }
        let deadline = self.devices[device].core.next_deadline().map(|at| at.0);
        if let Some(at) = deadline.filter(|_| self.devices[device].tick_at != deadline) {
            self.devices[device].tick_at = deadline;
            self.at(at.max(self.now), Happening::Tick(device));
        }
    }

    fn carry_out(&mut self, index: usize, effect: Effect) {
        let device = &mut self.devices[index];
        match effect {
            Effect::Connect { refresh_token_first } => self.connect(index, refresh_token_first),
            Effect::Disconnect => self.hang_up(index),
            Effect::RenewToken => self.call(index, Request::RefreshToken, 0, usize::MAX),
            Effect::Transmit(command) => self.transmit(index, ToServer::Command(command)),
            Effect::SaveOutgoing(outgoing) => device.keep(outgoing),
            Effect::ForgetOutgoing(client_id) => device.forget(client_id),
            Effect::SignedOut => {
                let name = &device.name;
                self.violation.get_or_insert(format!("{name} is signed out"));
            }
            Effect::Changed(Change::Outgoing { client_id, progress, .. }) => {
                device.note_progress(client_id, progress);
            }
            Effect::Changed(_) => {}
            Effect::FetchChanges { conversation_id: id, since } => {
                self.call(index, Request::Changes { id, since }, 0, usize::MAX);
            }
            Effect::FetchHistory { conversation_id: id, before, limit } => {
                self.call(index, Request::History { id, before, limit }, 0, usize::MAX);
            }
            Effect::FetchMembers { conversation_id: id } => {
                self.call(index, Request::Members { id }, 0, usize::MAX);
            }
            Effect::FetchSnapshot { ticket } => {
                self.call(index, Request::Snapshot { ticket }, 0, usize::MAX);
            }
        }
    }
}
