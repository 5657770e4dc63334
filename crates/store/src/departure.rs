//! How an erasure goes on, piece by piece.

use crate::rows::Word;
use umbrachat_protocol::MessageKind;

/// How somebody leaves a conversation for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// They had left, or it is not there any more.
    None,
    LeftGroup,
    LeftDirect,
    /// Nobody else is in it: there is nobody to keep it for.
    AloneInGroup,
    AloneInDirect,
}

/// What one piece has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Piece {
    /// Go on after this seq; none where nothing is left.
    pub(crate) next: Option<i64>,
    pub(crate) messages: i64,
    pub(crate) notices: i64,
    pub(crate) reactions: i64,
    pub(crate) mentions: i64,
}

impl Piece {
    /// One more message of this kind.
    pub(crate) fn count(&mut self, kind: &str) {
        let of_kind = if kind == MessageKind::Text.word() { &mut self.messages } else { &mut self.notices };
        *of_kind += 1;
    }
}
