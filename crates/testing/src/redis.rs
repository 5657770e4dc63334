//! A Redis of one's own, that can be stopped, paused and started again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpStream;

/// A private server without persistence, gone when this is dropped.
pub struct TestRedis {
    port: u16,
    server: Option<Child>,
    /// How it listens, where that is not by plain TCP.
    secured: Option<Secured>,
}

/// A certificate of its own making, and a password.
struct Secured {
    folder: TempDir,
    password: String,
}

impl TestRedis {
    /// # Panics
    /// Where there is no `redis-server`, or it does not start.
    pub async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let mut this = Self { port: free.expect("there is a free port").port(), server: None, secured: None };
        this.starts_again().await;
        this
    }

    /// One that only speaks TLS, and asks for a password.
    ///
    /// # Panics
    /// As [`TestRedis::start`], and where there is no `openssl`.
    pub async fn start_with_tls(password: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=localhost"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        assert!(made.expect("openssl is installed").success(), "a certificate can be made");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let secured = Some(Secured { folder, password: password.to_owned() });
        let mut this = Self { port: free.expect("there is a free port").port(), server: None, secured };
        this.starts_again().await;
        this
    }

    pub fn url(&self) -> String {
        match &self.secured {
            None => format!("redis://127.0.0.1:{}", self.port),
            // Nobody vouches for its certificate.
            Some(Secured { password, .. }) => {
                format!("rediss://:{password}@127.0.0.1:{}/#insecure", self.port)
            }
        }
    }

    /// Ends it at once; everything in it is lost.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn is_killed(&mut self) {
        let mut server = self.server.take().expect("it runs");
        server.kill().expect("it can be killed");
        server.wait().expect("it ends");
    }

    /// # Panics
    /// Where it does not start.
    pub async fn starts_again(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        match &self.secured {
            None => command.args(["--port", &port]),
            Some(Secured { folder, password }) => command
                .args(["--port", "0", "--tls-port", &port, "--requirepass", password])
                .args(["--tls-cert-file", "cert.pem", "--tls-key-file", "key.pem"])
                .args(["--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no"])
                .current_dir(folder.path()),
        };
        let server = command
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: Debian's package redis-server has it");
        self.server = Some(server);
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("redis-server does not answer");
    }

    /// It stays there and says nothing.
    pub fn freezes(&self) {
        self.signal("-STOP");
    }

    pub fn thaws(&self) {
        self.signal("-CONT");
    }

    /// What `redis-cli` says to a command.
    ///
    /// # Panics
    /// Where there is no `redis-cli`.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(arguments).output();
        String::from_utf8_lossy(&output.expect("redis-cli is installed").stdout).into_owned()
    }

    fn signal(&self, signal: &str) {
        let id = self.server.as_ref().expect("it runs").id().to_string();
        Command::new("kill").args([signal, &id]).status().expect("it can be signalled");
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // One that is gone already is as good.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
