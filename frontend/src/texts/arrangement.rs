//! What is said about arranging the list, and choosing emoji, where it takes a decision.

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

/// A group of emoji, by its name in the list.
pub(crate) fn emoji_group(name: &str) -> &'static str {
    match name {
        "smileys" => t!(emoji_groups.smileys),
        "people" => t!(emoji_groups.people),
        "nature" => t!(emoji_groups.nature),
        "food" => t!(emoji_groups.food),
        "places" => t!(emoji_groups.places),
        "activities" => t!(emoji_groups.activities),
        "objects" => t!(emoji_groups.objects),
        "symbols" => t!(emoji_groups.symbols),
        _ => t!(emoji_groups.flags),
    }
}
