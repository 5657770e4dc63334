//! Everything that the client says, in one place. Another language is another file like this one.

mod account;

use crate::api::ApiError;
pub(crate) use account::*;
use umbrachat_client_core::Delivery;
use umbrachat_protocol::{ErrorCode, FieldError, NoticeAction, Role, limits};

pub(crate) const NAME: &str = "UmbraChat";

// The entrance.
pub(crate) const HEADLINE: &str = "For those who are still awake.";
pub(crate) const PITCH: &str = "A quiet place under the stars to talk with your friends. No advertising, no tracking, not even an \
    e-mail address: only a name, a password, and the people you let in.";
pub(crate) const CREATE_ACCOUNT: &str = "Create account";
pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_UP_TITLE: &str = "Come in";
pub(crate) const SIGN_UP_LEAD: &str = "A name and a password are all it takes.";
pub(crate) const SIGN_IN_TITLE: &str = "Welcome back";
pub(crate) const SIGN_IN_LEAD: &str = "The lamp is still on.";
pub(crate) const SESSION_ENDED: &str =
    "Your session on this device has ended. Please sign in again; what you had not sent yet is still here.";
pub(crate) const USERNAME: &str = "Username";
pub(crate) const USERNAME_HINT: &str = "Friends find you by it. Letters a–z, digits, and _ . -";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const NEW_PASSWORD: &str = "New password";
pub(crate) const RECOVERY_CODE: &str = "Recovery code";
pub(crate) const RECOVERY_CODE_HINT: &str =
    "One of the ten that you saved when you signed up. Each works once.";
pub(crate) const SHOW: &str = "Show";
pub(crate) const HIDE: &str = "Hide";
pub(crate) const ADVICE_OWN_NAME: &str = "Not built around your username";
pub(crate) const ADVICE_TIP: &str =
    "Four words that have nothing to do with each other are strong, and easy to remember.";
pub(crate) const ADVICE_MET: &str = "done";
pub(crate) const ADVICE_UNMET: &str = "still to do";
pub(crate) const AGREE_BEFORE_LINK: &str = "I agree to the ";
pub(crate) const AGREE_LINK: &str = "privacy policy";
pub(crate) const MUST_AGREE: &str = "Please read the privacy policy and agree to it first.";
pub(crate) const POLICY_MISSING: &str =
    "The privacy policy has not arrived yet. Please try again in a moment.";
pub(crate) const POLICY_CHANGED: &str = "The privacy policy has just changed. Please read it again.";
pub(crate) const HAVE_ACCOUNT: &str = "You already have an account? ";
pub(crate) const NO_ACCOUNT: &str = "You are new here? ";
pub(crate) const FORGOTTEN: &str = "Forgotten your password? ";
pub(crate) const USE_CODE: &str = "Use a recovery code";
pub(crate) const RECOVER_TITLE: &str = "A new password";
pub(crate) const RECOVER_LEAD: &str =
    "With a recovery code you choose a new password. All your other devices are signed out then.";
pub(crate) const SET_PASSWORD: &str = "Set new password";
pub(crate) const REMEMBERED: &str = "It came back to you? ";

// Documents.
pub(crate) const PRIVACY: &str = "Privacy policy";
pub(crate) const ABOUT: &str = "About";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const LOADING: &str = "One moment…";
pub(crate) const ABOUT_TITLE: &str = "About UmbraChat";
pub(crate) const ABOUT_PARAGRAPHS: &[&str] = &[
    "Umbra is the shadow in which an eclipse happens: dark enough, for once, to see the stars by day. UmbraChat is a small, \
     quiet place like that. Whoever runs it runs all of it: one program, one database, no company in between.",
    "There is no directory to be found in, and nobody can write to you whom you have not accepted as a friend. A tick says that a \
     message is safe on the server, two that it has arrived, and two in colour that it has been read.",
    "You sign up with a name and a password. There is no e-mail address to leak, no address book to hand over, and no counting of \
     what you do. What is kept about you, and for how long, is in the privacy policy.",
    "Should the connection break, keep writing. What you have written waits on your device and is sent once, in order, when the \
     server is back.",
];
pub(crate) const NOT_FOUND_TITLE: &str = "Nothing but night here";
pub(crate) const NOT_FOUND_TEXT: &str =
    "There is no page at this address. Perhaps it has moved on, like everything up there.";
pub(crate) const GO_HOME: &str = "Back to the start";
pub(crate) const UNREACHABLE_STARTING: &str = "The server does not answer. Trying again…";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const MAIN_NAVIGATION: &str = "Main";

