//! How much of each kind of data is held about a person.

use super::Conn;
use crate::error::Result;
use crate::inventory::Kind;
use crate::schema::{
    blocks, consents, friendships, members, messages, reactions, recovery_codes, second_factors,
    security_events, sessions,
};
use crate::types::Id;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::UserId;

pub(crate) async fn count(conn: &mut Conn, user: Id, kind: Kind) -> Result<i64> {
    let of_user = friendships::low_id.eq(user).or(friendships::high_id.eq(user));
    Ok(match kind {
        // There is one of each, and of the settings four.
        Kind::Profile | Kind::Password => 1,
        Kind::Settings => 4,
        Kind::RecoveryCodes => {
            recovery_codes::table.filter(recovery_codes::user_id.eq(user)).count().get_result(conn).await?
        }
        Kind::SecondFactor => {
            second_factors::table.filter(second_factors::user_id.eq(user)).count().get_result(conn).await?
        }
        Kind::Sessions => sessions::table.filter(sessions::user_id.eq(user)).count().get_result(conn).await?,
        Kind::Consents => consents::table.filter(consents::user_id.eq(user)).count().get_result(conn).await?,
        Kind::Friends => {
            let friends = friendships::table.filter(of_user).filter(friendships::accepted_at.is_not_null());
            friends.count().get_result(conn).await?
        }
        Kind::FriendRequests => {
            let requests = friendships::table.filter(of_user).filter(friendships::accepted_at.is_null());
            requests.count().get_result(conn).await?
        }
        Kind::Blocks => blocks::table.filter(blocks::blocker_id.eq(user)).count().get_result(conn).await?,
        Kind::Conversations | Kind::ReadMarks => {
            members::table.filter(members::user_id.eq(user)).count().get_result(conn).await?
        }
        Kind::Preferences => {
            let arranged = members::pinned_at
                .is_not_null()
                .or(members::archived_seq.is_not_null())
                .or(members::muted_until.is_not_null());
            members::table.filter(members::user_id.eq(user)).filter(arranged).count().get_result(conn).await?
        }
        Kind::Messages => {
            messages::table.filter(messages::author_id.eq(user)).count().get_result(conn).await?
        }
        Kind::Reactions => {
            reactions::table.filter(reactions::user_id.eq(user)).count().get_result(conn).await?
        }
        Kind::Mentions => {
            let mine = members::table.filter(members::user_id.eq(user)).select(members::conversation_id);
            let mentioning = messages::table
                .filter(messages::conversation_id.eq_any(mine))
                .filter(diesel::dsl::sql::<Bool>("mentions <> ''"))
                .filter(messages::mentions.like(format!("%{}%", UserId::from(user))))
                .filter(messages::author_id.is_null().or(messages::author_id.ne(user)));
            mentioning.count().get_result(conn).await?
        }
        Kind::Notices => {
            messages::table.filter(messages::subject_id.eq(user)).count().get_result(conn).await?
        }
        Kind::SecurityLog => {
            security_events::table.filter(security_events::user_id.eq(user)).count().get_result(conn).await?
        }
        // Written when the account ends.
        Kind::Erasures => 0,
    })
}
