//! The recovery codes, shown this once.

use crate::browser;
use crate::components::frame::{frame, title};
use crate::session::Session;
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::User;

pub(crate) fn recovery_codes(session: Session, user: &User, codes: &[String]) -> AnyView {
    let said = RwSignal::new("");
    let file = StoredValue::new(texts::codes_file(&user.username, codes));
    let file_name = format!("umbrachat-recovery-codes-{}.txt", user.username);
    let plain = StoredValue::new(codes.join("\n"));
    let copy = move |_| {
        spawn_local(async move {
            let copied = browser::copy(&plain.get_value()).await;
            said.set(if copied { texts::CODES_COPIED } else { texts::CODES_COPY_FAILED });
        });
    };
    let download = move |_| {
        if file.with_value(|file| browser::download(&file_name, file)).is_ok() {
            said.set(texts::CODES_DOWNLOADED);
        }
    };
    let codes: Vec<_> = codes.iter().map(|code| view! { <li>{code.clone()}</li> }).collect();
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
