//! All emoji by their names. The list is a file of its own, fetched when it is first needed.

use gloo_net::http::Request;
use leptos::prelude::document;
use std::cell::OnceCell;
use wasm_bindgen::JsCast;

/// Letters after which names are completed.
const LEAST: usize = 2;

#[derive(Debug)]
pub(crate) struct Emoji {
    pub(crate) glyph: &'static str,
    codes: &'static str,
    pub(crate) name: &'static str,
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
    static ALL: OnceCell<&'static [Group]> = const { OnceCell::new() };
}

/// The list, as far as it is there.
pub(crate) fn all() -> &'static [Group] {
    ALL.with(|all| all.get().copied().unwrap_or_default())
}

/// Fetches the list, once; empty where it cannot be had.
pub(crate) async fn load() -> &'static [Group] {
    if all().is_empty()
        && let Some(text) = fetch().await
    {
        // It is there for as long as the page is.
        let groups = read(Box::leak(text.into_boxed_str()));
        let groups: &'static [Group] = Box::leak(groups.into_boxed_slice());
        ALL.with(|all| {
            all.get_or_init(|| groups);
        });
    }
    all()
}

/// Those that fit some letters, the ones whose names begin so first.
pub(crate) fn find(typed: &str) -> Vec<&'static Emoji> {
    let typed = typed.to_lowercase();
    let every = || all().iter().flat_map(|group| &group.emoji);
    let begins = |emoji: &&Emoji| emoji.codes.split(' ').any(|code| code.starts_with(&typed));
    let fits = |emoji: &&Emoji| emoji.codes.contains(&typed) || emoji.name.contains(&typed);
    every().filter(begins).chain(every().filter(|emoji| fits(emoji) && !begins(emoji))).collect()
}

/// What is typed of a name that ends where the text does: without its colon.
pub(crate) fn begun(text: &str) -> Option<&str> {
    let typed = name_after_colon(text)?;
    (typed.len() >= LEAST).then_some(typed)
}

/// A name between two colons that ends where the text does: where it begins, and what it stands for.
pub(crate) fn finished(text: &str) -> Option<(usize, &'static str)> {
    let before = text.strip_suffix(':')?;
    let code = name_after_colon(before)?;
    let mut every = all().iter().flat_map(|group| &group.emoji);
    let emoji = every.find(|emoji| emoji.has_code(code))?;
    Some((before.len() - code.len() - 1, emoji.glyph))
}

fn name_after_colon(text: &str) -> Option<&str> {
    let start = text.rfind(':')?;
    let typed = &text[start + 1..];
    let is_name = typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte));
    // A colon inside a word, as in an address, is none.
    let begins_word = text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
    (is_name && begins_word).then_some(typed)
}

async fn fetch() -> Option<String> {
    let place = document().query_selector("meta[name=emoji]").ok()??;
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
            group.emoji.push(Emoji { glyph, codes, name });
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
        ] {
            assert_eq!(begun(text), typed, "{text}");
        }
    }

    #[test]
    fn the_list_is_read_by_its_groups() {
        let groups = read(
            "\t😀\tsmileys\n😀\tgrinning\tgrinning face\n\t🌙\tplaces\n🌙\tcrescent_moon moon\tcrescent moon\n",
        );
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[1].name, groups[1].glyph), ("places", "🌙"));
        assert_eq!(groups[1].emoji[0].code(), "crescent_moon");
        assert!(groups[1].emoji[0].has_code("moon") && !groups[1].emoji[0].has_code("mo"));
    }
}
