//! Documents of the server's, such as the privacy policy: a small part of Markdown, built as elements. HTML in it is text.

use leptos::prelude::*;

/// The document. Headings begin at the second level, because the page has the first.
pub(crate) fn markdown(source: &str) -> Vec<AnyView> {
    blocks(source).into_iter().map(view_of_block).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(usize, String),
    Paragraph(String),
    List {
        ordered: bool,
        items: Vec<String>,
    },
    Table(Vec<Vec<String>>),
    /// Of another text, which is markdown as well.
    Quote(String),
}

fn blocks(source: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    // A blank line ends a block; what follows otherwise goes on with it.
    let mut goes_on = false;
    for line in source.lines() {
        let text = line.trim();
        let rule = text.len() >= 3 && text.chars().all(|c| c == '-');
        if text.is_empty() || rule {
            goes_on = false;
            continue;
        }
        if let Some(quoted) = text.strip_prefix('>') {
            match blocks.last_mut() {
                Some(Block::Quote(quote)) if goes_on => {
                    quote.push('\n');
                    quote.push_str(quoted);
                }
                _ => blocks.push(Block::Quote(quoted.to_owned())),
            }
            goes_on = true;
            continue;
        }
        let level = text.bytes().take_while(|byte| *byte == b'#').count();
        if (1..=6).contains(&level) && text[level..].starts_with(' ') {
            blocks.push(Block::Heading(level, text[level..].trim().to_owned()));
            goes_on = false;
            continue;
        }
        if let Some(cells) = text.strip_prefix('|') {
            let cells: Vec<String> =
                cells.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            let is_divider =
                cells.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':')));
            match blocks.last_mut() {
                _ if is_divider => {}
                Some(Block::Table(rows)) if goes_on => rows.push(cells),
                _ => blocks.push(Block::Table(vec![cells])),
            }
        } else if let Some((ordered, item)) = list_item(text) {
            match blocks.last_mut() {
                Some(Block::List { ordered: same, items }) if *same == ordered => items.push(item.to_owned()),
                _ => blocks.push(Block::List { ordered, items: vec![item.to_owned()] }),
            }
        } else {
            match blocks.last_mut() {
                Some(Block::Paragraph(paragraph)) if goes_on => append(paragraph, text),
                Some(Block::List { items, .. }) if goes_on => {
                    if let Some(item) = items.last_mut() {
                        append(item, text);
                    }
                }
                _ => blocks.push(Block::Paragraph(text.to_owned())),
            }
        }
        goes_on = true;
    }
    blocks
}

fn append(paragraph: &mut String, line: &str) {
    paragraph.push(' ');
    paragraph.push_str(line);
}

fn list_item(line: &str) -> Option<(bool, &str)> {
    if let Some(item) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((false, item));
    }
    let (number, item) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((true, item))
}

