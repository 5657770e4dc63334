//! The recovery codes, shown this once.

use crate::browser;
use crate::components::frame::{frame, title};
use crate::session::Session;
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::User;

pub(crate) fn recovery_codes(session: Session, user: &User) -> AnyView {
    let said = RwSignal::new(String::new());
    let codes = untrack(|| session.codes());
    let file = texts::codes_file(&user.username, &codes);
    let file_name = format!("umbrachat-recovery-codes-{}.txt", user.username);
    let copy = move |_| {
        spawn_local(async move {
            let copied = browser::copy(&untrack(|| session.codes())).await;
            let text = if copied { texts::CODES_COPIED } else { texts::CODES_COPY_FAILED };
            said.set(text.to_owned());
        });
    };
    let download = move |_| {
        if browser::download(&file_name, &file).is_ok() {
            said.set(texts::CODES_DOWNLOADED.to_owned());
        }
    };
    let codes: Vec<_> = codes.lines().map(|code| view! { <li>{code.to_owned()}</li> }).collect();
    frame(
        "narrow card",
        view! {
            {title(texts::CODES_TITLE)}
            <p class="soft">{texts::CODES_LEAD}</p>
            <ol class="codes">{codes}</ol>
            <div class="actions">
                <button type="button" class="button" on:click=copy>
                    {texts::CODES_COPY}
                </button>
                <button type="button" class="button" on:click=download>
                    {texts::CODES_DOWNLOAD}
                </button>
                <span class="soft" aria-live="polite">
                    {move || said.get()}
                </span>
            </div>
            <button type="button" class="button primary wide" on:click=move |_| session.put_codes_away()>
                {texts::CODES_DONE}
            </button>
        },
    )
}
