//! The wire: every body, command, event, identifier, limit, error code and path that server and clients share.
//!
//! This crate holds no behaviour beyond (de)serialising; `openapi.yaml` is generated from these types.

pub mod account;
pub mod auth;
pub mod conversations;
pub mod export;
pub mod ids;
pub mod limits;
pub mod my_data;
pub mod paths;
pub mod people;
pub mod planted;
pub mod preferences;
pub mod problem;
pub mod socket;
pub mod text;
pub mod timestamp;

pub use account::{
    Consent, GiveConsent, Me, PolicyVersion, PrivacyPolicy, SecurityEvent, SecurityEventKind, Settings,
    SettingsPatch, Theme, UpdateMe,
};
pub use auth::{
    ChangePassword, ChangeSecondFactor, ConfirmSecondFactor, Credentials, NewSecondFactor, Recover,
    RecoveryCodes, Refresh, Register, Registered, RenewRecoveryCodes, SecondFactor, Session, SignedIn,
};
pub use conversations::{
    Changes, Conversation, ConversationKind, EditMessage, HandOver, History, Member, Message, MessageKind,
    MessagePage, NewGroup, NewMessage, Notice, NoticeAction, PeerReceipt, PutMember, Reaction, Receipt, Role,
    UpdateGroup, UpdateReceipts,
};
pub use export::{Export, ExportCounts};
pub use ids::{ClientId, ConversationId, Epoch, Rev, Seq, SessionId, UserId};
pub use my_data::{DataKind, EraseMe, Erased, ErasedMessages, ErasureCounts, ErasureReceipt, MyData};
pub use people::{
    AskedFriend, Block, Friend, FriendRequest, FriendRequestDirection, FriendRequests, NewFriendRequest,
    Presence, User,
};
pub use preferences::{Preferences, UpdatePreferences};
pub use problem::{ErrorCode, FieldError, Problem};
pub use socket::{ClientCommand, CloseCode, Reference, ServerEvent, Snapshot};
pub use timestamp::Timestamp;
