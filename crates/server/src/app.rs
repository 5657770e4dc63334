//! The wiring: everything a request may need, and the server that listens.

use crate::address::TrustedProxies;
use crate::backup_watch::BackupWatch;
use crate::bus::Bus;
use crate::config::Config;
use crate::erasure_ledger::{ErasureLedger, ReplayError};
use crate::export::Exports;
use crate::keys::SecretKey;
use crate::limits::Limits;
use crate::metrics::{self, Metrics};
use crate::passwords::Passwords;
use crate::policy::Policies;
use crate::public_url::PublicUrl;
use crate::realtime::Hub;
use crate::second_factors::SecondFactors;
use crate::shared_limits::SharedLimits;
use crate::tokens::Tokens;
use crate::{headers, housekeeping, json, logging, routes, signals};
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use std::fs::DirBuilder;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::net::{TcpSocket, lookup_host};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use umbrachat_protocol::PrivacyPolicy;
use umbrachat_store::{Clock, Database, OpenError, Store, StoreError};

/// A client that dawdles over the head of its request is cut after this.
const HEAD_WITHIN: Duration = Duration::from_secs(25);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Seconds that running requests and sockets get to finish when the server stops,
const FINISH_WITHIN: u64 = 7;
/// and everything together: whoever stops containers kills them after ten seconds.
const STOP_WITHIN: Duration = Duration::from_millis(9_500);
/// Connections that wait to be accepted; the kernel refuses more.
const BACKLOG: u32 = 4096;
/// Connections that one worker holds, sockets included.
const CONNECTIONS_PER_WORKER: usize = 25_000;

/// Where the data folder keeps the ledger of erasures.
pub(crate) const LEDGER_FILE: &str = "erasures.ledger";

/// Where it remembers what was seen of the database.
const SEEN_FILE: &str = "database.seen";

/// What handlers and the socket work with.
pub struct AppState {
    pub store: Store,
    pub hub: Hub,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub second_factors: SecondFactors,
    pub erasure_ledger: ErasureLedger,
    pub backup_watch: BackupWatch,
    pub exports: Exports,
    pub policies: Policies,
    pub limits: Limits,
    pub metrics: Metrics,
    pub public_url: PublicUrl,
    pub trusted_proxies: TrustedProxies,
    draining: AtomicBool,
}

impl AppState {
    /// The server is about to end.
    pub fn begin_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to end: it begins nothing new.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The privacy policy that holds now.
    pub fn policy(&self) -> &PrivacyPolicy {
        self.policies.current(self.store.clock().now())
    }
}

/// A server that listens.
pub struct Running {
    address: SocketAddr,
    state: web::Data<AppState>,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    housekeeping: JoinHandle<()>,
    /// What hears of operators' commands.
    signals: JoinHandle<()>,
    /// Where metrics are served, if they are.
    metrics: Option<(SocketAddr, ServerHandle)>,
    /// What carries changes to other replicas, where there are any.
    bus: Option<JoinSet<()>>,
}

/// Why the server does not start, in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("HOST, PORT: cannot listen on {address}: {cause}")]
    Listen { address: String, cause: io::Error },
    #[error("METRICS_ADDR: cannot listen on {address}: {cause}")]
    Metrics { address: SocketAddr, cause: io::Error },
    #[error("{setting}: cannot use the folder {folder}: {cause}")]
    Folder { setting: &'static str, folder: String, cause: io::Error },
    #[error("DATABASE_URL: {0}")]
    Database(#[from] OpenError),
    #[error("DATABASE_URL: {0}")]
    Store(#[from] StoreError),
    #[error("ERASURE_LEDGER: {0}")]
    Ledger(#[from] ReplayError),
    #[error("REDIS_URL: {0}")]
    Redis(String),
    #[error("cannot serve: {0}")]
    Serve(io::Error),
}

/// Opens the store, listens, and serves until it is stopped.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    // Listening comes first: a second server finds the port in use before it touches any data.
    let listener = listen(&config.host, config.port).await?;
    let address = listener.local_addr().map_err(StartError::Serve)?;
    let secret = match &config.secret_key {
        Some(secret) => secret.clone(),
        None => in_folder("DATA_DIR", &config.data_dir, SecretKey::kept_in)?,
    };
    let (store, hub) = open_store(&config, clock).await?;
    let erasure_ledger = open_ledger(&config, &secret)?;
    let resumed = store.resume_erasures().await?;
    // Before anybody is served: a restored backup must not bring anybody back.
    let again = erasure_ledger.replay(&store).await?;
    if resumed + again > 0 {
        tracing::info!(resumed, again, "going on with erasures");
    }
    let backup_watch = open_backup_watch(&config);
    backup_watch.look(&store).await?;
    let bus = match &config.redis_url {
        Some(url) => Some(Bus::start(url, &secret, &hub).map_err(StartError::Redis)?),
        None => None,
    };
    let passwords = Passwords::new(cores());
    let metrics = Metrics::new(&store, &passwords);
    let counted_together = match &config.redis_url {
        Some(url) => Some(SharedLimits::on(url, &secret).map_err(StartError::Redis)?),
        None => None,
    };
    let limits = if config.rate_limits { Limits::on(store.clock(), counted_together) } else { Limits::off() };
    let state = web::Data::new(AppState {
        limits,
        store,
        hub,
        tokens: Tokens::new(&secret),
        passwords,
        metrics,
        second_factors: SecondFactors::new(&secret),
        erasure_ledger,
        backup_watch,
        exports: Exports::default(),
        policies: config.policies,
        public_url: config.public_url.unwrap_or_else(|| PublicUrl::local(address.port())),
        trusted_proxies: config.trusted_proxies,
        draining: AtomicBool::new(false),
    });

    let metrics = config.metrics_addr.map(|address| serve_metrics(address, &state)).transpose()?;
    let shared = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(json::path_config())
            .configure(routes::configure)
            .wrap(from_fn(headers::secure))
            .wrap(from_fn(logging::request))
    })
    .workers(cores())
    .max_connections(CONNECTIONS_PER_WORKER)
    // Events are small and must not wait for the acknowledgement of the one before (RFC 896).
    .tcp_nodelay(true)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_WITHIN)
    .shutdown_timeout(FINISH_WITHIN)
    .disable_signals()
    .listen(listener)
    .map_err(StartError::Serve)?
    .run();
    let handle = server.handle();
    tracing::info!(%address, public_url = %state.public_url, "listening");
    let housekeeping = tokio::spawn(housekeeping::keep(state.clone()));
    let signals = tokio::spawn(signals::listen(state.clone()));
    let task = tokio::spawn(server);
    Ok(Running { address, state, handle, task, housekeeping, signals, metrics, bus })
}

