//! Everything that the client says, in every language: the words are in `frontend/locales`, a file for each.
//!
//! `t!(key)` is a text, `t!(key, name = …)` one with something in place of its `{name}`, and `plural!(count, key)` one that
//! counts. A key that a file lacks does not compile. What takes a decision first is a function here.

mod account;
mod arrangement;

use crate::api::ApiError;
use crate::language;
pub(crate) use account::*;
pub(crate) use arrangement::*;
use umbrachat_client_core::Delivery;
use umbrachat_protocol::{ErrorCode, FieldError, NoticeAction, Role, limits};

#[expect(unreachable_pub, unused, clippy::pedantic, reason = "written by a program, for programs")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}
pub(crate) use generated::i18n::Locale;

/// A text in the current language.
macro_rules! t {
    ($($key:ident).+) => { leptos_i18n::td_string!($crate::language::current(), $($key).+) };
    ($($key:ident).+, $($name:ident = $value:expr),+) => {
        $crate::texts::fill($crate::texts::t!($($key).+), &[$((concat!("{", stringify!($name), "}"), $value)),+])
    };
}
pub(crate) use t;

/// A text with a count in it, from the forms `one` and `other` of its key.
macro_rules! plural {
    ($count:expr, $($key:ident).+) => {{
        let count: i64 = $count.try_into().unwrap_or(i64::MAX);
        let form = if $crate::language::is_one(count) {
            $crate::texts::t!($($key).+.one)
        } else {
            $crate::texts::t!($($key).+.other)
        };
        $crate::texts::fill(form, &[("{count}", &$crate::language::number(count))])
    }};
}
/// The same in every language.
pub(crate) const NAME: &str = "UmbraChat";

pub(crate) fn about() -> [&'static str; 4] {
    [t!(about_text.name), t!(about_text.friends), t!(about_text.account), t!(about_text.offline)]
}

// The room.

pub(crate) fn unread(count: i64) -> String {
    plural!(count, unread)
}

pub(crate) fn waiting_requests(count: usize) -> String {
    plural!(count, waiting_requests)
}

pub(crate) fn window_title(page: &str, unread: i64) -> String {
    let count = if unread > 0 { format!("({unread}) ") } else { String::new() };
    if page.is_empty() { format!("{count}{NAME}") } else { format!("{count}{page} · {NAME}") }
}

/// Where one can go by name: address and name.
pub(crate) fn places() -> [(&'static str, &'static str); 8] {
    [
        ("/chats", t!(chats)),
        ("/friends", t!(friends)),
        ("/settings", t!(settings)),
        ("/settings/profile", t!(profile)),
        ("/settings/appearance", t!(appearance)),
        ("/settings/privacy", t!(privacy_settings)),
        ("/settings/security", t!(security)),
        ("/settings/data", t!(my_data)),
    ]
}

/// The keys that do something, and what.
pub(crate) fn keys() -> [(String, &'static str); 8] {
    let enter = t!(key_names.enter);
    [
        (format!("{} K", t!(key_names.ctrl)), t!(keys.palette)),
        ("?".to_owned(), t!(keys.help)),
        (enter.to_owned(), t!(keys.enter)),
        (format!("{} {enter}", t!(key_names.ctrl)), t!(keys.send)),
        (format!("{} {enter}", t!(key_names.shift)), t!(keys.line)),
        ("↑".to_owned(), t!(keys.edit)),
        ("@".to_owned(), t!(keys.mention)),
        (t!(key_names.escape).to_owned(), t!(keys.cancel)),
    ]
}

// A conversation.

pub(crate) fn reaction(emoji: &str, names: &[String]) -> String {
    let count = language::number(names.len().try_into().unwrap_or(i64::MAX));
    t!(reaction, emoji = emoji, count = &count, names = &names.join(", "))
}

pub(crate) fn replying_to(author: &str) -> String {
    format!("{}{author}", t!(in_reply_to))
}

/// As many names as fit in a line, and how many more.
pub(crate) fn read_by(names: &[String]) -> String {
    match names {
        [] => t!(read_by_names.nobody).to_owned(),
        [first] => t!(read_by_names.one, first = first),
        [first, second] => t!(read_by_names.two, first = first, second = second),
        [first, second, more @ ..] => {
            let count = more.len().to_string();
            t!(read_by_names.more, first = first, second = second, count = &count)
        }
    }
}

pub(crate) fn members(count: usize) -> String {
    plural!(count, members)
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => t!(role.owner),
        Role::Admin => t!(role.admin),
        Role::Member => t!(role.member),
    }
}

pub(crate) fn hand_over_title(name: &str) -> String {
    t!(hand_over_title, name = name)
}

pub(crate) fn remove_title(name: &str) -> String {
    t!(remove_title, name = name)
}