// The room.
pub(crate) const CHATS: &str = "Chats";
pub(crate) const FRIENDS: &str = "Friends";
pub(crate) const SETTINGS: &str = "Settings";
pub(crate) const CONVERSATIONS: &str = "Conversations";
pub(crate) const RECONNECTING: &str = "Reconnecting…";
pub(crate) const CONNECTING: &str = "Connecting…";
pub(crate) const NO_CHATS_TITLE: &str = "It is quiet here";
pub(crate) const NO_CHATS_TEXT: &str =
    "Find a friend by their username, and start talking once they have accepted.";
pub(crate) const FIND_FRIENDS: &str = "Find somebody";
pub(crate) const CHOOSE_CHAT: &str = "Choose a conversation, and the night is yours.";
pub(crate) const NO_MESSAGES_YET: &str = "No messages yet";
pub(crate) const YOU: &str = "You";
pub(crate) const YOU_PREFIX: &str = "You: ";
pub(crate) const GONE_ACCOUNT: &str = "Deleted account";
pub(crate) const DRAFT_PREFIX: &str = "Draft: ";

pub(crate) fn unread(count: i64) -> String {
    if count == 1 { "1 unread message".to_owned() } else { format!("{count} unread messages") }
}

pub(crate) fn waiting_requests(count: usize) -> String {
    if count == 1 { "1 friend request".to_owned() } else { format!("{count} friend requests") }
}

pub(crate) fn window_title(page: &str, unread: i64) -> String {
    let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
    if page.is_empty() { format!("{count}{NAME}") } else { format!("{count}{page} · {NAME}") }
}

pub(crate) const GO_TO: &str = "Go to";
pub(crate) const PLACES: [(&str, &str); 8] = [
    ("/chats", CHATS),
    ("/friends", FRIENDS),
    ("/settings", SETTINGS),
    ("/settings/profile", PROFILE),
    ("/settings/appearance", APPEARANCE),
    ("/settings/privacy", PRIVACY_SETTINGS),
    ("/settings/security", SECURITY),
    ("/settings/data", MY_DATA),
];
pub(crate) const HELP: &str = "What the keyboard can do";
pub(crate) const KEYS: [(&str, &str); 8] = [
    ("Ctrl K", "Go to a person, a conversation or a page"),
    ("?", "Show this"),
    ("Enter", "Send, or begin a new line: as set under Appearance"),
    ("Ctrl Enter", "Send"),
    ("Shift Enter", "Begin a new line"),
    ("↑", "Change your last message, while the text box is empty"),
    ("@", "Mention somebody in a group"),
    ("Esc", "Close or cancel"),
];

// A conversation.
pub(crate) const MESSAGES: &str = "Messages";
pub(crate) const MESSAGE: &str = "Message";
pub(crate) const SEND: &str = "Send";
pub(crate) const SHOW_OLDER: &str = "Show older messages";
pub(crate) const OLDER_FAILED: &str = "Older messages could not be loaded. Try again";
pub(crate) const BEGINNING: &str = "This is where it begins.";
pub(crate) const FIRST_WORD: &str = "Nobody has said anything yet. Say good evening?";
pub(crate) const NEW_MESSAGES: &str = "New";
pub(crate) const TO_NEWEST: &str = "To the newest message";
pub(crate) const DELETED: &str = "Message deleted";
pub(crate) const MESSAGE_MENU: &str = "More";
pub(crate) const REPLY: &str = "Reply";
pub(crate) const REACT: &str = "React";
pub(crate) const EDIT: &str = "Edit";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied.";
pub(crate) const COPY_FAILED: &str = "This browser does not allow copying.";
pub(crate) const EDITED: &str = "edited";
pub(crate) const EDITING: &str = "Editing";
pub(crate) const IN_REPLY_TO: &str = "In reply to ";
pub(crate) const EARLIER_MESSAGE: &str = "An earlier message";
pub(crate) const QUOTED_NOT_FOUND: &str = "That message is too far back, or not yours to see.";
pub(crate) const CANCEL: &str = "Cancel";

pub(crate) fn reaction(emoji: &str, names: &[String]) -> String {
    format!("{emoji} {}: {}", names.len(), names.join(", "))
}

pub(crate) fn replying_to(author: &str) -> String {
    format!("{IN_REPLY_TO}{author}")
}

