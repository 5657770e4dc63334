//! A message in its bubble, with the day that begins above it.

use crate::components::icon::{self, icon};
use crate::components::rich_text::rich_text;
use crate::components::tick::tick;
use crate::moments::{self, Today};
use crate::stores::timeline::{Kind, Row};
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{ClientId, Seq};

/// What can be done about a message.
#[derive(Clone, Copy)]
pub(crate) struct Actions {
    pub(crate) delete: Callback<Seq>,
    pub(crate) retry: Callback<ClientId>,
    pub(crate) discard: Callback<ClientId>,
}

/// A row of the time line.
pub(crate) fn bubble(row: ArcRwSignal<Row>, today: Today, actions: Actions) -> AnyView {
    let row = RwSignal::from(row);
    let (id, mine) = row.with_untracked(|row| (row.client_id, row.mine));
    let day = move || {
        let day = row.with(|row| row.starts_day.then_some(row.written_at))?;
        Some(view! { <p class="day"><span>{today.name_of(day)}</span></p> }.into_any())
    };
    let unread = move || {
        let line = || view! { <p class="day new" id="first-unread"><span>{texts::NEW_MESSAGES}</span></p> };
        row.with(|row| row.first_unread).then(|| line().into_any())
    };
    let class = move || {
        row.with(|row| {
            let notice = row.kind == Kind::Notice;
            let parts = [
                (mine && !notice, " mine"),
                (notice, " notice"),
                (row.starts_group, " first"),
                (row.ends_group, " last"),
            ];
            let parts: String = parts.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
            format!("message{parts}")
        })
    };
    let content = move || {
        row.with(|row| match row.kind {
            Kind::Deleted => view! { <p class="body gone">{texts::DELETED}</p> }.into_any(),
            Kind::Text | Kind::Notice => {
                view! { <p class="body" dir="auto">{rich_text(&row.body)}</p> }.into_any()
            }
        })
    };
    let author = move || {
        let (named, author) =
            row.with(|row| (row.kind != Kind::Notice).then(|| (row.named, format!("{}: ", row.author))))?;
        let class = if named { "author" } else { "unseen" };
        Some(view! { <span class=class>{author}</span> }.into_any())
    };
    let state = move || Some(tick(row.with(|row| row.delivery)?).into_any());
    let delete = move || {
        let seq = row.with(|row| row.seq.filter(|_| mine && row.kind == Kind::Text))?;
        let button = view! {
            <button
                type="button"
                class="bubble-action"
                aria-label=texts::DELETE_MESSAGE
                title=texts::DELETE_MESSAGE
                on:click=move |_| actions.delete.run(seq)
            >
                {icon(icon::BIN)}
            </button>
        };
        Some(button.into_any())
    };
    let failed = move || {
        let reason = row.with(|row| row.failure.clone())?;
        let note = view! {
            <div class="failed-note">
                <span class="wrong">{texts::not_sent(&reason)}</span>
                <button type="button" class="button small" on:click=move |_| actions.retry.run(id)>
                    {texts::RETRY}
                </button>
                <button type="button" class="button small quiet" on:click=move |_| actions.discard.run(id)>
                    {texts::DISCARD}
                </button>
            </div>
        };
        Some(note.into_any())
    };
    view! {
        {day}
        {unread}
        <article class=class data-seq=move || row.with(|row| row.seq.map(|seq| seq.to_string()))>
            <div class="line">
                {delete}
                <div class="bubble">
                    {author}
                    {content}
                    <span class="meta">
                        <time>{move || row.with(|row| moments::clock(row.written_at))}</time>
                        {state}
                    </span>
                </div>
            </div>
            {failed}
        </article>
    }
    .into_any()
}
