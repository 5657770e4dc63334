//! Mentions: `@` and a username, in a group's messages. The server never looks into a body, so that finding them is up to
//! the client; the ids of who is meant go beside the body.

use umbrachat_protocol::limits;

/// How somebody is called in a message, and whether that is oneself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) username: String,
    pub(crate) me: bool,
}

/// The byte at which the first `@username` begins.
pub(crate) fn position(text: &str, username: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find('@')?;
        let name = start + 1;
        let end = name + username.len();
        let is_same = text.get(name..end).is_some_and(|named| named.eq_ignore_ascii_case(username));
        if is_same && begins_word(text, start) && ends_name(&text[end..]) {
            return Some(start);
        }
        from = name;
    }
}

/// What is typed of a mention that ends where the text does: without its `@`.
pub(crate) fn begun(text: &str) -> Option<&str> {
    let start = text.rfind('@')?;
    let typed = &text[start + 1..];
    let is_name = typed.len() <= limits::DISPLAY_NAME_MAX * 4 && !typed.contains(char::is_whitespace);
    (is_name && begins_word(text, start)).then_some(typed)
}

/// Whether what was typed begins this username, or a word of this name.
pub(crate) fn fits(typed: &str, username: &str, display_name: &str) -> bool {
    let (typed, name) = (typed.to_lowercase(), display_name.to_lowercase());
    username.starts_with(&typed) || name.split_whitespace().any(|word| word.starts_with(&typed))
}

/// An address such as `ana@example.org` mentions nobody.
fn begins_word(text: &str, start: usize) -> bool {
    !text[..start]
        .chars()
        .next_back()
        .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
}

/// A full stop ends a sentence, unless a name goes on behind it.
fn ends_name(rest: &str) -> bool {
    let mut rest = rest.chars().skip_while(|c| matches!(c, '.' | '-'));
    !rest.next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_a_whole_name() {
        for (text, at) in [
            ("@ana", Some(0)),
            ("hello @Ana.", Some(6)),
            ("(@ana)", Some(1)),
            ("@ana-luz and @ana", Some(13)),
            ("@ana, @bo", Some(0)),
            ("星@ana", Some(3)),
            ("mail x@ana", None),
            ("@anabel", None),
            ("@ana.luz", None),
            ("@ana_", None),
            ("@", None),
            ("", None),
        ] {
            assert_eq!(position(text, "ana"), at, "{text}");
        }
    }

    #[test]
    fn a_mention_begins_with_a_word() {
        for (text, typed) in [
            ("@", Some("")),
            ("hello @a", Some("a")),
            ("@ana, @星", Some("星")),
            ("mail ana@example", None),
            ("@ana ", None),
            ("hello", None),
        ] {
            assert_eq!(begun(text), typed, "{text}");
        }
    }

    #[test]
    fn people_are_found_by_either_name() {
        for typed in ["", "le", "LENE", "gra"] {
            assert!(fits(typed, "lene-7", "Grandma Lene"), "{typed}");
        }
        assert!(!fits("ma", "lene-7", "Grandma Lene"));
    }
}
