//! What this device keeps between visits, in local storage: unsent messages, drafts, the theme, the language.
//!
//! What belongs to a person carries their id in its key, one entry for each message, so that two tabs never overwrite
//! each other's; signing out wipes it. Storage may be full or forbidden: then nothing is kept, and all else works.

use leptos::prelude::window;
use umbrachat_client_core::Outgoing;
use umbrachat_protocol::{ClientId, ConversationId, Theme, UserId};
use web_sys::Storage;

const THEME: &str = "umbrachat.theme";
const ENTER_BREAKS: &str = "umbrachat.enter-breaks";
const LANGUAGE: &str = "umbrachat.language";
const CONTRAST: &str = "umbrachat.contrast";
const DETAILS: &str = "umbrachat.details";
const SILENT: &str = "umbrachat.silent";
/// Two lines of the picker.
const RECENT_EMOJI: usize = 16;

const NO_NOTICES: &str = "umbrachat.no-notices";
const NO_SOUND: &str = "umbrachat.no-sound";
const VISITED: &str = "umbrachat.signed-in";
/// Stands there for a moment when somebody signs out,
const LEFT: &str = "left";
/// and this from then on.
const NOBODY: &str = "nobody";
/// Whose session the server has not been told the end of.
const FAREWELL: &str = "umbrachat.farewell";

/// The theme that was chosen on this device.
pub(crate) fn theme() -> Option<Theme> {
    match get(THEME)?.as_str() {
        "night" => Some(Theme::Night),
        "dawn" => Some(Theme::Dawn),
        "system" => Some(Theme::System),
        _ => None,
    }
}

/// `name` is the theme's name on the wire, which the page's style sheet and `theme.js` also know.
pub(crate) fn keep_theme(name: &str) {
    set(THEME, name);
}

/// The code of the language that was chosen on this device.
pub(crate) fn language() -> Option<String> {
    get(LANGUAGE)
}

pub(crate) fn keep_language(code: Option<&str>) {
    match code {
        Some(code) => set(LANGUAGE, code),
        None => remove(LANGUAGE),
    }
}

/// Whether Enter begins a new line, on this device.
pub(crate) fn enter_breaks() -> bool {
    get(ENTER_BREAKS).is_some()
}

pub(crate) fn keep_enter_breaks(breaks: bool) {
    keep(ENTER_BREAKS, breaks);
}

/// Whether high contrast was chosen on this device. `theme.js` also knows where this is kept.
pub(crate) fn high_contrast() -> bool {
    get(CONTRAST).is_some()
}

pub(crate) fn keep_high_contrast(high: bool) {
    keep(CONTRAST, high);
}

/// Whether screen readers are told of new messages, which they are unless it was chosen otherwise.
pub(crate) fn announces() -> bool {
    get(SILENT).is_none()
}

pub(crate) fn keep_announces(announces: bool) {
    keep(SILENT, !announces);
}

/// Whether a conversation's details stand beside it, where there is room.
pub(crate) fn details_beside() -> bool {
    get(DETAILS).is_some()
}

pub(crate) fn keep_details_beside(beside: bool) {
    keep(DETAILS, beside);
}

/// Whether notifications are shown on this device, where the browser allows it.
pub(crate) fn shows_notices() -> bool {
    get(NO_NOTICES).is_none()
}

pub(crate) fn keep_shows_notices(shows: bool) {
    keep(NO_NOTICES, !shows);
}

/// Whether something that arrives is heard on this device.
pub(crate) fn plays_sound() -> bool {
    get(NO_SOUND).is_none()
}

pub(crate) fn keep_plays_sound(plays: bool) {
    keep(NO_SOUND, !plays);
}

/// Whether somebody was signed in when this device was last used. Only a hint for what to show while that is found out.
pub(crate) fn was_signed_in() -> bool {
    get(VISITED).is_some_and(|known| known != NOBODY)
}

/// Whether the last one on this device signed out, so that there is nobody to ask the server for. Not known where nobody ever
/// came, or where the browser has cleared what was kept: some do so after a week without a visit, and keep the session.
pub(crate) fn has_nobody() -> bool {
    get(VISITED).is_some_and(|known| known == NOBODY)
}

/// Who that was.
pub(crate) fn last_person() -> Option<UserId> {
    get(VISITED)?.parse().ok()
}

/// Other tabs hear of it: [`Device::change_elsewhere`].
pub(crate) fn keep_signed_in(person: UserId) {
    set(VISITED, &person.to_string());
}

/// The session is over, for everybody who looks.
pub(crate) fn keep_signed_out() {
    set(VISITED, NOBODY);
}

/// Nobody was signed in after all.
pub(crate) fn forget_signed_in() {
    remove(VISITED);
}