fn view_of_block(block: Block) -> AnyView {
    match block {
        // The page has a title of its own already.
        Block::Heading(1, _) => ().into_any(),
        Block::Heading(2, text) => view! { <h2>{spans_of(&text)}</h2> }.into_any(),
        Block::Heading(_, text) => view! { <h3>{spans_of(&text)}</h3> }.into_any(),
        Block::Quote(text) => view! { <blockquote>{markdown(&text)}</blockquote> }.into_any(),
        Block::Paragraph(text) => view! { <p>{spans_of(&text)}</p> }.into_any(),
        Block::List { ordered, items } => {
            let items: Vec<_> = items.iter().map(|item| view! { <li>{spans_of(item)}</li> }).collect();
            if ordered {
                view! { <ol>{items}</ol> }.into_any()
            } else {
                view! { <ul>{items}</ul> }.into_any()
            }
        }
        Block::Table(rows) => {
            let row = |cells: &Vec<String>, head: bool| {
                let cells: Vec<_> = cells
                    .iter()
                    .map(|cell| {
                        let cell = spans_of(cell);
                        if head {
                            view! { <th scope="col">{cell}</th> }.into_any()
                        } else {
                            view! { <td>{cell}</td> }.into_any()
                        }
                    })
                    .collect();
                view! { <tr>{cells}</tr> }
            };
            let rows: Vec<_> = rows.iter().enumerate().map(|(index, cells)| row(cells, index == 0)).collect();
            view! { <div class="table" tabindex="0"><table><tbody>{rows}</tbody></table></div> }.into_any()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Span<'a> {
    Plain(&'a str),
    Strong(&'a str),
    Emphasis(&'a str),
    Code(&'a str),
    Link { text: &'a str, address: &'a str },
}

fn spans_of(text: &str) -> Vec<AnyView> {
    spans(text)
        .into_iter()
        .map(|span| match span {
            Span::Plain(text) => text.to_owned().into_any(),
            Span::Strong(text) => view! { <strong>{text.to_owned()}</strong> }.into_any(),
            Span::Emphasis(text) => view! { <em>{text.to_owned()}</em> }.into_any(),
            Span::Code(text) => view! { <code>{text.to_owned()}</code> }.into_any(),
            Span::Link { text, address } => view! {
                <a href=address.to_owned() rel="noopener noreferrer">
                    {text.to_owned()}
                </a>
            }
            .into_any(),
        })
        .collect()
}

fn spans(text: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let mut rest = text;
    let mut plain = 0;
    while plain < rest.len() {
        if let Some((span, length)) = span_at(&rest[plain..]) {
            if plain > 0 {
                spans.push(Span::Plain(&rest[..plain]));
            }
            spans.push(span);
            rest = &rest[plain + length..];
            plain = 0;
        } else {
            plain += rest[plain..].chars().next().map_or(1, char::len_utf8);
        }
    }
    if !rest.is_empty() {
        spans.push(Span::Plain(rest));
    }
    spans
}

/// The span that begins here, and how long it is with its marks.
fn span_at(text: &str) -> Option<(Span<'_>, usize)> {
    for mark in ["**", "`", "*"] {
        if let Some(inner) = text.strip_prefix(mark) {
            let end = inner.find(mark).filter(|end| *end > 0 && !inner.starts_with(' '))?;
            let inner = &inner[..end];
            let span = match mark {
                "**" => Span::Strong(inner),
                "`" => Span::Code(inner),
                _ => Span::Emphasis(inner),
            };
            return Some((span, end + 2 * mark.len()));
        }
    }
    let inner = text.strip_prefix('[')?;
    let (label, after) = inner.split_once("](")?;
    let (address, _) = after.split_once(')')?;
    let is_safe = ["https://", "http://", "mailto:", "/"].iter().any(|start| address.starts_with(start));
    (is_safe && !label.contains(['[', ']']))
        .then_some((Span::Link { text: label, address }, label.len() + address.len() + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_apart() {
        let source = "# Title\n\nOne\ntwo.\n\n## Next\n- a\n  goes on\n- b\n\n1. c\n\n| x | y |\n|---|:-:|\n| 1 | 2 |\n---\nEnd";
        let text = str::to_owned;
        assert_eq!(
            blocks(source),
            [
                Block::Heading(1, text("Title")),
                Block::Paragraph(text("One two.")),
                Block::Heading(2, text("Next")),
                Block::List { ordered: false, items: vec![text("a goes on"), text("b")] },
                Block::List { ordered: true, items: vec![text("c")] },
                Block::Table(vec![vec![text("x"), text("y")], vec![text("1"), text("2")]]),
                Block::Paragraph(text("End")),
            ]
        );
    }

    #[test]
    fn spans_are_told_apart() {
        assert_eq!(
            spans("a **b** *c* `d` [e](/f) 2 * 3 * 4 **"),
            [
                Span::Plain("a "),
                Span::Strong("b"),
                Span::Plain(" "),
                Span::Emphasis("c"),
                Span::Plain(" "),
                Span::Code("d"),
                Span::Plain(" "),
                Span::Link { text: "e", address: "/f" },
                Span::Plain(" 2 * 3 * 4 **"),
            ]
        );
    }

    #[test]
    fn only_safe_addresses_become_links() {
        for source in
            ["[x](javascript:alert(1))", "[x](data:text/html)", "[x]", "[x](", "<script>alert(1)</script>"]
        {
            assert_eq!(spans(source), [Span::Plain(source)]);
        }
    }
}
