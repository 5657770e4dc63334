//! What this is.

use crate::components::frame::{frame, title};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn about() -> AnyView {
    let paragraphs: Vec<_> = texts::ABOUT_PARAGRAPHS.iter().map(|text| view! { <p>{*text}</p> }).collect();
    frame(
        "document card",
        view! {
            {title(texts::ABOUT_TITLE)}
            {paragraphs}
            <p>
                <a href="/">{texts::GO_HOME}</a>
            </p>
        },
    )
}
