//! The small markup of messages: **bold**, _italic_, `code`, quotes, lists and blocks of code. It becomes elements, and
//! never HTML; what is no complete markup stays as it was typed.

use crate::components::rich_text::{next_link, rich_text};
use crate::mentions::Mention;
use leptos::prelude::*;

/// A message's body. Without markup it is one paragraph, as it was typed.
pub(crate) fn message_text(body: &str, mentions: &[Mention]) -> AnyView {
    if is_emoji_only(body) {
        return view! { <p class="body emoji-only">{body.to_owned()}</p> }.into_any();
    }
    blocks(body).into_iter().map(|block| view_of_block(&block, mentions)).collect::<Vec<_>>().into_any()
}

#[derive(Debug, PartialEq, Eq)]
enum Block {
    Text(String),
    Code(String),
    Quote(String),
    List { ordered: bool, items: Vec<String> },
}

fn view_of_block(block: &Block, mentions: &[Mention]) -> AnyView {
    match block {
        Block::Text(text) => view! { <p class="body" dir="auto">{inline(text, mentions)}</p> }.into_any(),
        Block::Code(code) => {
            view! { <pre class="code" dir="ltr" tabindex="0"><code>{code.clone()}</code></pre> }.into_any()
        }
        Block::Quote(text) => {
            view! { <blockquote dir="auto">{inline(text, mentions)}</blockquote> }.into_any()
        }
        Block::List { ordered, items } => {
            let items: Vec<_> =
                items.iter().map(|item| view! { <li dir="auto">{inline(item, mentions)}</li> }).collect();
            if *ordered {
                view! { <ol>{items}</ol> }.into_any()
            } else {
                view! { <ul>{items}</ul> }.into_any()
            }
        }
    }
}

fn inline(text: &str, mentions: &[Mention]) -> Vec<AnyView> {
    spans(text).into_iter().map(|span| view_of_span(&span, mentions)).collect()
}

fn view_of_span(span: &Span<'_>, mentions: &[Mention]) -> AnyView {
    match span {
        Span::Plain(text) => rich_text(text, mentions).into_any(),
        Span::Code(code) => view! { <code>{(*code).to_owned()}</code> }.into_any(),
        Span::Bold(text) => view! { <strong>{inline(text, mentions)}</strong> }.into_any(),
        Span::Italic(text) => view! { <em>{inline(text, mentions)}</em> }.into_any(),
    }
}

/// The same without the marks, for a line that only hints at it.
pub(crate) fn plain(text: &str) -> String {
    let without = |span| match span {
        Span::Plain(text) | Span::Code(text) => text.to_owned(),
        Span::Bold(text) | Span::Italic(text) => plain(text),
    };
    spans(text).into_iter().map(without).collect()
}

fn blocks(body: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = body.split('\n').enumerate();
    let all: Vec<&str> = body.split('\n').collect();
    while let Some((index, line)) = lines.next() {
        let fence_ends = || all[index + 1..].iter().position(|line| line.trim() == "```");
        if line.starts_with("```")
            && let Some(length) = fence_ends()
        {
            blocks.push(Block::Code(all[index + 1..=index + length].join("\n")));
            lines.nth(length);
        } else if let Some(quoted) = line.strip_prefix("> ").or_else(|| (line == ">").then_some("")) {
            match blocks.last_mut() {
                Some(Block::Quote(text)) => {
                    text.push('\n');
                    text.push_str(quoted);
                }
                _ => blocks.push(Block::Quote(quoted.to_owned())),
            }
        } else if !add_item(&mut blocks, line) {
            match blocks.last_mut() {
                Some(Block::Text(text)) => {
                    text.push('\n');
                    text.push_str(line);
                }
                _ => blocks.push(Block::Text(line.to_owned())),
            }
        }
    }
    if blocks.len() > 1 {
        // The lines left free around a quote or a list are in its margins.
        for block in &mut blocks {
            if let Block::Text(text) = block {
                *text = text.trim_matches('\n').to_owned();
            }
        }
        blocks.retain(|block| !matches!(block, Block::Text(text) if text.trim().is_empty()));
    }
    blocks
}

/// Adds the line to the list that it goes on with, or begins one; whether it is an item at all.
fn add_item(blocks: &mut Vec<Block>, line: &str) -> bool {
    let Some((number, item)) = list_item(line) else { return false };
    let is_ordered = number.is_some();
    match blocks.last_mut() {
        Some(Block::List { ordered, items })
            if *ordered == is_ordered && number.is_none_or(|number| number == items.len() + 1) =>
        {
            items.push(item.to_owned());
        }
        // Only what begins at one, and counts on from there: "24. December" is a date.
        _ if number.is_none_or(|number| number == 1) => {
            blocks.push(Block::List { ordered: is_ordered, items: vec![item.to_owned()] });
        }
        _ => return false,
    }
    true
}

