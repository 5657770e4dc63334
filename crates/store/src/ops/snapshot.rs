//! Everything that a client needs to begin.

use super::{Conn, accounts, conversations, friendships};
use crate::error::Result;
use crate::rows::UserRow;
use crate::schema::{blocks, users};
use crate::types::{Id, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{Block, Snapshot};

pub(crate) async fn of(conn: &mut Conn, me: Id) -> Result<Snapshot> {
    Ok(Snapshot {
        user: accounts::me(conn, me).await?,
        conversations: conversations::all(conn, me).await?,
        friends: friendships::friends(conn, me).await?,
        friend_requests: friendships::requests(conn, me).await?,
        blocks: blocks(conn, me).await?,
        presence: Vec::new(),
    })
}

async fn blocks(conn: &mut Conn, me: Id) -> Result<Vec<Block>> {
    let rows: Vec<(UserRow, Time)> = blocks::table
        .inner_join(users::table.on(users::id.eq(blocks::blocked_id)))
        .filter(blocks::blocker_id.eq(me))
        .order(blocks::created_at)
        .select((UserRow::as_select(), blocks::created_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(user, at)| Block { user: user.into(), since: at.into() }).collect())
}
