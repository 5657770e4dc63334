//! Message bodies: text as text, and addresses in it as links. Nothing that a person wrote is ever read as HTML.

use leptos::prelude::*;

/// What may be followed.
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// The body, in nodes.
pub(crate) fn rich_text(body: &str) -> Vec<AnyView> {
    let pieces = pieces(body).into_iter();
    pieces
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned().into_any(),
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
fn next_link(body: &str, from: usize) -> Option<(usize, usize)> {
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
    use super::Piece::{Link, Text};
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
                    Text(text) | Link(text) => *text,
                })
                .collect();
            assert_eq!(joined, body);
        }
    }
}
