//! A message in its bubble, with the day that begins above it.

use crate::browser;
use crate::components::form::button;
use crate::components::icon::{self, icon};
use crate::components::menu::{Deed, Offers, OpenMenu, button_id, menu};
use crate::components::message_text::message_text;
use crate::components::tick::tick;
use crate::moments::{self, Today};
use crate::stores::timeline::{Chip, Kind, Row};
use crate::texts;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use std::time::Duration;
use umbrachat_protocol::{ClientId, Seq, Timestamp};

/// How long a finger rests on a message until its menu opens.
const LONG_PRESS: Duration = Duration::from_millis(500);

/// What can be done about a message.
#[derive(Clone, Copy)]
pub(crate) struct Actions {
    pub(crate) menu: OpenMenu,
    /// The message that a quote has led to.
    pub(crate) pointed: RwSignal<Option<Seq>>,
    pub(crate) may_write: Memo<bool>,
    /// Who has read a message of one's own; nothing where the ticks tell it.
    pub(crate) read_by: Callback<Seq, Option<String>>,
    pub(crate) run: Callback<(Row, Deed)>,
    /// Runs while a finger rests on a message.
    pub(crate) press: StoredValue<Option<TimeoutHandle>, LocalStorage>,
    /// Goes to another day than the one that begins here.
    pub(crate) choose_day: Callback<Timestamp>,
    pub(crate) retry: Callback<ClientId>,
    pub(crate) discard: Callback<ClientId>,
}

