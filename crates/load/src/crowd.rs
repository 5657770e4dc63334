//! Many connections of many people.

use crate::people;
use crate::processes::Server;
use crate::wire::Socket;
use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::sync::Arc;

/// Handshakes that are under way at once.
const AT_ONCE: usize = 128;
/// A phone, a tablet, and two browsers.
const DEVICES: usize = 4;
/// Sockets of the bare relay that share a room: as many as one person's.
const ROOM: usize = DEVICES;
/// Where a whole crowd of the relay's listens.
pub const CROWDED_ROOM: &str = "/relay/crowd";

/// People who have signed up, and the token of each connection that they will open.
pub struct Crowd {
    pub server: Server,
    pub tokens: Vec<Arc<str>>,
}

impl Crowd {
    pub async fn gather(server: Server, connections: usize) -> Result<Self> {
        let mut tokens = Vec::with_capacity(connections);
        for person in people::sign_up(&server.url(), connections.div_ceil(DEVICES)).await? {
            let token: Arc<str> = person.client.access_token().await?.token.into();
            tokens.extend(std::iter::repeat_n(token, DEVICES));
        }
        tokens.truncate(connections);
        Ok(Self { server, tokens })
    }
}

/// Opens a socket for each token, and waits until all are ready.
pub async fn connect(port: u16, tokens: &[Arc<str>]) -> Result<Vec<Socket>> {
    let sockets = tokens.iter().map(|token| {
        tokio::spawn({
            let token = token.clone();
            async move { Socket::authenticated(port, &token).await }
        })
    });
    stream::iter(sockets).buffer_unordered(AT_ONCE).map(|joined| joined?).try_collect().await
}

/// Opens as many of the bare relay's.
pub async fn connect_to_relay(port: u16, count: usize) -> Result<Vec<Socket>> {
    let sockets = (0..count).map(|number| {
        tokio::spawn(async move { Socket::open(port, &format!("/relay/{}", number / ROOM), None).await })
    });
    stream::iter(sockets).buffer_unordered(AT_ONCE).map(|joined| joined?).try_collect().await
}

/// Opens as many of the bare relay's, all in one room.
pub async fn connect_to_one_room(port: u16, count: usize) -> Result<Vec<Socket>> {
    let sockets = (0..count).map(|_| Socket::open(port, CROWDED_ROOM, None));
    stream::iter(sockets).buffer_unordered(AT_ONCE).try_collect().await
}