/// Who types at this moment.
pub(crate) fn typing(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [first] => t!(typing.one, first = first),
        [first, second] => t!(typing.two, first = first, second = second),
        _ => t!(typing.more).to_owned(),
    }
}

/// What somebody did in a group. Without a name it was oneself.
macro_rules! deed {
    ($deed:ident, $actor:ident) => {
        match $actor {
            None => t!(notice.$deed.me).to_owned(),
            Some(actor) => t!(notice.$deed.other, actor = actor),
        }
    };
    ($deed:ident, $actor:ident, $subject:ident) => {
        match ($actor, $subject) {
            (None, subject) => t!(notice.$deed.me, subject = subject.unwrap_or(t!(you))),
            (Some(actor), None) => t!(notice.$deed.to_me, actor = actor),
            (Some(actor), Some(subject)) => t!(notice.$deed.other, actor = actor, subject = subject),
        }
    };
}

/// What happened in a group. Without a name it was oneself.
pub(crate) fn notice(
    action: NoticeAction,
    actor: Option<&str>,
    subject: Option<&str>,
    title: &str,
) -> String {
    match action {
        NoticeAction::Created => deed!(created, actor),
        NoticeAction::Renamed => match actor {
            None => t!(notice.renamed.me, title = title),
            Some(actor) => t!(notice.renamed.other, actor = actor, title = title),
        },
        NoticeAction::Added => deed!(added, actor, subject),
        NoticeAction::Removed => deed!(removed, actor, subject),
        NoticeAction::Left => deed!(left, actor),
        NoticeAction::Promoted => deed!(promoted, actor, subject),
        NoticeAction::Demoted => deed!(demoted, actor, subject),
        NoticeAction::HandedOver => deed!(handed_over, actor, subject),
        NoticeAction::HistoryFull => deed!(history_full, actor),
        NoticeAction::HistoryFromJoin => deed!(history_from_join, actor),
        NoticeAction::Unknown => t!(notice.unknown).to_owned(),
    }
}

pub(crate) fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Failed => t!(delivery.failed),
        Delivery::Sending => t!(delivery.sending),
        Delivery::Sent => t!(delivery.sent),
        Delivery::Delivered => t!(delivery.delivered),
        Delivery::Read => t!(delivery.read),
    }
}

pub(crate) fn not_sent(reason: &str) -> String {
    t!(not_sent, reason = reason)
}

pub(crate) fn too_long(over: usize) -> String {
    plural!(over, too_long)
}

pub(crate) fn characters_left(left: usize) -> String {
    plural!(left, characters_left)
}

// Friends.

pub(crate) fn block_title(name: &str) -> String {
    t!(block_title, name = name)
}

pub(crate) fn unfriend_title(name: &str) -> String {
    t!(unfriend_title, name = name)
}

pub(crate) fn asked(username: &str) -> String {
    t!(asked, name = username)
}

pub(crate) fn now_friends(name: &str) -> String {
    t!(now_friends, name = name)
}

pub(crate) fn nobody_named(username: &str) -> String {
    t!(nobody_named, name = username)
}

// Settings.

pub(crate) fn sign_out_loses(count: usize) -> String {
    plural!(count, sign_out_loses)
}

/// Such as "Firefox on Linux".
pub(crate) fn device(browser: &str, system: &str) -> String {
    t!(device_on, browser = browser, system = system)
}

// What goes wrong.

/// What went wrong, for a person.
pub(crate) fn error(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable => t!(error.unreachable).to_owned(),
        ApiError::Unexpected => t!(error.unexpected).to_owned(),
        ApiError::Problem(problem) => refusal(problem.code, &problem.detail),
    }
}

/// Why the server refused. Its own words are English: they are shown to those who read English, where they say more
/// than the code does, and to everybody where the code is not known.
pub(crate) fn refusal(code: ErrorCode, detail: &str) -> String {
    let said = match code {
        ErrorCode::InvalidCredentials => t!(error.invalid_credentials),
        ErrorCode::WrongPassword => t!(error.wrong_password),
        ErrorCode::SecondFactorRequired => t!(error.second_factor_required),
        ErrorCode::WrongCode => t!(error.wrong_code),
        ErrorCode::UsernameTaken => t!(error.username_taken),
        ErrorCode::RateLimited => t!(error.rate_limited),
        ErrorCode::Overloaded => t!(error.overloaded),
        ErrorCode::Internal => t!(error.internal),
        ErrorCode::Unauthenticated
        | ErrorCode::TokenExpired
        | ErrorCode::RefreshReused
        | ErrorCode::RefreshExpired => t!(error.session_over),
        _ if language::current() == Locale::en => return sentence(detail),
        ErrorCode::Invalid | ErrorCode::UnknownField | ErrorCode::Malformed => t!(error.invalid),
        ErrorCode::Forbidden => t!(error.forbidden),
        ErrorCode::ConsentRequired => t!(error.consent_required),
        ErrorCode::NotFriends => t!(error.not_friends),
        ErrorCode::NotFound => t!(error.not_found),
        ErrorCode::Conflict => t!(error.conflict),
        ErrorCode::TooLarge => t!(error.too_large),
        _ => return sentence(detail),
    };
    said.to_owned()
}

