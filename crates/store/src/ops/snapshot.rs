//! Everything that a client needs to begin.

use super::{Conn, accounts, blocks, conversations, friendships, sessions};
use crate::error::Result;
use crate::types::Id;
use umbrachat_protocol::{Snapshot, Timestamp};

pub(crate) async fn of(conn: &mut Conn, me: Id, now: Timestamp) -> Result<Snapshot> {
    let user = accounts::me(conn, me).await?;
    let presence =
        if user.settings.presence { sessions::last_seen(conn, me, now).await? } else { Vec::new() };
    Ok(Snapshot {
        user,
        conversations: conversations::all(conn, me).await?,
        friends: friendships::friends(conn, me).await?,
        friend_requests: friendships::requests(conn, me).await?,
        blocks: blocks::all(conn, me).await?,
        presence,
        epoch: None,
    })
}
