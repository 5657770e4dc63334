//! The list of emoji that the client offers, from the same crate by which the server knows one when it sees it.

use emojis::{Emoji, Group};

/// A line for each emoji: itself, its names for typing, and its name, with tabs between them. A line that begins with a tab
/// begins a group. Skin tones are left out, and so is what is too new for the fonts that people have.
pub(crate) fn list() -> String {
    let mut list = Vec::new();
    for group in Group::iter() {
        let known: Vec<&Emoji> = group.emojis().filter(|emoji| is_widespread(emoji)).collect();
        let Some(first) = known.first() else { continue };
        list.push(format!("\t{}\t{}\n", first.as_str(), group_name(group)));
        for emoji in known {
            let codes = emoji.shortcodes().collect::<Vec<_>>().join(" ");
            list.push(format!("{}\t{codes}\t{}\n", emoji.as_str(), emoji.name()));
        }
    }
    list.concat()
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
    use super::list;

    #[test]
    fn every_emoji_has_its_line() {
        let list = list();
        assert!(list.lines().any(|line| line == "🌙\tcrescent_moon\tcrescent moon"), "{list:.400}");
        assert!(list.lines().all(|line| line.split('\t').count() == 3));
        assert_eq!(list.lines().filter(|line| line.starts_with('\t')).count(), 9);
        assert!((1_500..2_500).contains(&list.lines().count()));
    }
}
