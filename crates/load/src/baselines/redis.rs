//! One bare hop over Redis: what is published by one connection arrives at another.

use crate::histogram::Times;
use anyhow::{Result, bail};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CHANNEL: &str = "hop";

/// From publishing to arriving, one after the other.
pub async fn hops(port: u16, bytes: usize, time: Duration) -> Result<Times> {
    let mut publisher = connect(port).await?;
    let mut subscriber = connect(port).await?;
    subscriber.write_all(&command(&["SUBSCRIBE", CHANNEL])).await?;
    read(&mut subscriber, subscribed().len()).await?;

    let payload = "x".repeat(bytes);
    let publish = command(&["PUBLISH", CHANNEL, &payload]);
    let arrives = command(&["message", CHANNEL, &payload]).len();
    let mut times = Times::default();
    let start = Instant::now();
    while start.elapsed() < time {
        let sent = Instant::now();
        publisher.write_all(&publish).await?;
        read(&mut subscriber, arrives).await?;
        times.record(sent.elapsed());
        // How many have received it.
        read(&mut publisher, ":1\r\n".len()).await?;
    }
    Ok(times)
}

async fn connect(port: u16) -> Result<TcpStream> {
    let connection = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

async fn read(connection: &mut TcpStream, length: usize) -> Result<()> {
    let mut bytes = vec![0; length];
    connection.read_exact(&mut bytes).await?;
    if bytes.starts_with(b"-") {
        bail!("Redis refused: {}", String::from_utf8_lossy(&bytes));
    }
    Ok(())
}

/// What a subscriber is told first.
fn subscribed() -> Vec<u8> {
    [b"*3\r\n$9\r\nsubscribe\r\n$3\r\nhop\r\n", &b":1\r\n"[..]].concat()
}

/// In Redis's own notation: how many words, and each with its length.
fn command(words: &[&str]) -> Vec<u8> {
    let count = words.len();
    let mut bytes = format!("*{count}\r\n").into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_how_long_its_words_are() {
        assert_eq!(command(&["PUBLISH", "hop", ""]), b"*3\r\n$7\r\nPUBLISH\r\n$3\r\nhop\r\n$0\r\n\r\n");
        assert_eq!(subscribed().len(), command(&["subscribe", "hop"]).len() + ":1\r\n".len());
    }
}
