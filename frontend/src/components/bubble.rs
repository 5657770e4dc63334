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

/// A row of the time line. Each part depends on that alone of the row which it shows.
pub(crate) fn bubble(row: ArcRwSignal<Row>, today: Today, actions: Actions) -> AnyView {
    let row = RwSignal::from(row);
    let (id, mine, written_at) = row.with_untracked(|row| (row.client_id, row.mine, row.written_at));
    let starts_day = part(row, |row| row.starts_day);
    let first_unread = part(row, |row| row.first_unread);
    let starts_group = part(row, |row| row.starts_group);
    let ends_group = part(row, |row| row.ends_group);
    let kind = part(row, |row| row.kind);
    let seq = part(row, |row| row.seq);
    let delivery = part(row, |row| row.delivery);
    let failure = part(row, |row| row.failure.clone());
    let author = part(row, |row| row.author.clone());
    let body = part(row, |row| row.body.clone());
    let time = part(row, |row| moments::clock(row.written_at));
    let content = move || match kind.get() {
        Kind::Deleted => view! { <p class="body gone">{texts::DELETED}</p> }.into_any(),
        Kind::Text | Kind::Notice => {
            view! { <p class="body" dir="auto">{body.with(|body| rich_text(body))}</p> }.into_any()
        }
    };
    let delete = move || {
        let seq = seq.get().filter(|_| mine && kind.get() == Kind::Text)?;
        Some(view! {
            <button
                type="button"
                class="bubble-action"
                aria-label=texts::DELETE_MESSAGE
                title=texts::DELETE_MESSAGE
                on:click=move |_| actions.delete.run(seq)
            >
                {icon(icon::BIN)}
            </button>
        })
    };
    let failed = move || {
        let reason = failure.get()?;
        Some(view! {
            <div class="failed-note">
                <span class="wrong">{texts::not_sent(&reason)}</span>
                <button type="button" class="button small" on:click=move |_| actions.retry.run(id)>
                    {texts::RETRY}
                </button>
                <button type="button" class="button small quiet" on:click=move |_| actions.discard.run(id)>
                    {texts::DISCARD}
                </button>
            </div>
        })
    };
    view! {
        {move || {
            starts_day.get().then(|| view! { <p class="day"><span>{move || today.name_of(written_at)}</span></p> })
        }}
        {move || {
            first_unread
                .get()
                .then(|| view! { <p class="day new" id="first-unread"><span>{texts::NEW_MESSAGES}</span></p> })
        }}
        <article
            class="message"
            class:mine=mine
            class:notice=move || kind.get() == Kind::Notice
            class:first=move || starts_group.get()
            class:last=move || ends_group.get()
            data-seq=move || seq.get().map(|seq| seq.to_string())
        >
            <div class="line">
                {delete}
                <div class="bubble">
                    <span class="unseen">{move || author.get()} ": "</span>
                    {content}
                    <span class="meta">
                        <time>{move || time.get()}</time>
                        {move || delivery.get().map(tick)}
                    </span>
                </div>
            </div>
            {failed}
        </article>
    }
    .into_any()
}

fn part<T: PartialEq + Send + Sync + 'static>(row: RwSignal<Row>, part: fn(&Row) -> T) -> Memo<T> {
    Memo::new(move |_| row.with(part))
}