/// The number of an item, where it has one, and what it says.
fn list_item(line: &str) -> Option<(Option<usize>, &str)> {
    let (number, item) = if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        (None, item)
    } else {
        let (number, item) = line.split_once(". ")?;
        let is_number = number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
        (Some(number.parse().ok().filter(|_| is_number)?), item)
    };
    (!item.trim().is_empty()).then_some((number, item))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span<'a> {
    Plain(&'a str),
    Code(&'a str),
    Bold(&'a str),
    Italic(&'a str),
}

/// The marks, of which a longer one comes before the shorter that it begins with.
const MARKS: [&str; 4] = ["`", "**", "*", "_"];

fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    let mut link = next_link(text, 0);
    while at < text.len() {
        // Marks inside an address belong to it.
        if let Some((start, length)) = link
            && start <= at
        {
            at = at.max(start + length);
            link = next_link(text, at);
            continue;
        }
        if let Some((length, span)) = span_at(text, at) {
            if plain_from < at {
                spans.push(Span::Plain(&text[plain_from..at]));
            }
            spans.push(span);
            at += length;
            plain_from = at;
            link = next_link(text, at);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    if plain_from < text.len() {
        spans.push(Span::Plain(&text[plain_from..]));
    }
    spans
}

/// The marked text that begins here, and its length with the marks.
fn span_at(text: &str, at: usize) -> Option<(usize, Span<'_>)> {
    let rest = &text[at..];
    let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark))?;
    let is_code = mark == "`";
    let in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    if !is_code && in_word(text[..at].chars().next_back()) {
        return None;
    }
    let inside = rest[mark.len()..].split('\n').next()?;
    if inside.starts_with(char::is_whitespace) {
        return None;
    }
    // Each end takes as long to look at as any other: a long message has many of them.
    let end = inside.match_indices(mark).map(|(end, _)| end).find(|end| {
        let (content, behind) = (&inside[..*end], &inside[end + mark.len()..]);
        let is_tight = !content.is_empty() && !content.ends_with(char::is_whitespace);
        is_tight && (is_code || (!in_word(behind.chars().next()) && !behind.starts_with(mark)))
    })?;
    let content = &inside[..end];
    let span = match mark {
        "`" => Span::Code(content),
        "**" => Span::Bold(content),
        _ => Span::Italic(content),
    };
    Some((end + 2 * mark.len(), span))
}

/// Whether a body is a few emoji and nothing else, which are shown larger.
fn is_emoji_only(body: &str) -> bool {
    const MOST: usize = 4;
    let mut shown = 0;
    let mut joined = false;
    for c in body.trim().chars() {
        match c {
            '\u{200d}' => joined = true,
            '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | ' ' => {}
            '\u{1f000}'..='\u{1faff}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{2300}'..='\u{23ff}' => {
                shown += usize::from(!joined);
                joined = false;
            }
            _ => return false,
        }
    }
    // A flag is two letters.
    let letters = body.chars().filter(|c| matches!(c, '\u{1f1e6}'..='\u{1f1ff}')).count();
    (1..=MOST).contains(&shown.saturating_sub(letters / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_around_words_are_markup_and_others_stay() {
        use Span::{Bold, Code, Italic, Plain};
        assert_eq!(
            spans("a **b c** _d_ *e* `f_g_`."),
            [
                Plain("a "),
                Bold("b c"),
                Plain(" "),
                Italic("d"),
                Plain(" "),
                Italic("e"),
                Plain(" "),
                Code("f_g_"),
                Plain("."),
            ]
        );
        assert_eq!(spans("**_both_**"), [Bold("_both_")]);
        for body in
            ["2 * 3 * 4", "snake_case_name", "** **", "a*b*c", "_open", "``", "*", "星_", "https://a.b/_c_d"]
        {
            assert_eq!(spans(body), [Plain(body)], "{body}");
        }
        assert!(spans("").is_empty());
    }

    #[test]
    fn a_hint_at_a_message_is_without_its_marks() {
        assert_eq!(plain("look at **_Vega_** and `a*b*`"), "look at Vega and a*b*");
        assert_eq!(plain("2 * 3"), "2 * 3");
    }

    #[test]
    fn a_body_without_markup_is_one_paragraph_as_it_was_typed() {
        for body in [
            "hello",
            "one\n\n  two\n",
            "-5 degrees",
            "2026. What a year",
            "24. Dezember",
            "5. of May",
            "```\nnever closed",
            "1.5",
            ">:(",
            ">_<",
        ] {
            assert_eq!(blocks(body), [Block::Text(body.to_owned())], "{body}");
        }
    }

    #[test]
    fn quotes_lists_and_code_are_blocks() {
        let text = |text: &str| Block::Text(text.to_owned());
        let list = |ordered, items: &[&str]| Block::List {
            ordered,
            items: items.iter().map(|&item| item.to_owned()).collect(),
        };
        assert_eq!(
            blocks(
                "look:\n\n> a\n> b\n\n- one\n- two\n1. first\n2. second\n```rust\nfn main() {}\n\n// **x**\n```\nend"
            ),
            [
                text("look:"),
                Block::Quote("a\nb".to_owned()),
                list(false, &["one", "two"]),
                list(true, &["first", "second"]),
                Block::Code("fn main() {}\n\n// **x**".to_owned()),
                text("end"),
            ]
        );
    }

    #[test]
    fn a_long_message_of_nothing_but_marks_is_read_in_no_time() {
        let body = "*a*b ".repeat(1_600);
        let began = std::time::Instant::now();
        assert_eq!(spans(&body), [Span::Plain(&body)]);
        assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
    }

    #[test]
    fn a_few_emoji_alone_are_larger() {
        for body in ["🌙", "🌙🌟", "👩‍👩‍👧‍👦", "👍🏽", "❤️", "🇩🇪", "✨ ✨"]
        {
            assert!(is_emoji_only(body), "{body}");
        }
        for body in ["", "a", "🌙 a", "→", "1", "🌙🌙🌙🌙🌙", "\u{200d}", "\u{200d}🇩\u{200d}🇪"]
        {
            assert!(!is_emoji_only(body), "{body}");
        }
    }
}
