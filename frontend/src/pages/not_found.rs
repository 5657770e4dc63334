//! What is not there.

use crate::components::frame::{frame, title};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn not_found() -> AnyView {
    frame(
        "narrow center",
        view! {
            <div class="eclipse small" aria-hidden="true"></div>
            {title(texts::NOT_FOUND_TITLE)}
            <p class="soft">{texts::NOT_FOUND_TEXT}</p>
            <p>
                <a class="button" href="/">
                    {texts::GO_HOME}
                </a>
            </p>
        },
    )
}