pub(crate) const OTHER_EMOJI: &str = "Another emoji";
pub(crate) const EMOJI: &str = "Emoji";
pub(crate) const EMOJI_HINT: &str = "Any one, from the keyboard of your device.";
pub(crate) const WHO_READ: &str = "Who has read this";
pub(crate) const READ_BY: &str = "Read by";
pub(crate) const DELIVERED_TO: &str = "Delivered to";
pub(crate) const NOT_KNOWN_TO: &str = "Not yet, or not shown";

/// As many names as fit in a line, and how many more.
pub(crate) fn read_by(names: &[String]) -> String {
    match names {
        [] => format!("{READ_BY} nobody yet"),
        [one] => format!("{READ_BY} {one}"),
        [one, other] => format!("{READ_BY} {one} and {other}"),
        [one, other, more @ ..] => format!("{READ_BY} {one}, {other} and {} more", more.len()),
    }
}

pub(crate) const DELETE_TITLE: &str = "Delete this message?";
pub(crate) const DELETE_TEXT: &str =
    "It disappears for everybody here. That something was deleted remains visible.";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const KEEP: &str = "Keep it";
pub(crate) const RETRY: &str = "Try again";
pub(crate) const DISCARD: &str = "Discard";
pub(crate) const NOT_FRIENDS_NOW: &str = "You are no longer friends, so this conversation can only be read.";
pub(crate) const PEER_GONE: &str = "This account has been deleted. What was said remains here for you.";
pub(crate) const NO_SUCH_CHAT_TITLE: &str = "This conversation is not here";
pub(crate) const NO_SUCH_CHAT_TEXT: &str = "It may have ended, or belong to another account.";
pub(crate) const TODAY: &str = "Today";
pub(crate) const YESTERDAY: &str = "Yesterday";

pub(crate) const NEW_GROUP: &str = "New group";
pub(crate) const MAKE_GROUP: &str = "Make the group";
pub(crate) const GROUP_TITLE: &str = "Name of the group";
pub(crate) const GROUP_MEMBERS: &str = "Members";
pub(crate) const ADD_MEMBERS: &str = "Add friends";
pub(crate) const ADD: &str = "Add";
pub(crate) const RENAME: &str = "Rename";
pub(crate) const DETAILS: &str = "Details";
pub(crate) const PROMOTE: &str = "Make admin";
pub(crate) const DEMOTE: &str = "Make member";
pub(crate) const HAND_OVER: &str = "Hand over";
pub(crate) const HAND_OVER_TEXT: &str = "The group is theirs then, and you are an admin.";
pub(crate) const REMOVE: &str = "Remove";
pub(crate) const REMOVE_TEXT: &str = "They can no longer read or write here.";
pub(crate) const LEAVE: &str = "Leave";
pub(crate) const LEAVE_TITLE: &str = "Leave this group?";
pub(crate) const LEAVE_TEXT: &str =
    "It disappears from your list. Where it is yours, it goes to somebody who stays.";
pub(crate) const DELETE_GROUP: &str = "Delete group";
pub(crate) const DELETE_GROUP_TITLE: &str = "Delete this group?";
pub(crate) const DELETE_GROUP_TEXT: &str = "It ends for everybody, with all that was said in it.";
pub(crate) const GROUP_HISTORY: &str = "Those who join later read";
pub(crate) const HISTORY_FROM_JOIN: &str = "What is said from then on";
pub(crate) const HISTORY_FULL: &str = "Everything, from the beginning";
pub(crate) const CHAT_ENDED: &str = "This conversation has ended, or you are no longer in it.";

pub(crate) fn members(count: usize) -> String {
    if count == 1 { "1 member".to_owned() } else { format!("{count} members") }
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Member => "Member",
    }
}

pub(crate) fn hand_over_title(name: &str) -> String {
    format!("Hand the group over to {name}?")
}

pub(crate) fn remove_title(name: &str) -> String {
    format!("Remove {name}?")
}

pub(crate) const SOMEBODY: &str = "Somebody";

/// Who types at this moment.
pub(crate) fn typing(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{one} is typing…"),
        [one, other] => format!("{one} and {other} are typing…"),
        _ => "Several people are typing…".to_owned(),
    }
}

