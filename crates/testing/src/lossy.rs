//! A proxy in front of PostgreSQL that can lose the answer to a commit, as a network does at the worst moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// Ends when it is dropped.
pub struct LossyProxy {
    port: u16,
    faults: Arc<Faults>,
    task: AbortHandle,
}

#[derive(Default)]
struct Faults {
    loses_next_commit: AtomicBool,
    is_down: watch::Sender<bool>,
}

impl LossyProxy {
    /// # Panics
    /// Where there is no free port.
    pub(crate) async fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let faults = Arc::new(Faults::default());
        let shared = faults.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !*shared.is_down.borrow() {
                    tokio::spawn(pass(client, server.clone(), shared.clone()));
                }
            }
        });
        Self { port, faults, task: task.abort_handle() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The next commit reaches the database and its answer does not come back; every connection ends, and no new one comes
    /// about.
    pub fn loses_the_next_commit(&self) {
        self.faults.loses_next_commit.store(true, Ordering::SeqCst);
    }

    pub fn recovers(&self) {
        self.faults.is_down.send_replace(false);
    }
}

impl Drop for LossyProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes on what both sides say until one of them ends, or a fault does it.
async fn pass(mut client: TcpStream, server: String, faults: Arc<Faults>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut is_down = faults.is_down.subscribe();
    loop {
        tokio::select! {
            () = async { drop(is_down.wait_for(|down| *down).await) } => return,
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                if server.write_all(&asked[..count]).await.is_err() {
                    return;
                }
                let commits = asked[..count].windows(6).any(|word| word == b"COMMIT");
                if commits && faults.loses_next_commit.swap(false, Ordering::SeqCst) {
                    faults.is_down.send_replace(true);
                    // The answer means that it is committed; it goes no further.
                    let _ = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                if client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}
