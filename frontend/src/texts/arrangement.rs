//! What is said about arranging the list, where it takes a decision.

use super::t;

pub(crate) fn arrange(name: &str) -> String {
    t!(arrange_one, name = name)
}

/// The keys of the list, and what they do with the conversation that has the focus.
pub(crate) fn list_keys() -> [(String, &'static str); 3] {
    [
        ("P".to_owned(), t!(list_keys.pin)),
        ("E".to_owned(), t!(list_keys.archive)),
        ("M".to_owned(), t!(list_keys.mute)),
    ]
}
