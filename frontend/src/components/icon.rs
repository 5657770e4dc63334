//! The few pictures, drawn with the pen of the text's colour.

use leptos::prelude::*;

pub(crate) const CHATS: &str = "M4 5.5h16v11H11l-4.5 3.5v-3.5H4z";
pub(crate) const FRIENDS: &str = "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c.4-3.6 2.7-6 6-6s5.6 2.4 6 6M15.5 4.3a3.5 3.5 0 0 1 0 6.5M17.5 14.3c2 .8 3.2 2.9 3.5 5.7";
pub(crate) const SETTINGS: &str = "M4 7h9m5 0h2M4 17h2m5 0h9M15.5 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Zm-7 10a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z";
pub(crate) const BACK: &str = "M15 5l-7 7 7 7";
pub(crate) const DOWN: &str = "M5 9l7 7 7-7";
pub(crate) const SEND: &str = "M12 19.5V5M5.5 11 12 4.5l6.5 6.5";
pub(crate) const MORE: &str = "M5 12h.01M12 12h.01M19 12h.01";
pub(crate) const FIND: &str = "M10.5 4.5a6 6 0 1 1 0 12 6 6 0 0 1 0-12Zm4.5 10.5 5 5";
pub(crate) const PLUS: &str = "M12 5v14M5 12h14";

pub(crate) const PIN: &str = "M9 4h6l-1 6 3.5 3.5h-11L10 10zM12 13.5V20";
pub(crate) const SMILE: &str = "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM8.5 14c1 1.3 2.1 2 3.5 2s2.5-.7 3.5-2M9 9.5h.01M15 9.5h.01";
pub(crate) const MUTED: &str =
    "M6.5 16.5c1.2-1.2 1.5-3 1.5-6a4 4 0 0 1 7-2.6M16 11c.1 3.5.6 4.5 1.5 5.5h-9M10.5 19.5h3M4.5 4.5l15 15";

/// A picture that only repeats what words beside it say.
pub(crate) fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
}

/// The mark: the last light of an eclipse, and a star.
pub(crate) fn mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M23.9 8.1A11.2 11.2 0 1 1 8.1 8.1 9.6 9.6 0 1 0 23.9 8.1Z"></path>
            <circle cx="16" cy="7.4" r="1.35"></circle>
        </svg>
    }
}
