//! What an operator wants to see, for Prometheus, on a listener of its own that is off unless `METRICS_ADDR` is set. Nothing in
//! it tells who did what: labels are routes, outcomes and the like, never names, ids or addresses.

use crate::app::AppState;
use crate::passwords::Passwords;
use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use umbrachat_protocol::ClientCommand;
use umbrachat_store::Store;

/// As Prometheus asks for it (`OpenMetrics` 1.0).
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labelled<const N: usize, M> = Family<[(&'static str, String); N], M, fn() -> M>;

/// What is counted where it happens.
pub struct Metrics {
    requests: Labelled<3, Counter>,
    request_seconds: Labelled<1, Histogram>,
    commands: Family<[(&'static str, &'static str); 1], Counter>,
    sockets_opened: Counter,
    sockets_closed: Labelled<1, Counter>,
    events_sent: Counter,
    gauges: Gauges,
    registry: Registry,
}

/// What is looked up when somebody asks.
#[derive(Default)]
struct Gauges {
    sockets: Gauge,
    people: Gauge,
    rooms: Gauge,
    waiting_writes: Family<[(&'static str, String); 1], Gauge>,
    connections: Family<[(&'static str, &'static str); 1], Gauge>,
    hashing: Gauge,
    bus_listening: Gauge,
    bus_waiting: Gauge,
    bus_lost: Gauge,
    write_path_failing: Gauge,
    memory: Gauge,
    files: Gauge,
    processor: Gauge<f64, AtomicU64>,
}

impl Metrics {
    pub fn new(store: &Store, passwords: &Passwords) -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            requests: Family::new_with_constructor(Counter::default as fn() -> Counter),
            request_seconds: Family::new_with_constructor(seconds as fn() -> Histogram),
            commands: Family::default(),
            sockets_opened: Counter::default(),
            sockets_closed: Family::new_with_constructor(Counter::default as fn() -> Counter),
            events_sent: Counter::default(),
            gauges: Gauges::default(),
            registry: Registry::default(),
        };
        let of = registry.sub_registry_with_prefix("umbrachat");
        of.register("http_requests", "Requests, by method, route and status", metrics.requests.clone());
        of.register(
            "http_request_seconds",
            "How long requests took, by route",
            metrics.request_seconds.clone(),
        );
        of.register("socket_commands", "Commands over sockets, by type", metrics.commands.clone());
        of.register("sockets_opened", "Sockets that were authenticated", metrics.sockets_opened.clone());
        of.register("sockets_closed", "Sockets that ended, by close code", metrics.sockets_closed.clone());
        of.register("events_sent", "Events written to sockets", metrics.events_sent.clone());
        of.register(
            "password_hash_seconds",
            "How long password hashes took, waiting included",
            passwords.seconds().clone(),
        );

        let writes = store.metrics();
        of.register("writes", "Messages and marks, by outcome", writes.writes.clone());
        of.register("write_batch_size", "Writes that were committed together", writes.batch_writes.clone());
        of.register(
            "write_waiting_seconds",
            "How long the first of a batch had waited",
            writes.waiting_seconds.clone(),
        );
        of.register(
            "write_commit_seconds",
            "From taking a batch to its commit",
            writes.commit_seconds.clone(),
        );
        of.register(
            "write_publish_seconds",
            "From the commit until everybody is told or in line",
            writes.publish_seconds.clone(),
        );

        let gauges = &metrics.gauges;
        of.register("sockets", "Sockets that are open", gauges.sockets.clone());
        of.register("people_online", "People with a socket here", gauges.people.clone());
        of.register("rooms", "Conversations that somebody here follows", gauges.rooms.clone());
        of.register("writes_waiting", "Writes that wait, by lane", gauges.waiting_writes.clone());
        of.register(
            "write_path_failing",
            "1 while batches cannot be written",
            gauges.write_path_failing.clone(),
        );
        of.register(
            "database_connections",
            "Connections to the database, by state; waiting: requests for one",
            gauges.connections.clone(),
        );
        of.register(
            "password_hashes_waiting",
            "Password hashes under way or waiting",
            gauges.hashing.clone(),
        );
        of.register(
            "bus_listening",
            "1 while Redis brings what other replicas say; 1 without other replicas",
            gauges.bus_listening.clone(),
        );
        of.register("bus_waiting", "Messages that wait for Redis", gauges.bus_waiting.clone());
        of.register("bus_lost", "Messages that Redis was never told", gauges.bus_lost.clone());
        registry.register("process_resident_memory_bytes", "Memory in use", gauges.memory.clone());
        registry.register("process_open_fds", "Open files and connections", gauges.files.clone());
        registry.register("process_cpu_seconds", "Time on a core", gauges.processor.clone());
        Self { registry, ..metrics }
    }

    /// A request has been answered. `route` is a pattern, of which there are few, and never a path.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let method = if ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&method) {
            method
        } else {
            "other"
        };
        let labels =
            [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    pub fn command(&self, command: &ClientCommand) {
        let name = match command {
            ClientCommand::Authenticate(_) => "authenticate",
            ClientCommand::SendMessage(_) => "send_message",
            ClientCommand::MarkDelivered(_) => "mark_delivered",
            ClientCommand::MarkRead(_) => "mark_read",
            ClientCommand::SetTyping(_) => "set_typing",
        };
        self.commands.get_or_create(&[("command", name)]).inc();
    }

    pub fn socket_opened(&self) {
        self.sockets_opened.inc();
    }

    /// `code`: None where the other side went.
    pub fn socket_closed(&self, code: Option<u16>) {
        let code = code.map_or_else(|| "gone".to_owned(), |code| code.to_string());
        self.sockets_closed.get_or_create(&[("code", code)]).inc();
    }

    pub fn event_sent(&self) {
        self.events_sent.inc();
    }

    fn look(&self, state: &AppState) {
        let gauges = &self.gauges;
        let (sockets, people, rooms) = state.hub.counts();
        gauges.sockets.set(whole(sockets));
        gauges.people.set(whole(people));
        gauges.rooms.set(whole(rooms));
        for (lane, waiting) in state.store.waiting_writes().into_iter().enumerate() {
            gauges.waiting_writes.get_or_create(&[("lane", lane.to_string())]).set(whole(waiting));
        }
        let connections = state.store.connections();
        for (name, count) in
            [("used", connections.used), ("idle", connections.idle), ("waiting", connections.waiting)]
        {
            gauges.connections.get_or_create(&[("state", name)]).set(whole(count));
        }
        gauges.write_path_failing.set(i64::from(state.store.metrics().is_failing()));
        gauges.hashing.set(whole(state.passwords.waiting()));
        let bus = state.hub.bus_state();
        gauges.bus_listening.set(i64::from(bus.is_listening));
        gauges.bus_waiting.set(whole(bus.waiting));
        gauges.bus_lost.set(i64::try_from(bus.lost).unwrap_or(i64::MAX));
        // Where the system does not tell, they stay as they are.
        if let Some(bytes) = resident_memory() {
            gauges.memory.set(bytes);
        }
        if let Ok(files) = fs::read_dir("/proc/self/fd") {
            gauges.files.set(whole(files.count()));
        }
        let processor = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        gauges.processor.set(Duration::try_from(processor).unwrap_or_default().as_secs_f64());
    }
}

/// Serves `/metrics` and nothing else.
pub(crate) fn serve(listener: TcpListener, state: Data<AppState>) -> io::Result<Server> {
    let server = HttpServer::new(move || {
        App::new().app_data(state.clone()).service(web::resource("/metrics").get(show))
    });
    Ok(server.workers(1).disable_signals().listen(listener)?.run())
}

async fn show(state: Data<AppState>) -> HttpResponse {
    state.metrics.look(&state);
    let mut text = String::new();
    match encode(&mut text, &state.metrics.registry) {
        Ok(()) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, CONTENT_TYPE)).body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// From half a millisecond to 16 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Bytes.
fn resident_memory() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    kibibytes.trim().trim_end_matches(" kB").parse::<i64>().ok().map(|kibibytes| kibibytes * 1024)
}
