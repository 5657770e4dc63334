//! What is not there.

use crate::components::frame::{frame, title};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn not_found() -> AnyView {
    frame(
        "narrow center",
        view! {
            <div class="eclipse small" aria-hidden="true"></div>
            {title(texts::t!(not_found_title))}
            <p class="soft">{texts::t!(not_found_text)}</p>
            <p>
                <a class="button" href="/">
                    {texts::t!(go_home)}
                </a>
            </p>
        },
    )
}
