//! Proof that a person belongs to a conversation. Whoever needs to be a member asks for one of these.

use super::Conn;
use crate::error::{Refusal, Result, StoreError};
use crate::rows::{ConversationRow, MemberRow, Word};
use crate::schema::{conversations, members};
use crate::types::Id;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use umbrachat_protocol::{ConversationId, Role};

pub(super) struct Membership {
    pub(super) conversation: ConversationRow,
    pub(super) member: MemberRow,
}

impl Membership {
    /// # Errors
    /// [`StoreError::NotFound`] for a conversation that does not exist and for one that is not this person's.
    pub(super) async fn of(conn: &mut Conn, user: Id, conversation: ConversationId) -> Result<Self> {
        let (conversation, member) = conversations::table
            .inner_join(members::table)
            .filter(conversations::id.eq(Id::from(conversation)))
            .filter(members::user_id.eq(user))
            .filter(members::left_at.is_null())
            .select((ConversationRow::as_select(), MemberRow::as_select()))
            .first(conn)
            .await
            .optional()?
            .ok_or(StoreError::NotFound)?;
        Ok(Self { conversation, member })
    }

    /// # Errors
    /// [`Refusal::Forbidden`] for a role below this one.
    pub(super) fn require(&self, role: Role) -> Result<()> {
        if Role::from_word(&self.member.role)? < role {
            return Err(Refusal::Forbidden.into());
        }
        Ok(())
    }
}
