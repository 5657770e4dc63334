//! The frame around pages that everybody may read.

use crate::components::icon::mark;
use crate::texts;
use leptos::prelude::*;

/// A page between the name at its top and the small print at its foot.
pub(crate) fn frame(class: &'static str, content: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="frame">
            <header class="frame-head">
                <a class="brand" href="/">
                    {mark()}
                    <span>{texts::NAME}</span>
                </a>
            </header>
            <main class=class id="main" tabindex="-1">
                {content.into_any()}
            </main>
            <footer class="frame-foot">
                <a href="/about">{texts::t!(about)}</a>
                <a href="/privacy">{texts::t!(privacy)}</a>
            </footer>
        </div>
    }
    .into_any()
}

/// The heading of a page, which takes the focus when the page opens.
pub(crate) fn title(text: &'static str) -> impl IntoView {
    view! {
        <h1 id="title" tabindex="-1">
            {text}
        </h1>
    }
}