/// Tells clients that the database was restored from a backup, where the servers could not notice.
pub async fn restored(config: &Config, clock: Clock) -> Result<(), StartError> {
    let (store, _) = open_store(config, clock).await?;
    store.begin_epoch().await?;
    Ok(())
}

/// Brings the database up to date.
pub async fn migrate(config: &Config, clock: Clock) -> Result<(), StartError> {
    open_store(config, clock).await.map(drop)
}

impl Running {
    /// Where it listens: the port is the real one, where any was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics are served, if they are.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Takes no more requests, lets the running ones finish, tells sockets to go elsewhere, one after the other, and ends
    /// when everything that was begun is committed and told. In any case within ten seconds: what is cut then was not
    /// acknowledged, and is sent again.
    pub async fn stop(self) {
        self.housekeeping.abort();
        self.signals.abort();
        self.state.begin_draining();
        let Self { state, handle, task, metrics, bus, .. } = self;
        let finishing = async {
            // Stopped now, not when it is awaited: from here on nobody is accepted.
            let stopped = handle.stop(true);
            state.hub.drain().await;
            stopped.await;
            if let Err(error) = task.await.map_err(io::Error::other).flatten() {
                tracing::error!(%error, "the server did not end well");
            }
            state.store.has_written().await;
            if let Some((_, metrics)) = metrics {
                metrics.stop(false).await;
            }
            // The bus goes last, so that the others hear of everything that was committed.
            state.hub.says_goodbye().await;
        };
        if timeout(STOP_WITHIN, finishing).await.is_err() {
            tracing::warn!("something did not finish in time; it was not acknowledged");
        }
        drop(bus);
    }

    /// Until the process gets SIGTERM or SIGINT, and then stops.
    pub async fn wait(mut self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            end = &mut self.task => return end.map_err(io::Error::other)?,
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        self.stop().await;
        Ok(())
    }
}

async fn listen(host: &str, port: u16) -> Result<TcpListener, StartError> {
    let address = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let listening = async {
        let address = lookup_host(&address).await?.next();
        let address = address.ok_or_else(|| io::Error::other("the name has no address"))?;
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    };
    listening.await.map_err(|cause| StartError::Listen { address, cause })
}

fn serve_metrics(
    address: SocketAddr,
    state: &web::Data<AppState>,
) -> Result<(SocketAddr, ServerHandle), StartError> {
    let failed = |cause| StartError::Metrics { address, cause };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = metrics::serve(listener, state.clone()).map_err(failed)?;
    let handle = server.handle();
    tokio::spawn(server);
    tracing::info!(%address, "serving metrics");
    Ok((address, handle))
}

async fn open_store(config: &Config, clock: Clock) -> Result<(Store, Hub), StartError> {
    if let Database::Sqlite(file) = &config.database
        && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        let setting = if folder == config.data_dir { "DATA_DIR" } else { "DATABASE_URL" };
        in_folder(setting, folder, |_| Ok(()))?;
    }
    let hub = Hub::new();
    let store = Store::open(&config.database, clock, hub.publisher()).await?;
    hub.attach(store.clone());
    Ok((store, hub))
}

/// The file that was asked for; without, one in the data folder, which may be read-only where PostgreSQL keeps the data.
fn open_ledger(config: &Config, secret: &SecretKey) -> Result<ErasureLedger, StartError> {
    let failed = |cause| StartError::Ledger(ReplayError::File(cause));
    if let Some(file) = &config.erasure_ledger {
        return ErasureLedger::open(secret, Some(file.clone())).map_err(failed);
    }
    let opened = in_folder("DATA_DIR", &config.data_dir, |folder| {
        ErasureLedger::open(secret, Some(folder.join(LEDGER_FILE)))
    });
    opened.or_else(|error| {
        tracing::warn!(%error, "no ledger of erasures outside of the database: a restored backup would not forget again");
        ErasureLedger::open(secret, None).map_err(failed)
    })
}

/// In the data folder, where that can be written.
fn open_backup_watch(config: &Config) -> BackupWatch {
    let opened = in_folder("DATA_DIR", &config.data_dir, |folder| BackupWatch::open(folder.join(SEEN_FILE)));
    opened.unwrap_or_else(|error| {
        tracing::warn!(%error, "a restored backup may not be noticed by itself: see `umbrachat restored`");
        BackupWatch::unkept()
    })
}

/// Makes the folder where it is missing, for this user's eyes alone.
fn in_folder<T>(
    setting: &'static str,
    folder: &Path,
    work: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T, StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .and_then(|()| work(folder))
        .map_err(|cause| StartError::Folder { setting, folder: folder.display().to_string(), cause })
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}
