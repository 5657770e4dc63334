//! Recovery codes, shown this once, with ways to keep them.

use crate::components::form::button;
use crate::{browser, texts};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The codes of somebody, one a line.
pub(crate) fn codes(username: &str, codes: &str) -> AnyView {
    let said = RwSignal::new("");
    let (file, file_name) = (texts::codes_file(username, codes), texts::codes_file_name(username));
    let to_copy = codes.to_owned();
    let copy = move |()| {
        let codes = to_copy.clone();
        spawn_local(async move {
            let copied = browser::copy(&codes).await;
            said.set(if copied { texts::t!(codes_copied) } else { texts::t!(codes_copy_failed) });
        });
    };
    let download = move |()| {
        if browser::download(&file_name, &file).is_ok() {
            said.set(texts::t!(codes_downloaded));
        }
    };
    let codes: Vec<_> = codes.lines().map(|code| view! { <li>{code.to_owned()}</li> }).collect();
    view! {
        <ol class="codes">{codes}</ol>
        <div class="actions">
            {button(texts::t!(codes_copy), "button", Callback::new(copy))}
            {button(texts::t!(codes_download), "button", Callback::new(download))}
            <span class="soft" aria-live="polite">
                {move || said.get()}
            </span>
        </div>
    }
    .into_any()
}