/// What is wrong with one field.
pub(crate) fn field_error(error: &FieldError) -> String {
    let said = match (&*error.field, &*error.code) {
        ("emoji", _) => t!(field.emoji),
        ("username", "too_short") => return plural!(limits::USERNAME_MIN, field.too_short),
        ("username", "too_long") => return plural!(limits::USERNAME_MAX, field.too_long),
        ("username", "invalid_characters") => t!(field.username_characters),
        ("password" | "new_password", "too_short") => {
            return plural!(limits::PASSWORD_MIN, field.too_short);
        }
        _ if language::current() == Locale::en => return sentence(&error.detail),
        ("password" | "new_password", "too_long") => return plural!(limits::PASSWORD_MAX, field.too_long),
        ("display_name", "too_long") => return plural!(limits::DISPLAY_NAME_MAX, field.too_long),
        ("title", "too_long") => return plural!(limits::TITLE_MAX, field.too_long),
        (_, "too_predictable") => t!(field.too_predictable),
        (_, "invalid_characters") => t!(field.characters),
        (_, "missing" | "too_short") => t!(field.missing),
        (_, "wrong_type" | "out_of_range" | "unknown" | "too_long") => t!(field.invalid),
        _ => return sentence(&error.detail),
    };
    said.to_owned()
}

/// What a password still needs, or that it is long enough.
pub(crate) fn password_length(characters: usize) -> String {
    let count = limits::PASSWORD_MIN.to_string();
    match limits::PASSWORD_MIN.saturating_sub(characters) {
        0 => t!(password_long_enough, count = &count),
        missing => t!(password_to_go, count = &count, missing = &missing.to_string()),
    }
}

/// Puts values in place of the placeholders of a text. A value's own braces are left alone.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((start, (name, value))) =
        values.iter().filter_map(|value| Some((rest.find(value.0)?, value))).min_by_key(|(start, _)| *start)
    {
        filled.push_str(&rest[..start]);
        filled.push_str(value);
        rest = &rest[start + name.len()..];
    }
    filled + rest
}

/// Server details begin in lower case where they describe a field.
fn sentence(detail: &str) -> String {
    let mut characters = detail.chars();
    let Some(first) = characters.next() else { return String::new() };
    let end = if detail.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{end}", first.to_ascii_uppercase(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::fill;
    use serde_json::Value;
    use std::collections::BTreeMap;

    const ENGLISH: &str = include_str!("../locales/en.json");
    const GERMAN: &str = include_str!("../locales/de.json");

    /// Every text by its whole key, with its placeholders in order of the alphabet.
    fn placeholders(file: &str) -> BTreeMap<String, Vec<String>> {
        fn gather(key: &str, value: &Value, all: &mut BTreeMap<String, Vec<String>>) {
            match value {
                Value::Object(parts) => {
                    for (name, part) in parts {
                        gather(&format!("{key}.{name}"), part, all);
                    }
                }
                Value::String(text) => {
                    let mut names: Vec<String> = text
                        .split('{')
                        .skip(1)
                        .map(|rest| rest.split('}').next().unwrap_or_default().to_owned())
                        .collect();
                    names.sort();
                    all.insert(key.to_owned(), names);
                }
                other => panic!("{key} is no text: {other}"),
            }
        }
        let mut all = BTreeMap::new();
        gather("", &serde_json::from_str(file).unwrap(), &mut all);
        all
    }

    #[test]
    fn both_languages_say_the_same_things_with_the_same_placeholders() {
        let english = placeholders(ENGLISH);
        assert!(english.len() > 300);
        assert_eq!(english, placeholders(GERMAN));
    }

    #[test]
    fn every_text_is_set_as_its_language_is() {
        assert!(!ENGLISH.contains("...") && !GERMAN.contains("..."), "an ellipsis is one character");
        assert_eq!(GERMAN.matches('„').count(), GERMAN.matches('“').count());
        assert!(!ENGLISH.contains('„'));
        assert!(!GERMAN.contains('”') && !GERMAN.contains('\''));
        assert!(!ENGLISH.contains('\''), "an apostrophe is ’");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        assert_eq!(fill("{a} and {b}", &[("{b}", "2"), ("{a}", "{b}")]), "{b} and 2");
        assert_eq!(fill("nothing here", &[("{a}", "1")]), "nothing here");
    }
}