/// What happened in a group. Without a name it was oneself.
pub(crate) fn notice(
    action: NoticeAction,
    actor: Option<&str>,
    subject: Option<&str>,
    title: &str,
) -> String {
    let who = actor.unwrap_or(YOU);
    let whom = subject.unwrap_or("you");
    match action {
        NoticeAction::Created => format!("{who} made this group"),
        NoticeAction::Renamed => format!("{who} named the group “{title}”"),
        NoticeAction::Added => format!("{who} added {whom}"),
        NoticeAction::Removed => format!("{who} removed {whom}"),
        NoticeAction::Left => format!("{who} left"),
        NoticeAction::Promoted => format!("{who} made {whom} an admin"),
        NoticeAction::Demoted => format!("{who} took the admin's role from {whom}"),
        NoticeAction::HandedOver => format!("{who} handed the group over to {whom}"),
        NoticeAction::HistoryFull => format!("{who} let those who join later read everything"),
        NoticeAction::HistoryFromJoin => format!("{who} let those who join later read from then on"),
        NoticeAction::Unknown => "Something has changed here".to_owned(),
    }
}

pub(crate) fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Failed => "Failed",
        Delivery::Sending => "Sending",
        Delivery::Sent => "Sent",
        Delivery::Delivered => "Delivered",
        Delivery::Read => "Read",
    }
}

pub(crate) fn not_sent(reason: &str) -> String {
    format!("Not sent: {}", sentence(reason))
}

pub(crate) fn too_long(over: usize) -> String {
    if over == 1 { "1 character too many".to_owned() } else { format!("{over} characters too many") }
}

pub(crate) fn characters_left(left: usize) -> String {
    format!("{left} characters left")
}

// Friends.
pub(crate) const FIND_BY_USERNAME: &str = "Find by username";
pub(crate) const FIND_HINT: &str =
    "The exact name: there is no directory to browse, for your peace as much as theirs.";
pub(crate) const ADD_FRIEND: &str = "Add friend";
pub(crate) const INCOMING: &str = "They would like to be your friend";
pub(crate) const OUTGOING: &str = "You have asked";
pub(crate) const YOUR_FRIENDS: &str = "Your friends";
pub(crate) const ACCEPT: &str = "Accept";
pub(crate) const DECLINE: &str = "Decline";
pub(crate) const TAKE_BACK: &str = "Take back";
pub(crate) const OPEN_CHAT: &str = "Open chat";
pub(crate) const UNFRIEND: &str = "Unfriend";
pub(crate) const UNFRIEND_TEXT: &str = "Neither of you can write to the other then. What was said stays readable, and either of you may ask again.";
pub(crate) const KEEP_FRIEND: &str = "Stay friends";
pub(crate) const NO_FRIENDS: &str = "Nobody yet. Ask a friend for their username.";

pub(crate) const ONLINE: &str = "Here now";
pub(crate) const SEEN_TODAY: &str = "Here today";
pub(crate) const SEEN_THIS_WEEK: &str = "Here this week";
pub(crate) const BLOCK: &str = "Block";
pub(crate) const BLOCK_TEXT: &str = "This ends your friendship: they cannot write to you or ask you again, and they are not told. What was said stays \
    readable. You can end it in the settings, under Privacy.";
pub(crate) const LET_BE: &str = "Rather not";

pub(crate) fn block_title(name: &str) -> String {
    format!("Block {name}?")
}

pub(crate) fn unfriend_title(name: &str) -> String {
    format!("Unfriend {name}?")
}

pub(crate) fn asked(username: &str) -> String {
    format!("You have asked {username}. You can talk as soon as they accept.")
}

pub(crate) fn now_friends(name: &str) -> String {
    format!("{name} had already asked you: you are friends now.")
}

pub(crate) fn nobody_named(username: &str) -> String {
    format!("There is nobody named “{username}”.")
}

// Settings.
pub(crate) const CHOOSE_SETTING: &str = "Make yourself at home.";
pub(crate) const BACK: &str = "Back";
pub(crate) const PROFILE: &str = "Profile";
pub(crate) const PROFILE_LEAD: &str = "How others see you";
pub(crate) const APPEARANCE: &str = "Appearance";
pub(crate) const APPEARANCE_LEAD: &str = "Night, dawn, or as your device is set";
pub(crate) const DISPLAY_NAME: &str = "Display name";
pub(crate) const DISPLAY_NAME_HINT: &str = "What your friends see. In any script, up to 64 characters.";
pub(crate) const USERNAME_FIXED: &str = "Your username stays as it is: friends find you by it.";
pub(crate) const PRIVACY_SETTINGS: &str = "Privacy";
pub(crate) const PRIVACY_SETTINGS_LEAD: &str = "What others see of you, and who is kept out";
pub(crate) const RECIPROCITY: &str =
    "It goes both ways: what you do not show to others, you do not see of them either.";
