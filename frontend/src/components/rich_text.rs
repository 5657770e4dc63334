//! Message bodies: text as text, addresses in it as links, and who is mentioned standing out. Nothing that a person wrote is ever read as HTML.

use crate::mentions::{self, Mention};
use leptos::prelude::*;

/// What may be followed.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// The body, in nodes.
pub(crate) fn rich_text(body: &str, mentions: &[Mention]) -> Vec<AnyView> {
    let pieces = pieces(body).into_iter().flat_map(|piece| match piece {
        Piece::Text(text) => with_mentions(text, mentions),
        other => vec![other],
    });
    pieces
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned().into_any(),
            Piece::Mention(text, me) => {
                let class = if me { "mention self" } else { "mention" };
                view! { <span class=class>{text.to_owned()}</span> }.into_any()
            }
            Piece::Link(address) => view! {
                <a href=address.to_owned() target="_blank" rel="noopener noreferrer">
                    {address.to_owned()}
                </a>
            }
            .into_any(),
        })
        .collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Link(&'a str),
    /// Somebody's name with its sign, and whether that is oneself.
    Mention(&'a str, bool),
}

/// Cuts a text around the names in it.
fn with_mentions<'a>(mut text: &'a str, mentions: &[Mention]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let next = |text: &str| {
        let found = mentions.iter().filter_map(|it| Some((mentions::position(text, &it.username)?, it)));
        found.min_by_key(|(start, _)| *start)
    };
    while let Some((start, mention)) = next(text) {
        if start > 0 {
            pieces.push(Piece::Text(&text[..start]));
        }
        let end = start + 1 + mention.username.len();
        pieces.push(Piece::Mention(&text[start..end], mention.me));
        text = &text[end..];
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

fn pieces(body: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut text_from = 0;
    let mut at = 0;
    while let Some((start, length)) = next_link(body, at) {
        if text_from < start {
            pieces.push(Piece::Text(&body[text_from..start]));
        }
        pieces.push(Piece::Link(&body[start..start + length]));
        at = start + length;
        text_from = at;
    }
    if text_from < body.len() {
        pieces.push(Piece::Text(&body[text_from..]));
    }
    pieces
}

/// Where the next address begins, and how long it is.
pub(crate) fn next_link(body: &str, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + SCHEMES.iter().filter_map(|scheme| find(&body[at..], scheme)).min()?;
        let begins_word =
            body[..start].chars().next_back().is_none_or(|c| c.is_ascii() && !c.is_ascii_alphanumeric());
        let rest = &body[start..];
        let scheme = SCHEMES.iter().find(|scheme| find(rest, scheme) == Some(0))?.len();
        let length = address_length(rest);
        if begins_word && length > scheme {
            return Some((start, length));
        }
        at = start + scheme;
    }
}

/// Without regard to case: addresses may begin a sentence.
fn find(text: &str, scheme: &str) -> Option<usize> {
    text.as_bytes().windows(scheme.len()).position(|window| window.eq_ignore_ascii_case(scheme.as_bytes()))
}

/// Up to white space; punctuation that ends the sentence around it is not part of an address, nor is a closing bracket
/// that was not opened inside.
fn address_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`'));
    let mut address = &text[..end.unwrap_or(text.len())];
    loop {
        let trimmed =
            address.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '’', '”', '»', '…', '*', '_']);
        let unopened = |open, close| {
            trimmed.ends_with(close) && trimmed.matches(close).count() > trimmed.matches(open).count()
        };
        let trimmed = if unopened('(', ')') || unopened('[', ']') || unopened('{', '}') {
            &trimmed[..trimmed.len() - 1]
        } else {
            trimmed
        };
        if trimmed.len() == address.len() {
            return address.len();
        }
        address = trimmed;
    }
}

#[cfg(test)]
mod tests {
    use super::Piece::{Link, Mention as Name, Text};
    use super::*;

    #[test]
    fn addresses_become_links_and_all_else_stays_text() {
        assert_eq!(pieces("hello"), [Text("hello")]);
        assert_eq!(
            pieces("see https://example.org/a_(b)?c=d#e, and mailto:ana@example.org!"),
            [
                Text("see "),
                Link("https://example.org/a_(b)?c=d#e"),
                Text(", and "),
                Link("mailto:ana@example.org"),
                Text("!"),
            ]
        );
        assert_eq!(pieces("(HTTP://x.org)"), [Text("("), Link("HTTP://x.org"), Text(")")]);
        assert_eq!(pieces("星https://例え.jp/道 ok"), [Text("星https://例え.jp/道 ok")]);
        assert_eq!(pieces("-https://例え.jp/道 ok"), [Text("-"), Link("https://例え.jp/道"), Text(" ok")]);
    }

    #[test]
    fn other_schemes_and_markup_are_no_links() {
        for body in [
            "javascript:alert(1)",
            "data:text/html,<b>x</b>",
            "xhttps://a.b",
            "http://",
            "mailto:",
            "<img src=x onerror=alert(1)>",
            "",
        ] {
            assert!(pieces(body).iter().all(|piece| matches!(piece, Text(_))), "{body}");
        }
        assert_eq!(pieces("http:// https://a.b"), [Text("http:// "), Link("https://a.b")]);
        assert_eq!(
            pieces("https://a.b\"onclick=x"),
            [Link("https://a.b"), Text("\"onclick=x")],
            "quotes end an address"
        );
    }

    #[test]
    fn whoever_is_mentioned_stands_out() {
        let mention = |username: &str, me| Mention { username: username.to_owned(), me };
        let mentions = [mention("bo", false), mention("ana", true)];
        assert_eq!(
            with_mentions("@ana, ask @Bo. Or @ana", &mentions),
            [Name("@ana", true), Text(", ask "), Name("@Bo", false), Text(". Or "), Name("@ana", true)]
        );
        assert_eq!(with_mentions("@eve and bo", &mentions), [Text("@eve and bo")]);
        assert!(with_mentions("", &mentions).is_empty());
    }

    #[test]
    fn nothing_is_lost() {
        for body in [
            "a https://b.c, d",
            "https://b.c",
            "((https://b.c))",
            "mailto:a@b.c mailto:d@e.f",
            "🌙 http://x 🌙",
        ] {
            let joined: String = pieces(body)
                .iter()
                .map(|piece| match piece {
                    Text(text) | Link(text) | Name(text, _) => *text,
                })
                .collect();
            assert_eq!(joined, body);
        }
    }
}
