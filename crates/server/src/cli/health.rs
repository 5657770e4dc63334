//! `umbrachat health`: asks the server that has these settings whether it is ready. An image without a shell needs nothing
//! else for its health check.

use crate::config::Config;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// Bytes of the answer that are read; its first line is all that counts.
const ENOUGH: u64 = 512;

/// # Errors
/// One line that says why it is not.
pub async fn ask(config: &Config) -> Result<(), String> {
    if config.port == 0 {
        return Err("PORT: 0 stands for any free one; name the one that the server has".to_owned());
    }
    match status(config).await? {
        200 => Ok(()),
        status => Err(format!("the server at {} is not ready: it answers {status}", address(config))),
    }
}

/// What `GET /health/ready` answers.
pub(super) async fn status(config: &Config) -> Result<u16, String> {
    let address = address(config);
    let asked = timeout(ANSWER_WITHIN, exchange(&address)).await;
    let answer = asked
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
        .map_err(|error| format!("no server answers at {address}: {error}"))?;
    let status = answer.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse().ok());
    status.ok_or_else(|| format!("what answers at {address} is no UmbraChat"))
}

async fn exchange(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(ENOUGH).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Where a server that listens everywhere is reached from the same machine.
pub(super) fn address(config: &Config) -> String {
    let host = match config.host.as_str() {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    if host.contains(':') { format!("[{host}]:{}", config.port) } else { format!("{host}:{}", config.port) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        for (host, asked) in [
            ("0.0.0.0", "127.0.0.1:8080"),
            ("::", "[::1]:8080"),
            ("10.0.0.7", "10.0.0.7:8080"),
            ("fe80::1", "[fe80::1]:8080"),
        ] {
            let config = Config { host: host.to_owned(), port: 8080, ..Config::quiet(folder.path()) };
            assert_eq!(address(&config), asked);
        }
    }
}
