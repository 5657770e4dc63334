//! A balancer in front of servers, and a network between, that can be slow, silent or cut.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::ReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// Where a connection to PostgreSQL stops around a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitPoint {
    /// The database has not been asked to commit.
    BeforeCommit,
    /// It has been, and its answer does not come back.
    BeforeAnswer,
    /// The answer comes back, and that is all.
    AfterAnswer,
}

/// Passes each connection on to the next server that takes it. Ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

struct Shared {
    targets: Mutex<Vec<SocketAddr>>,
    next: AtomicUsize,
    /// Milliseconds that everything is late in either direction.
    delay: AtomicU64,
    /// Nothing passes, and nobody is told.
    is_silent: AtomicBool,
    /// New connections are refused.
    is_down: AtomicBool,
    /// Counts how often everything was cut.
    cuts: watch::Sender<u64>,
    trap: Mutex<Option<Trap>>,
}

type Trap = (CommitPoint, oneshot::Sender<()>);

impl Proxy {
    /// # Panics
    /// Where there is no free port.
    pub async fn before(targets: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            targets: Mutex::new(targets),
            next: AtomicUsize::new(0),
            delay: AtomicU64::new(0),
            is_silent: AtomicBool::new(false),
            is_down: AtomicBool::new(false),
            cuts: watch::channel(0).0,
            trap: Mutex::new(None),
        });
        let passing = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !passing.is_down.load(Ordering::SeqCst) {
                    tokio::spawn(pass(client, passing.clone()));
                }
            }
        });
        Self { address, shared, task: task.abort_handle() }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where new connections go from here on.
    pub fn leads_to(&self, targets: Vec<SocketAddr>) {
        *self.shared.targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
    }

    /// How late everything is, in either direction.
    pub fn is_late_by(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.shared.delay.store(milliseconds, Ordering::SeqCst);
    }

    /// Whether whatever is sent vanishes, as where a cable was pulled.
    pub fn is_silent(&self, silent: bool) {
        self.shared.is_silent.store(silent, Ordering::SeqCst);
    }

    /// Whether new connections are refused.
    pub fn is_down(&self, down: bool) {
        self.shared.is_down.store(down, Ordering::SeqCst);
    }

    /// The connection on which the next commit comes by stops there for good; tells when it has.
    pub fn stops_at_a_commit(&self, point: CommitPoint) -> oneshot::Receiver<()> {
        let (stopped, told) = oneshot::channel();
        *self.shared.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some((point, stopped));
        told
    }

    /// Ends every connection.
    pub fn cuts_everything(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.cuts_everything();
    }
}

impl Shared {
    async fn weather(&self) {
        let delay = self.delay.load(Ordering::SeqCst);
        if delay > 0 {
            sleep(Duration::from_millis(delay)).await;
        }
        while self.is_silent.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn takes_its_trap(&self) -> Option<Trap> {
        self.trap.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The servers in turn, each as far as it takes the connection.
    async fn connect(&self) -> Option<TcpStream> {
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        for place in 0..targets.len() {
            if let Ok(server) = TcpStream::connect(targets[(first + place) % targets.len()]).await {
                return Some(server);
            }
        }
        None
    }
}

async fn pass(mut client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let Some(mut server) = shared.connect().await else { return };
    // Small frames must not wait here for what they would not wait for without the proxy.
    let (_, _) = (client.set_nodelay(true), server.set_nodelay(true));
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    // Whether the answer to a commit is the next to come, and stays here.
    let stops = AtomicBool::new(false);
    let there = async {
        let mut asked = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut asked).await {
            shared.weather().await;
            let commits = asked[..count].windows(6).any(|word| word == b"COMMIT");
            let trap = if commits { shared.takes_its_trap() } else { None };
            if let Some((CommitPoint::BeforeCommit, stopped)) = trap {
                return stop(stopped, &mut from_client).await;
            }
            stops.store(matches!(trap, Some((CommitPoint::BeforeAnswer, _))), Ordering::SeqCst);
            if to_server.write_all(&asked[..count]).await.is_err() {
                return;
            }
            match trap {
                Some((CommitPoint::BeforeAnswer, stopped)) => return stop(stopped, &mut from_client).await,
                // The answer passes; whoever waits for this comes right behind it.
                Some((_, stopped)) => drop(stopped.send(())),
                None => {}
            }
        }
    };
    let back = async {
        let mut answered = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut answered).await {
            shared.weather().await;
            if stops.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if to_client.write_all(&answered[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        () = back => {}
        _ = cuts.changed() => {}
    }
}

/// Nothing comes through any more until whoever wanted to commit has gone.
async fn stop(stopped: oneshot::Sender<()>, from_client: &mut ReadHalf<'_>) {
    let _ = stopped.send(());
    let mut unheard = vec![0; 1024];
    while let Ok(1..) = from_client.read(&mut unheard).await {}
}
