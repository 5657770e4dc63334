//! All emoji by their names. Each language's list is a file of its own, fetched when it is first needed.

use crate::language;
use crate::texts::Locale;
use gloo_net::http::Request;
use leptos::prelude::document;
use std::cell::Cell;
use wasm_bindgen::JsCast;

/// Letters after which names are completed.
const LEAST: usize = 2;

#[derive(Debug)]
pub(crate) struct Emoji {
    pub(crate) glyph: &'static str,
    codes: &'static str,
    pub(crate) name: &'static str,
    /// What else people look for it by.
    words: &'static str,
}

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    /// One that stands for all.
    pub(crate) glyph: &'static str,
    pub(crate) emoji: Vec<Emoji>,
}

impl Emoji {
    /// What is typed between colons.
    pub(crate) fn code(&self) -> &'static str {
        self.codes.split(' ').next().unwrap_or_default()
    }

    fn has_code(&self, code: &str) -> bool {
        self.codes.split(' ').any(|known| known == code)
    }
}

thread_local! {
    static ALL: Cell<Option<(Locale, &'static [Group])>> = const { Cell::new(None) };
}

/// The list in the current language, as far as it is there.
pub(crate) fn all() -> &'static [Group] {
    ALL.get().filter(|(language, _)| *language == language::current()).map_or(&[], |(_, all)| all)
}

/// Fetches the list, once; empty where it cannot be had.
pub(crate) async fn load() -> &'static [Group] {
    let language = language::current();
    if all().is_empty()
        && let Some(text) = fetch(language).await
    {
        // It is there for as long as the page is.
        let groups = read(Box::leak(text.into_boxed_str()));
        ALL.set(Some((language, Box::leak(groups.into_boxed_slice()))));
    }
    all()
}

/// Those that fit some letters: the ones whose names begin so first, and then those that a word leads to which does.
pub(crate) fn find(typed: &str) -> Vec<&'static Emoji> {
    let typed = typed.to_lowercase();
    let every = || all().iter().flat_map(|group| &group.emoji);
    let begin = |words: &str| words.split(' ').any(|word| word.starts_with(&typed));
    let rank = |emoji: &&Emoji| match emoji {
        _ if begin(emoji.codes) => 0,
        _ if begin(emoji.words) => 1,
        _ if [emoji.codes, emoji.name, emoji.words].iter().any(|words| words.contains(&typed)) => 2,
        _ => 3,
    };
    let mut found: Vec<_> =
        every().map(|emoji| (rank(&emoji), emoji)).filter(|(rank, _)| *rank < 3).collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, emoji)| emoji).collect()
}

/// What is typed of a name that ends where the text does: without its colon.
pub(crate) fn begun(text: &str) -> Option<&str> {
    let typed = name_after_colon(text)?;
    (typed.chars().count() >= LEAST).then_some(typed)
}

/// A name between two colons that ends where the text does: where it begins, and what it stands for.
pub(crate) fn finished(text: &str) -> Option<(usize, &'static str)> {
    let before = text.strip_suffix(':')?;
    let typed = name_after_colon(before)?;
    let code = typed.to_lowercase();
    let mut every = all().iter().flat_map(|group| &group.emoji);
    let emoji = every.find(|emoji| emoji.has_code(&code))?;
    Some((before.len() - typed.len() - 1, emoji.glyph))
}

fn name_after_colon(text: &str) -> Option<&str> {
    let start = text.rfind(':')?;
    let typed = &text[start + 1..];
    let is_name = typed.chars().all(|c| c.is_alphanumeric() || "_+-".contains(c));
    // A colon inside a word, as in an address, is none.
    let begins_word = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    (is_name && begins_word).then_some(typed)
}

async fn fetch(language: Locale) -> Option<String> {
    let place = format!("meta[name=emoji-{}]", language::code(language));
    let place = document().query_selector(&place).ok()??;
    let url = place.dyn_into::<web_sys::HtmlMetaElement>().ok()?.content();
    let answer = Request::get(&url).send().await.ok()?;
    if answer.ok() { answer.text().await.ok() } else { None }
}

fn read(text: &'static str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines() {
        let mut parts = line.split('\t');
        let (Some(glyph), Some(codes), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        if glyph.is_empty() {
            groups.push(Group { name, glyph: codes, emoji: Vec::new() });
        } else if let Some(group) = groups.last_mut() {
            let words = parts.next().unwrap_or_default();
            group.emoji.push(Emoji { glyph, codes, name, words });
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_begins_with_a_colon_of_its_own() {
        for (text, typed) in [
            (":mo", Some("mo")),
            ("good night :moon", Some("moon")),
            ("(:+1", Some("+1")),
            (":m", None),
            ("at 10:30", None),
            ("https://x", None),
            (":two words", None),
            (":mö", Some("mö")),
        ] {
            assert_eq!(begun(text), typed, "{text}");
        }
    }

    #[test]
    fn the_list_is_read_by_its_groups() {
        let groups = read(
            "\t😀\tsmileys\n😀\tgrinning\tgrinning face\t\n\t🌙\tplaces\n🌙\tcrescent_moon moon\tcrescent moon\tnight\n",
        );
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[1].name, groups[1].glyph), ("places", "🌙"));
        assert_eq!(groups[1].emoji[0].code(), "crescent_moon");
        assert!(groups[1].emoji[0].has_code("moon") && !groups[1].emoji[0].has_code("mo"));
    }
}
