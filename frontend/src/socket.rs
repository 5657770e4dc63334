//! One connection to the server: commands out, events in.

use futures_util::future::{AbortHandle, abortable};
use futures_util::{FutureExt, SinkExt, StreamExt};
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use leptos::prelude::window;
use leptos::task::spawn_local;
use std::future::poll_fn;
use umbrachat_protocol::{ClientCommand, paths};

/// What the browser says where a connection broke without a close frame.
const ABNORMAL: u16 = 1006;

/// What comes in.
pub(crate) enum Frame {
    Text(String),
    /// The connection is over; with the server's close code, where it sent one.
    Closed(Option<u16>),
}

/// An open connection, or one that is opening. Dropping it closes it, and nothing more is heard of it.
pub(crate) struct Socket {
    raw: web_sys::WebSocket,
    reading: AbortHandle,
}

impl Socket {
    /// Connects, sends this command first, and then hands each frame to `on_frame`. None where the browser refuses.
    pub(crate) fn open(first: &ClientCommand, on_frame: impl Fn(Frame) + 'static) -> Option<Self> {
        let first = serde_json::to_string(first).ok()?;
        let raw = web_sys::WebSocket::new(&url()?).ok()?;
        let socket = WebSocket::try_from(raw.clone()).ok()?;
        let (reader, reading) = abortable(read(socket, raw.clone(), first, on_frame));
        spawn_local(reader.map(drop));
        Some(Self { raw, reading })
    }

    /// Hands a command to the browser, which sends in order. On a connection that has just broken it is lost, as it could
    /// be on the way.
    pub(crate) fn send(&self, command: &ClientCommand) {
        if let Ok(text) = serde_json::to_string(command) {
            self.send_text(&text);
        }
    }

    /// The same for one that is written down already.
    pub(crate) fn send_text(&self, command: &str) {
        hand_over(&self.raw, command);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

async fn read(mut socket: WebSocket, raw: web_sys::WebSocket, first: String, on_frame: impl Fn(Frame)) {
    // Waits until the connection is open; where it never is, the frames below tell.
    let _ = poll_fn(|context| socket.poll_ready_unpin(context)).await;
    hand_over(&raw, &first);
    while let Some(frame) = socket.next().await {
        match frame {
            Ok(Message::Text(text)) => on_frame(Frame::Text(text)),
            Err(WebSocketError::ConnectionClose(close)) => {
                return on_frame(Frame::Closed(Some(close.code).filter(|code| *code != ABNORMAL)));
            }
            // An error is followed by the close that tells more; the server sends no bytes.
            Ok(Message::Bytes(_)) | Err(_) => {}
        }
    }
}

/// The browser knows of a break a moment before its event comes, and would complain of a frame that it cannot send.
fn hand_over(raw: &web_sys::WebSocket, frame: &str) {
    if raw.ready_state() == web_sys::WebSocket::OPEN {
        let _ = raw.send_with_str(frame);
    }
}

fn url() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{}", location.host().ok()?, paths::SOCKET))
}
