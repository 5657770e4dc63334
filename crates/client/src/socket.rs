//! A socket, frame by frame: for programs that want to see everything, and for tests. [`Live`](crate::Live) is made of it.

use crate::http::{Http, refusal};
use crate::{Error, Result};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config};
use umbrachat_protocol::socket::Authenticate;
use umbrachat_protocol::{ClientCommand, ServerEvent, paths};

/// `ready` carries the whole snapshot in one frame.
const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most sockets are idle most of the time.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// An open socket. It answers pings while it is read.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Set once it has ended.
    ended: Option<Received>,
}

/// What came.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are events, and each is looked at and let go")]
pub enum Received {
    Event(ServerEvent),
    /// The socket has ended; with the server's close code, unless it just broke.
    Closed(Option<u16>),
}

impl Socket {
    /// # Errors
    /// [`Error::Problem`] or [`Error::Unexpected`] where the handshake was refused; [`Error::Socket`] where the server
    /// was not reached.
    pub(crate) async fn open(http: &Http, headers: &[(&str, &str)]) -> Result<Self> {
        let mut request = http.socket_url(paths::SOCKET).into_client_request()?;
        for (name, value) in headers {
            let invalid = || Error::Unexpected { status: 0, detail: format!("{name} is not a header") };
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
            let value = HeaderValue::from_str(value).map_err(|_| invalid())?;
            request.headers_mut().insert(name, value);
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(FRAME_BYTES_MAX))
            .max_frame_size(Some(FRAME_BYTES_MAX));
        let connector = Connector::Rustls(http.tls.clone());
        match connect_async_tls_with_config(request, Some(config), true, Some(connector)).await {
            Ok((stream, _)) => Ok(Self { stream, ended: None }),
            Err(WebSocketError::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err(refusal(response.status(), body, None))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends the first frame of a socket whose handshake had no token, or renews the token of one that is open.
    pub async fn authenticate(&mut self, access_token: &str) -> Result<()> {
        let access_token = access_token.to_owned();
        self.send(&ClientCommand::Authenticate(Authenticate { reference: None, access_token })).await
    }

    pub async fn send(&mut self, command: &ClientCommand) -> Result<()> {
        self.send_text(json(command)).await
    }

    /// Sends any text as it is.
    pub async fn send_text(&mut self, text: impl Into<String>) -> Result<()> {
        Ok(self.stream.send(Message::text(text.into())).await?)
    }

    /// Sends a binary frame, which servers of this protocol refuse.
    pub async fn send_binary(&mut self, bytes: Vec<u8>) -> Result<()> {
        Ok(self.stream.send(Message::binary(bytes)).await?)
    }

    /// Sends a text frame of any bytes, also such that are no UTF-8.
    pub async fn send_text_bytes(&mut self, bytes: Vec<u8>) -> Result<()> {
        let frame = Frame::message(bytes, OpCode::Data(Data::Text), true);
        Ok(self.stream.send(Message::Frame(frame)).await?)
    }

    /// The next event, or the end, however long it takes. Nothing is lost when the future is dropped. What comes after the
    /// end is the end again.
    pub async fn receive(&mut self) -> Result<Received> {
        loop {
            if let Some(end) = &self.ended {
                return Ok(end.clone());
            }
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let event = serde_json::from_str(&text).map_err(|error| Error::Unexpected {
                        status: 101,
                        detail: format!("{error} in {text}"),
                    })?;
                    return Ok(Received::Event(event));
                }
                Some(Ok(Message::Close(frame))) => {
                    self.ended = Some(Received::Closed(frame.map(|frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.ended = Some(Received::Closed(None)),
            }
        }
    }

    /// # Errors
    /// [`Error::TimedOut`] where nothing comes within this.
    pub async fn receive_within(&mut self, time: Duration) -> Result<Received> {
        timeout(time, self.receive()).await.unwrap_or(Err(Error::TimedOut))
    }

    /// The next event. Heartbeats are passed over.
    ///
    /// # Errors
    /// [`Error::TimedOut`]; [`Error::Stopped`] where the socket ends.
    pub async fn next_event(&mut self, within: Duration) -> Result<ServerEvent> {
        let next = async {
            loop {
                match self.receive().await? {
                    Received::Event(ServerEvent::Heartbeat {}) => {}
                    Received::Event(event) => return Ok(event),
                    Received::Closed(_) => return Err(Error::Stopped),
                }
            }
        };
        timeout(within, next).await.unwrap_or(Err(Error::TimedOut))
    }

    /// Passes over what still comes until the socket ends, and returns the server's close code.
    ///
    /// # Errors
    /// [`Error::TimedOut`]
    pub async fn close_code(&mut self, within: Duration) -> Result<Option<u16>> {
        let end = async {
            loop {
                if let Received::Closed(code) = self.receive().await? {
                    return Ok(code);
                }
            }
        };
        timeout(within, end).await.unwrap_or(Err(Error::TimedOut))
    }

    /// Says goodbye. Just dropping a socket breaks the connection instead.
    pub async fn close(mut self) -> Result<()> {
        Ok(self.stream.close(None).await?)
    }
}

fn json(command: &ClientCommand) -> String {
    serde_json::to_string(command).expect("commands are always JSON")
}