/// Who has signed out here without the server's knowing.
pub(crate) fn farewell() -> Option<UserId> {
    get(FAREWELL)?.parse().ok()
}

pub(crate) fn keep_farewell(person: Option<UserId>) {
    match person {
        Some(person) => set(FAREWELL, &person.to_string()),
        None => remove(FAREWELL),
    }
}

/// Tells other tabs that the person signed out, and wants nothing of theirs to stay.
pub(crate) fn say_left() {
    set(VISITED, LEFT);
}

/// What another tab of this browser has changed in what is kept.
pub(crate) enum Elsewhere {
    /// Another person signed in, or the same once more.
    Person,
    /// The person signed out.
    Left,
    /// The server ended the session.
    Ended,
    /// An unsent message is new, was refused, or is tried again.
    Unsent(Box<Outgoing>),
    /// It was sent or discarded.
    Done(ClientId),
}

/// What is kept for one person.
#[derive(Clone, Copy)]
pub(crate) struct Device {
    person: UserId,
}

impl Device {
    pub(crate) fn of(person: UserId) -> Self {
        Self { person }
    }

    /// All unsent messages, in any order.
    pub(crate) fn outgoing(self) -> Vec<Outgoing> {
        let entries = keys_with(&self.key("unsent", ""));
        entries.iter().filter_map(|key| serde_json::from_str(&get(key)?).ok()).collect()
    }

    pub(crate) fn keep_outgoing(self, outgoing: &Outgoing) {
        if let Ok(text) = serde_json::to_string(outgoing) {
            set(&self.key("unsent", &outgoing.client_id.to_string()), &text);
        }
    }

    pub(crate) fn forget_outgoing(self, id: ClientId) {
        remove(&self.key("unsent", &id.to_string()));
    }

    /// What was typed in a conversation and not yet sent.
    pub(crate) fn draft(self, id: ConversationId) -> String {
        get(&self.key("draft", &id.to_string())).unwrap_or_default()
    }

    pub(crate) fn keep_draft(self, id: ConversationId, text: &str) {
        let key = self.key("draft", &id.to_string());
        if text.is_empty() {
            remove(&key);
        } else {
            set(&key, text);
        }
    }

    /// The emoji that were used last, the newest first.
    pub(crate) fn recent_emoji(self) -> Vec<String> {
        let kept = get(&self.key("emoji", "")).unwrap_or_default();
        kept.split(' ').filter(|emoji| !emoji.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn keep_recent_emoji(self, emoji: &str) {
        let mut recent = self.recent_emoji();
        recent.retain(|known| known != emoji);
        recent.insert(0, emoji.to_owned());
        recent.truncate(RECENT_EMOJI);
        set(&self.key("emoji", ""), &recent.join(" "));
    }

    /// What a change of the storage that another tab has made means here.
    pub(crate) fn change_elsewhere(self, key: &str, value: Option<String>) -> Option<Elsewhere> {
        if key == VISITED {
            // This page may hear of it late: then what holds now is what counts.
            return match (value.as_deref(), last_person()) {
                (Some(LEFT), None) => Some(Elsewhere::Left),
                (None | Some(NOBODY), None) => Some(Elsewhere::Ended),
                (Some(id), Some(person)) if id != LEFT && person == self.person => None,
                (Some(_), None) => None,
                (_, Some(_)) => Some(Elsewhere::Person),
            };
        }
        let id = key.strip_prefix(&self.key("unsent", ""))?.parse().ok()?;
        match value {
            Some(text) => Some(Elsewhere::Unsent(serde_json::from_str(&text).ok()?)),
            None => Some(Elsewhere::Done(id)),
        }
    }

    pub(crate) fn person(self) -> UserId {
        self.person
    }

    /// Forgets everything that is kept for this person.
    pub(crate) fn wipe(self) {
        for key in keys_with(&format!("umbrachat.{}.", self.person)) {
            remove(&key);
        }
    }

    fn key(self, kind: &str, name: &str) -> String {
        format!("umbrachat.{}.{kind}.{name}", self.person)
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn get(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

fn set(key: &str, value: &str) {
    // A full storage refuses: what could not be kept is still in memory.
    let _ = storage().map(|storage| storage.set_item(key, value));
}

fn keep(key: &str, is: bool) {
    if is {
        set(key, "yes");
    } else {
        remove(key);
    }
}

fn remove(key: &str) {
    // Removing from a storage that is not there is done already.
    let _ = storage().map(|storage| storage.remove_item(key));
}

fn keys_with(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let count = storage.length().unwrap_or_default();
    let keys = (0..count).filter_map(|index| storage.key(index).ok().flatten());
    keys.filter(|key| key.starts_with(prefix)).collect()
}
