//! The server without its sockets: the real store on an in-memory database, the real hub, and for each connection a task
//! that does what the socket's does.

use crate::calls::{self, Reply, Request};
use crate::ledger::Ledger;
use crate::plan::Conditions;
use crate::random::Random;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::{Instant, interval_at, sleep_until};
use umbrachat::realtime::{Hub, Subscription};
use umbrachat::socket::commands;
use umbrachat_protocol::socket::Ready;
use umbrachat_protocol::{
    ClientCommand, CloseCode, ErrorCode, ServerEvent, SessionId, Timestamp, UserId, limits, planted,
};
use umbrachat_store::{Change, Clock, Database, ManualClock, Publish, Store};

const BEGINNING: Timestamp = Timestamp(1_795_468_245_000_000);
/// A change that is published late comes within this many milliseconds of its commit.
const LATE: u64 = 120;

/// What leaves the server.
pub(crate) enum FromServer {
    Event {
        connection: u64,
        event: Box<ServerEvent>,
    },
    Closed {
        connection: u64,
        code: Option<u16>,
    },
    Answer {
        call: u64,
        reply: Result<Reply, ErrorCode>,
    },
    /// It crashed: what comes after this was never sent.
    Crashed,
}

/// What arrives on a connection.
pub(crate) enum ToServer {
    Command(ClientCommand),
    /// `authenticate`, with a token that ends then.
    Renewed(Instant),
}

pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) time: ManualClock,
    shared: Arc<Mutex<Shared>>,
    connections: BTreeMap<u64, Open>,
    net: UnboundedSender<FromServer>,
}

struct Open {
    incoming: UnboundedSender<ToServer>,
    task: AbortHandle,
}

/// What the store's callback decides on.
struct Shared {
    hub: Hub,
    ledger: Ledger,
    began: Instant,
    random: Random,
    conditions: Option<Conditions>,
    crash_at_next_commit: bool,
    crashed: bool,
    faults: u64,
}

impl Server {
    pub(crate) async fn start(conditions: Conditions, seed: u64) -> (Self, UnboundedReceiver<FromServer>) {
        let (net, from_server) = unbounded_channel();
        let shared = Arc::new(Mutex::new(Shared {
            hub: Hub::new(),
            ledger: Ledger::default(),
            began: Instant::now(),
            random: Random::new(seed, 2),
            conditions: Some(conditions),
            crash_at_next_commit: false,
            crashed: false,
            faults: 0,
        }));
        let (clock, time) = Clock::simulated(BEGINNING);
        let publish = publisher(shared.clone(), net.clone());
        let store = Store::open(&Database::Memory, clock, publish).await.expect("memory can be opened");
        let server = Self { store, time, shared, connections: BTreeMap::new(), net };
        server.shared().hub.attach(server.store.clone());
        (server, from_server)
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics holding it")
    }

