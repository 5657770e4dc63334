//! A WebSocket client that costs next to nothing (RFC 6455): it reads many frames at once and copies none of them. The
//! SDK parses and merges what it hears, which is right for people and would here be half of what is measured.

use anyhow::{Context, Result, bail};
use base64::prelude::{BASE64_STANDARD, Engine};
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Says that the length follows in two bytes.
const TWO_BYTES: u8 = 0x7E;
/// Says that the length follows in eight bytes.
const EIGHT_BYTES: u8 = 0x7F;

/// The mask that a client must use may be anything; with this one, masking changes nothing.
const MASK: [u8; 4] = [0; 4];

/// What a socket holds on to between frames.
const KEPT: usize = 4 * 1024;

pub struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
    /// How much of it has been handed out.
    read: usize,
    sending: Vec<u8>,
}

impl Socket {
    /// Opens `path` on this machine. `token`: what the handshake authenticates with.
    pub async fn open(port: u16, path: &str, token: Option<&str>) -> Result<Self> {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        let authorization =
            token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {}\r\n{authorization}\r\n",
            BASE64_STANDARD.encode(key)
        );
        stream.write_all(request.as_bytes()).await?;
        let mut socket = Self { stream, received: Vec::new(), read: 0, sending: Vec::new() };
        loop {
            if let Some(end) = memchr::memmem::find(&socket.received, b"\r\n\r\n") {
                if !socket.received.starts_with(b"HTTP/1.1 101") {
                    bail!("the handshake was refused: {}", String::from_utf8_lossy(&socket.received));
                }
                socket.read = end + 4;
                return Ok(socket);
            }
            socket.receive().await?;
        }
    }

    /// An authenticated socket of the server's, with everything read up to and including `ready`.
    pub async fn authenticated(port: u16, token: &str) -> Result<Self> {
        let mut socket = Self::open(port, umbrachat_client::protocol::paths::SOCKET, Some(token)).await?;
        let first = socket.next().await?;
        if !first.starts_with(br#"{"type":"ready""#) {
            bail!("not ready: {}", String::from_utf8_lossy(first));
        }
        Ok(socket)
    }

    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.sending.clear();
        put_frame(&mut self.sending, TEXT, text.as_bytes());
        Ok(self.stream.write_all(&self.sending).await?)
    }

    /// The next text frame. Nothing is lost where the wait is given up.
    ///
    /// # Errors
    /// When the other side closes.
    pub async fn next(&mut self) -> Result<&[u8]> {
        loop {
            let Some(frame) = Frame::parse(&self.received[self.read..]) else {
                self.receive().await?;
                continue;
            };
            let payload = self.read + frame.head..self.read + frame.head + frame.length;
            self.read = payload.end;
            match frame.opcode {
                TEXT => return Ok(&self.received[payload]),
                PING => {
                    let mut pong = Vec::new();
                    put_frame(&mut pong, PONG, &self.received[payload]);
                    // So small that it fits whatever waits before it.
                    let _ = self.stream.try_write(&pong);
                }
                CLOSE => {
                    let code = self.received.get(payload).and_then(|bytes| bytes.first_chunk::<2>());
                    bail!("closed by the other side with {:?}", code.map(|code| u16::from_be_bytes(*code)));
                }
                _ => {}
            }
        }
    }

    /// Throws away whatever has arrived, without waiting for more.
    pub fn skip_what_is_there(&mut self) -> Result<()> {
        self.received.clear();
        self.read = 0;
        let mut bytes = [0; KEPT];
        loop {
            match self.stream.try_read(&mut bytes) {
                Ok(0) => bail!("the connection ended"),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn receive(&mut self) -> Result<()> {
        if self.read == self.received.len() {
            self.received.clear();
            self.received.shrink_to(KEPT);
        } else {
            self.received.drain(..self.read);
        }
        self.read = 0;
        if self.stream.read_buf(&mut self.received).await.context("the connection broke")? == 0 {
            bail!("the connection ended");
        }
        Ok(())
    }
}

/// One kept HTTP connection, for calls whose answers are only timed.
pub struct Http {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Http {
    pub async fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// The body of a successful answer.
    pub async fn get(&mut self, path: &str, token: &str) -> Result<&[u8]> {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n\r\n");
        self.stream.write_all(request.as_bytes()).await?;
        self.received.clear();
        loop {
            if let Some(body) = body_of_answer(&self.received)? {
                return Ok(&self.received[body..]);
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the connection ended");
            }
        }
    }
}

/// Where the body begins, once all of the answer is there.
fn body_of_answer(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        bail!("refused: {}", String::from_utf8_lossy(bytes));
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.context("an answer says how long it is")?.trim().parse()?;
    let body = end + 4;
    Ok((bytes.len() >= body + length).then_some(body))
}

/// The head of an unmasked, unfragmented frame of which all has arrived.
#[derive(Debug, PartialEq, Eq)]
struct Frame {
    opcode: u8,
    head: usize,
    length: usize,
}

impl Frame {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let opcode = bytes.first()? & 0xF;
        let (head, length) = match bytes.get(1)? & 0x7F {
            TWO_BYTES => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
            EIGHT_BYTES => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
            short => (2, usize::from(short)),
        };
        (bytes.len() >= head + length).then_some(Self { opcode, head, length })
    }
}

fn put_frame(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    const MASKED: u8 = 0x80;
    const LAST: u8 = 0x80;
    out.push(LAST | opcode);
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => out.push(MASKED | u8::try_from(length).expect("less than 126")),
        Ok(length) => {
            out.push(MASKED | TWO_BYTES);
            out.extend(length.to_be_bytes());
        }
        Err(_) => {
            out.push(MASKED | EIGHT_BYTES);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_known_once_all_of_it_is_there() {
        assert_eq!(Frame::parse(&[0x81]), None);
        assert_eq!(Frame::parse(&[0x81, 2, b'h']), None);
        assert_eq!(
            Frame::parse(&[0x81, 2, b'h', b'i', 0x81]),
            Some(Frame { opcode: TEXT, head: 2, length: 2 })
        );
        let mut long = vec![0x81, 126, 1, 0];
        long.resize(4 + 256, b'x');
        assert_eq!(Frame::parse(&long), Some(Frame { opcode: TEXT, head: 4, length: 256 }));
        assert_eq!(Frame::parse(&long[..259]), None);
    }

    #[test]
    fn an_answer_is_complete_when_its_body_is() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(body_of_answer(answer).unwrap(), Some(answer.len() - 2));
        for cut in 0..answer.len() {
            assert_eq!(body_of_answer(&answer[..cut]).unwrap(), None, "{cut}");
        }
        assert!(body_of_answer(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n").is_err());
    }

    #[test]
    fn what_is_sent_says_how_long_it_is() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = Vec::new();
            put_frame(&mut out, TEXT, &vec![b'x'; length]);
            assert_eq!(out.len(), head + MASK.len() + length);
            // Unmasked, it is what the other side would send.
            out.drain(head..head + MASK.len());
            assert_eq!(Frame::parse(&out), Some(Frame { opcode: TEXT, head, length }));
        }
    }
}