pub(crate) const SHOW_RECEIPTS: &str = "Ticks";
pub(crate) const SHOW_RECEIPTS_HINT: &str =
    "Others see whether their messages have reached you and been read.";
pub(crate) const SHOW_PRESENCE: &str = "Being here";
pub(crate) const SHOW_PRESENCE_HINT: &str = "Friends see whether you are here, or were today or this week.";
pub(crate) const SHOW_TYPING: &str = "Typing";
pub(crate) const SHOW_TYPING_HINT: &str = "Friends see that you are writing to them.";
pub(crate) const BLOCKED_PEOPLE: &str = "People you have blocked";
pub(crate) const NOBODY_BLOCKED: &str = "Nobody.";
pub(crate) const UNBLOCK: &str = "Unblock";
pub(crate) const SAVE: &str = "Save";
pub(crate) const SAVED: &str = "Saved.";
pub(crate) const THEME_LEGEND: &str = "The sky";
pub(crate) const THEME_NIGHT: &str = "Night";
pub(crate) const THEME_NIGHT_HINT: &str = "Dark, with all the stars";
pub(crate) const THEME_DAWN: &str = "Dawn";
pub(crate) const THEME_DAWN_HINT: &str = "Light, with the last of them";
pub(crate) const THEME_SYSTEM: &str = "System";
pub(crate) const THEME_SYSTEM_HINT: &str = "As your device is set";
pub(crate) const ENTER_LEGEND: &str = "The Enter key, where there is a keyboard";
pub(crate) const ENTER_SENDS: &str = "Sends the message";
pub(crate) const ENTER_BREAKS: &str = "Begins a new line; Ctrl and Enter send";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const SIGN_OUT_TITLE: &str = "Sign out with unsent messages?";
pub(crate) const STAY: &str = "Stay";

pub(crate) fn sign_out_loses(count: usize) -> String {
    if count == 1 {
        "One message is still waiting to be sent. Signing out discards it.".to_owned()
    } else {
        format!("{count} messages are still waiting to be sent. Signing out discards them.")
    }
}

/// What went wrong, for a person.
pub(crate) fn error(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable => {
            "The server cannot be reached. Please check the connection and try again.".to_owned()
        }
        ApiError::Unexpected => {
            "The server said something unexpected. Please try again in a moment.".to_owned()
        }
        ApiError::Problem(problem) => match problem.code {
            ErrorCode::InvalidCredentials => "The name and the password do not belong together.".to_owned(),
            ErrorCode::WrongPassword => "That is not your password.".to_owned(),
            ErrorCode::UsernameTaken => "Somebody already has this name.".to_owned(),
            ErrorCode::RateLimited => {
                "That was a little too fast. Please wait a moment and try again.".to_owned()
            }
            ErrorCode::Overloaded => "The server is busy. Please try again in a moment.".to_owned(),
            ErrorCode::Internal => "Something broke on the server. Please try again.".to_owned(),
            _ => sentence(&problem.detail),
        },
    }
}

/// What is wrong with one field.
pub(crate) fn field_error(error: &FieldError) -> String {
    match (&*error.field, &*error.code) {
        ("emoji", _) => "Exactly one emoji, please.".to_owned(),
        ("username", "too_short") => format!("At least {} characters.", limits::USERNAME_MIN),
        ("username", "too_long") => format!("At most {} characters.", limits::USERNAME_MAX),
        ("username", "invalid_characters") => "Only letters a–z, digits, and _ . -".to_owned(),
        ("password" | "new_password", "too_short") => {
            format!("At least {} characters.", limits::PASSWORD_MIN)
        }
        _ => sentence(&error.detail),
    }
}

/// What a password still needs, or that it is long enough.
pub(crate) fn password_length(characters: usize) -> String {
    match limits::PASSWORD_MIN.saturating_sub(characters) {
        0 => format!("{} characters or more", limits::PASSWORD_MIN),
        1 => format!("{} characters or more: 1 to go", limits::PASSWORD_MIN),
        missing => format!("{} characters or more: {missing} to go", limits::PASSWORD_MIN),
    }
}

/// Server details begin in lower case where they describe a field.
fn sentence(detail: &str) -> String {
    let mut characters = detail.chars();
    let Some(first) = characters.next() else { return String::new() };
    let end = if detail.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_ascii_uppercase(), characters.as_str())
}