/// A row of the time line.
pub(crate) fn bubble(row: ArcRwSignal<Row>, today: Today, actions: Actions) -> AnyView {
    let row = RwSignal::from(row);
    let run = Callback::new(move |deed| actions.run.run((row.get_untracked(), deed)));
    let (id, mine) = row.with_untracked(|row| (row.client_id, row.mine));
    let class = move || {
        row.with(|row| {
            let notice = row.kind == Kind::Notice;
            let parts = [
                (mine && !notice, " mine"),
                (notice, " notice"),
                (row.starts_group, " first"),
                (row.ends_group, " last"),
                (row.mentions.iter().any(|mention| mention.me), " calls"),
                (row.seq.is_some() && actions.pointed.get() == row.seq, " pointed"),
            ];
            let parts: String = parts.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            format!("message{parts}")
        })
    };
    let content = move || content(row);
    let author = move || {
        let (named, author) =
            row.with(|row| (row.kind != Kind::Notice).then(|| (row.named, row.author.clone())))?;
        let class = if named { "author" } else { "unseen" };
        Some(view! { <span class=class>{author} <span class="unseen">": "</span></span> }.into_any())
    };
    let state = move || Some(tick(row.with(|row| row.delivery)?).into_any());
    let more = move || more_button(row, actions.menu);
    let quote = move || quote_in(row, run);
    let chips = move || chips_below(row, run);
    let failed = move || failed_note(row, actions);
    let edited =
        move || row.with(|row| row.edited).then(|| view! { <span>{texts::t!(edited)}</span> }.into_any());
    let has_menu = move || has_menu(row);
    let open_menu = move || {
        if untrack(has_menu) {
            actions.menu.open(id);
        }
    };
    let menu = move || {
        let upwards = actions.menu.of(id)?;
        Some(menu(id, row.with(|row| offers(row, actions)), upwards, actions.menu, run))
    };
    let press = actions.press;
    let release = move || {
        if let Some(timer) = press.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    view! {
        {lines_above(row, today, actions.choose_day)}
        <article
            class=class
            data-seq=move || row.with(|row| row.seq.map(|seq| seq.to_string()))
            on:contextmenu=move |event| {
                let is_special = browser::target_within(event.target(), "a, [role=menu]");
                if untrack(has_menu) && !is_special && !browser::has_selection() {
                    event.prevent_default();
                    open_menu();
                }
            }
            on:touchstart=move |event| {
                release();
                if !browser::target_within(event.target(), "a, button") {
                    press.set_value(set_timeout_with_handle(open_menu, LONG_PRESS).ok());
                }
            }
            on:touchmove=move |_| release()
            on:touchcancel=move |_| release()
            on:touchend=move |event| {
                release();
                // What a long press has opened would lose the focus to the click that the browser makes of it.
                let is_button = browser::target_within(event.target(), "a, button");
                if actions.menu.of_untracked(id) && !is_button && event.cancelable() {
                    event.prevent_default();
                }
            }
        >
            <div class="line">
                {more}
                <div class="bubble">
                    {author}
                    {quote}
                    {content}
                    <span class="meta">
                        {edited}
                        <time>{move || row.with(|row| moments::clock(row.written_at))}</time>
                        {state}
                    </span>
                </div>
            </div>
            {chips}
            {failed}
            {menu}
        </article>
    }
    .into_any()
}

/// The day that begins, and where the new ones begin.
fn lines_above(row: RwSignal<Row>, today: Today, choose_day: Callback<Timestamp>) -> impl IntoView {
    let day = move || {
        let day = row.with(|row| row.starts_day.then_some(row.written_at))?;
        let line = view! {
            <button
                type="button"
                class="day"
                title=texts::t!(jump_to_date)
                aria-haspopup="dialog"
                on:click=move |_| choose_day.run(day)
            >
                <span>{today.name_of(day)}</span>
            </button>
        };
        Some(line.into_any())
    };
    let unread = move || {
        let line =
            || view! { <p class="day new" id="first-unread"><span>{texts::t!(new_messages)}</span></p> };
        row.with(|row| row.first_unread).then(|| line().into_any())
    };
    (day, unread)
}

fn content(row: RwSignal<Row>) -> AnyView {
    row.with(|row| match row.kind {
        Kind::Deleted => view! { <p class="body gone">{texts::t!(deleted)}</p> }.into_any(),
        Kind::Text => message_text(&row.body, &row.mentions),
        Kind::Notice => view! { <p class="body" dir="auto">{row.body.clone()}</p> }.into_any(),
    })
}

fn has_menu(row: RwSignal<Row>) -> bool {
    row.with(|row| row.seq.is_some() && row.kind == Kind::Text)
}

fn offers(row: &Row, actions: Actions) -> Offers {
    Offers {
        may_write: actions.may_write.get_untracked(),
        read_by: row.seq.filter(|_| row.mine).and_then(|seq| actions.read_by.run(seq)),
        mine: row.mine,
        deletable: row.deletable,
    }
}

fn more_button(row: RwSignal<Row>, menu: OpenMenu) -> Option<AnyView> {
    let id = row.with_untracked(|row| row.client_id);
    let button = || {
        view! {
            <button
                type="button"
                class="bubble-action more"
                id=button_id(id)
                aria-label=texts::t!(message_menu)
                title=texts::t!(message_menu)
                aria-haspopup="menu"
                aria-expanded=move || menu.of(id).is_some().to_string()
                // Else the open menu closes by losing the focus, and the click opens it again.
                on:mousedown=|event| event.prevent_default()
                on:click=move |_| menu.toggle(id)
            >
                {icon(icon::MORE)}
            </button>
        }
    };
    has_menu(row).then(|| button().into_any())
}

fn quote_in(row: RwSignal<Row>, run: Callback<Deed>) -> Option<AnyView> {
    let quote = row.with(|row| row.quote.clone())?;
    let seq = quote.seq;
    let shown = view! {
        <button type="button" class="quote" on:click=move |_| run.run(Deed::ShowQuoted(seq))>
            <span class="unseen">{texts::t!(in_reply_to)}</span>
            <span class="quoted-author">{quote.author}</span>
            <span class="quoted" dir="auto">{quote.text}</span>
        </button>
    };
    Some(shown.into_any())
}

fn chips_below(row: RwSignal<Row>, run: Callback<Deed>) -> Option<AnyView> {
    let chips = row.with(|row| row.reactions.clone());
    let all: Vec<_> = chips.into_iter().map(|chip| reaction(chip, run)).collect();
    (!all.is_empty()).then(|| view! { <div class="chips">{all}</div> }.into_any())
}

fn failed_note(row: RwSignal<Row>, actions: Actions) -> Option<AnyView> {
    let id = row.with_untracked(|row| row.client_id);
    let reason = row.with(|row| row.failure.clone())?;
    let note = view! {
        <div class="failed-note">
            <span class="wrong">{texts::not_sent(&reason)}</span>
            {button(texts::t!(retry), "button small", Callback::new(move |()| actions.retry.run(id)))}
            {button(texts::t!(discard), "button small quiet", Callback::new(move |()| actions.discard.run(id)))}
        </div>
    };
    Some(note.into_any())
}

/// An emoji below the bubble, which a click puts there too or takes away.
fn reaction(chip: Chip, run: Callback<Deed>) -> AnyView {
    let Chip { emoji, names, mine } = chip;
    let label = texts::reaction(&emoji, &names);
    let count = names.len();
    let shown = emoji.clone();
    view! {
        <button
            type="button"
            class="chip"
            aria-pressed=mine.to_string()
            aria-label=label.clone()
            title=label
            on:click=move |_| run.run(Deed::React(emoji.clone()))
        >
            {shown}
            <span>{count}</span>
        </button>
    }
    .into_any()
}
