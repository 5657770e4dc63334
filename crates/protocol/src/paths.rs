//! Where things are: the API below `/api/v1`, and the client's own pages.

use crate::{ConversationId, Seq, SessionId, UserId};

pub const API: &str = "/api/v1";
pub const SOCKET: &str = "/api/v1/socket";
pub const SNAPSHOT: &str = "/api/v1/snapshot";
pub const REGISTER: &str = "/api/v1/auth/register";
pub const LOGIN: &str = "/api/v1/auth/login";
pub const REFRESH: &str = "/api/v1/auth/refresh";
pub const LOGOUT: &str = "/api/v1/auth/logout";
pub const RECOVER: &str = "/api/v1/auth/recover";
pub const SESSIONS: &str = "/api/v1/auth/sessions";
pub const PASSWORD: &str = "/api/v1/auth/password";
pub const RECOVERY_CODES: &str = "/api/v1/auth/recovery-codes";
pub const SECOND_FACTOR: &str = "/api/v1/auth/second-factor";
pub const ME: &str = "/api/v1/me";
pub const CONSENTS: &str = "/api/v1/me/consents";
pub const MY_DATA: &str = "/api/v1/me/data";
pub const EXPORT: &str = "/api/v1/me/export";
pub const SECURITY_LOG: &str = "/api/v1/me/security-log";
pub const PRIVACY_POLICIES: &str = "/api/v1/privacy-policies";
pub const PRIVACY_POLICY: &str = "/api/v1/privacy-policy";
pub const FRIENDS: &str = "/api/v1/friends";
pub const FRIEND_REQUESTS: &str = "/api/v1/friend-requests";
pub const BLOCKS: &str = "/api/v1/blocks";
pub const CONVERSATIONS: &str = "/api/v1/conversations";

pub fn session(id: SessionId) -> String {
    format!("{SESSIONS}/{id}")
}

/// The username must be checked before: it is put in as it is.
pub fn user(username: &str) -> String {
    format!("{API}/users/{username}")
}

pub fn friend(user: UserId) -> String {
    format!("{FRIENDS}/{user}")
}

pub fn friend_request(user: UserId) -> String {
    format!("{FRIEND_REQUESTS}/{user}")
}

pub fn accept_friend_request(user: UserId) -> String {
    format!("{FRIEND_REQUESTS}/{user}/accept")
}

pub fn direct(user: UserId) -> String {
    format!("{CONVERSATIONS}/direct/{user}")
}

pub fn conversation(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}")
}

pub fn members(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/members")
}

pub fn messages(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/messages")
}

pub fn message(id: ConversationId, seq: Seq) -> String {
    format!("{CONVERSATIONS}/{id}/messages/{seq}")
}

/// Every byte of the emoji is escaped: some begin with `#`.
pub fn reaction(id: ConversationId, seq: Seq, emoji: &str) -> String {
    let path = format!("{}/reactions/", message(id, seq));
    emoji.bytes().fold(path, |path, byte| format!("{path}%{byte:02X}"))
}

pub fn member(id: ConversationId, user: UserId) -> String {
    format!("{CONVERSATIONS}/{id}/members/{user}")
}

pub fn owner(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/owner")
}

pub fn block(user: UserId) -> String {
    format!("{BLOCKS}/{user}")
}

pub fn receipts(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/receipts")
}

pub fn preferences(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/preferences")
}

pub fn changes(id: ConversationId) -> String {
    format!("{CONVERSATIONS}/{id}/changes")
}

/// The client's pages, which can be bookmarked and reloaded; `{}` stands for one segment.
pub const CLIENT_PAGES: &[&str] = &[
    "/",
    "/sign-up",
    "/sign-in",
    "/recover",
    "/privacy",
    "/about",
    "/chats",
    "/chats/{}",
    "/friends",
    "/settings",
    "/settings/profile",
    "/settings/appearance",
    "/settings/privacy",
    "/settings/security",
    "/settings/data",
];

/// Whether the client has a page at this path.
pub fn is_client_page(path: &str) -> bool {
    CLIENT_PAGES.iter().any(|page| {
        let mut expected = page.split('/');
        let mut actual = path.split('/');
        loop {
            match (expected.next(), actual.next()) {
                (None, None) => return true,
                (Some("{}"), Some(segment)) if !segment.is_empty() => {}
                (Some(a), Some(b)) if a == b => {}
                _ => return false,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{is_client_page, reaction};
    use crate::Seq;

    #[test]
    fn an_emoji_cannot_end_its_path() {
        let id = "0190b6a0-0000-7000-8000-000000000000";
        let path = reaction(id.parse().unwrap(), Seq(3), "#️⃣");
        assert_eq!(path, format!("/api/v1/conversations/{id}/messages/3/reactions/%23%EF%B8%8F%E2%83%A3"));
    }

    #[test]
    fn the_client_has_its_pages_and_no_others() {
        for path in ["/", "/chats", "/chats/0190", "/settings/data"] {
            assert!(is_client_page(path), "{path}");
        }
        for path in ["", "/chat", "/chats/", "/chats/1/2", "/settings/x", "//"] {
            assert!(!is_client_page(path), "{path}");
        }
    }
}
