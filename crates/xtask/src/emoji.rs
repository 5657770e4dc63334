//! The lists of emoji that the client offers, from the same crate by which the server knows one when it sees it.

use std::collections::HashMap;

use emojis::{Emoji, Group};

/// What emoji are called in one language, and what else people look for them by.
pub(crate) struct Names<'a>(HashMap<String, (&'a str, &'a str)>);

impl<'a> Names<'a> {
    /// From a file of `frontend/emoji`.
    pub(crate) fn read(text: &'a str) -> Self {
        let line = |line: &'a str| {
            let mut parts = line.split('\t');
            Some((plain(parts.next()?), (parts.next()?, parts.next()?)))
        };
        Self(text.lines().filter_map(line).collect())
    }
}

/// A line for each emoji: itself, its names for typing, its name, and words to find it by, with tabs between them. A line that
/// begins with a tab begins a group. Skin tones are left out, and so is what is too new for the fonts that people have.
///
/// With `names` it is called by those, and can still be typed by its English ones.
pub(crate) fn list(names: Option<&Names>) -> String {
    let mut list = Vec::new();
    for group in Group::iter() {
        let known: Vec<&Emoji> = group.emojis().filter(|emoji| is_widespread(emoji)).collect();
        let Some(first) = known.first() else { continue };
        list.push(format!("\t{}\t{}\n", first.as_str(), group_name(group)));
        for emoji in known {
            let glyph = emoji.as_str();
            let codes = emoji.shortcodes().collect::<Vec<_>>().join(" ");
            list.push(match names.and_then(|names| names.0.get(&plain(glyph))) {
                Some((name, words)) => {
                    let words = words.split(',').map(as_code).collect::<Vec<_>>().join(" ");
                    format!("{glyph}\t{} {codes}\t{name}\t{words}\n", as_code(name))
                }
                None => format!("{glyph}\t{codes}\t{}\t\n", emoji.name()),
            });
        }
    }
    list.concat()
}

/// Without the mark that asks for colours, which not everybody writes in the same places.
fn plain(glyph: &str) -> String {
    glyph.replace('\u{fe0f}', "")
}

/// As names are written between colons.
fn as_code(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

fn is_widespread(emoji: &Emoji) -> bool {
    let version = emoji.unicode_version();
    (version.major(), version.minor()) <= (15, 0)
}

fn group_name(group: Group) -> &'static str {
    match group {
        Group::SmileysAndEmotion => "smileys",
        Group::PeopleAndBody => "people",
        Group::AnimalsAndNature => "nature",
        Group::FoodAndDrink => "food",
        Group::TravelAndPlaces => "places",
        Group::Activities => "activities",
        Group::Objects => "objects",
        Group::Symbols => "symbols",
        Group::Flags => "flags",
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, list};

    #[test]
    fn every_emoji_has_its_line() {
        let list = list(None);
        assert!(list.lines().any(|line| line == "🌙\tcrescent_moon\tcrescent moon\t"), "{list:.400}");
        let emoji = || list.lines().filter(|line| !line.starts_with('\t'));
        assert!(emoji().all(|line| line.split('\t').count() == 4));
        assert_eq!(list.lines().count() - emoji().count(), 9);
        assert!((1_500..2_500).contains(&list.lines().count()));
    }

    #[test]
    fn another_language_has_its_own_names_and_can_be_typed_in_english() {
        let names = include_str!("../../../frontend/emoji/de.txt");
        let (list, english) = (list(Some(&Names::read(names))), list(None));
        let line = |glyph| list.lines().find(|line| line.starts_with(glyph));
        assert_eq!(line("🌙"), Some("🌙\tmondsichel crescent_moon\tMondsichel\tnacht"));
        assert_eq!(list.lines().count(), english.lines().count());
        let called_the_same =
            list.lines().zip(english.lines()).filter(|(a, b)| a == b && !a.starts_with('\t'));
        assert_eq!(called_the_same.map(|(line, _)| line).collect::<Vec<_>>(), [""; 0]);
    }
}
