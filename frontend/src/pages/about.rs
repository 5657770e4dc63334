//! What this is.

use crate::components::frame::{frame, title};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn about() -> AnyView {
    let paragraphs: Vec<_> = texts::about().map(|text| view! { <p>{text}</p> }).into();
    frame(
        "document card",
        view! {
            {title(texts::t!(about_title))}
            {paragraphs}
            <p>
                <a href="/">{texts::t!(go_home)}</a>
            </p>
        },
    )
}