    pub(crate) fn ledger<T>(&self, read: impl FnOnce(&mut Ledger) -> T) -> T {
        read(&mut self.shared().ledger)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.shared().faults
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heals(&self) {
        let mut shared = self.shared();
        shared.conditions = None;
        shared.crash_at_next_commit = false;
    }

    pub(crate) fn will_crash(&self) {
        self.shared().crash_at_next_commit = true;
    }

    /// All connections are gone, and nobody is told of anything any more.
    pub(crate) fn dies(&mut self) {
        for open in std::mem::take(&mut self.connections).into_values() {
            open.task.abort();
        }
        self.shared().crashed = true;
    }

    /// Nothing is remembered but what is in the database.
    pub(crate) fn restarts(&mut self) {
        planted::set_power(true);
        let mut shared = self.shared();
        shared.hub = Hub::new();
        shared.hub.attach(self.store.clone());
        shared.crashed = false;
    }

    pub(crate) fn connects(&mut self, connection: u64, user: UserId, session: SessionId, expires: Instant) {
        let (incoming, commands) = unbounded_channel();
        let (hub, store, net) = (self.shared().hub.clone(), self.store.clone(), self.net.clone());
        let task = tokio::spawn(async move {
            let code = serve(&hub, store, connection, (user, session), expires, commands, &net).await;
            // Where the simulation has ended, nobody listens.
            let _ = net.send(FromServer::Closed { connection, code: code.map(CloseCode::code) });
        });
        self.connections.insert(connection, Open { incoming, task: task.abort_handle() });
    }

    /// Something arrives on a connection; what arrives on one that is gone is lost.
    pub(crate) fn hears(&self, connection: u64, what: ToServer) {
        if let Some(open) = self.connections.get(&connection) {
            let _ = open.incoming.send(what);
        }
    }

    pub(crate) fn is_hung_up(&mut self, connection: u64) {
        self.connections.remove(&connection);
    }

    pub(crate) fn is_called(&self, call: u64, user: UserId, request: Request) {
        let (store, net) = (self.store.clone(), self.net.clone());
        tokio::spawn(async move {
            let reply = calls::perform(&store, user, request).await;
            let _ = net.send(FromServer::Answer { call, reply });
        });
    }
}

/// What the store calls after each commit.
fn publisher(shared: Arc<Mutex<Shared>>, net: UnboundedSender<FromServer>) -> Publish {
    Arc::new(move |changes: Vec<Change>| {
        let mut guard = shared.lock().expect("nobody panics holding it");
        let this = &mut *guard;
        let now = u64::try_from(this.began.elapsed().as_millis()).expect("a short time");
        this.ledger.committed(now, &changes);
        if this.crashed || changes.is_empty() {
            return;
        }
        if std::mem::take(&mut this.crash_at_next_commit) {
            this.crashed = true;
            planted::set_power(false);
            let _ = net.send(FromServer::Crashed);
            return;
        }
        let hub = this.hub.clone();
        let numbered = changes.iter().all(|change| matches!(change, Change::Numbered { .. }));
        let Some(conditions) = this.conditions else { return hub.publish(changes) };
        if this.random.chance(conditions.untold) {
            this.faults += 1;
            this.ledger.untold(now);
            return hub.publish(vec![Change::Unknown]);
        }
        if numbered && this.random.chance(conditions.published_late) {
            this.faults += 1;
            // On the simulated clock, which moves on when nothing else is left to do: nobody waits for it.
            let late = Instant::now() + Duration::from_millis(1 + this.random.below(LATE));
            tokio::spawn(async move {
                sleep_until(late).await;
                hub.publish(changes);
            });
            return;
        }
        hub.publish(changes);
    })
}

/// What a socket's task does, with frames that are values.
async fn serve(
    hub: &Hub,
    store: Store,
    connection: u64,
    (user, session_id): (UserId, SessionId),
    mut expires: Instant,
    mut incoming: UnboundedReceiver<ToServer>,
    net: &UnboundedSender<FromServer>,
) -> Option<CloseCode> {
    let say = |event| drop(net.send(FromServer::Event { connection, event: Box::new(event) }));
    let Ok((mut subscription, snapshot)) = Subscription::begin(hub, &store, user, session_id).await else {
        return Some(CloseCode::Restarting);
    };
    let heartbeat_seconds = limits::HEARTBEAT_SECONDS;
    say(ServerEvent::Ready(Box::new(Ready { session_id, heartbeat_seconds, snapshot })));
    let beat = Duration::from_secs(heartbeat_seconds.into());
    let mut heartbeat = interval_at(Instant::now() + beat, beat);
    let outlet = subscription.outlet().clone();
    loop {
        tokio::select! {
            biased;
            code = outlet.closed() => return Some(code),
            Some(text) = subscription.next() => {
                say(serde_json::from_str(&text).expect("the server says what clients understand"));
            }
            heard = incoming.recv() => match heard {
                None => return None,
                Some(ToServer::Renewed(until)) => expires = until,
                Some(ToServer::Command(command)) => match command {
                    ClientCommand::SendMessage(it) => commands::send_message(&store, user, &outlet, it),
                    ClientCommand::MarkDelivered(it) => {
                        commands::mark(&store, user, &outlet, it, |seq| (Some(seq), None));
                    }
                    ClientCommand::MarkRead(it) => {
                        commands::mark(&store, user, &outlet, it, |seq| (None, Some(seq)));
                    }
                    ClientCommand::SetTyping(it) => {
                        subscription.set_typing(it.conversation_id, it.typing);
                    }
                    ClientCommand::Authenticate(_) => {}
                },
            },
            _ = heartbeat.tick() => say(ServerEvent::Heartbeat {}),
            () = sleep_until(expires) => return Some(CloseCode::Unauthenticated),
        }
    }
}
