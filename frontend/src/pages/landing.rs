//! The first thing that anybody sees.

use crate::components::frame::frame;
use crate::texts;
use leptos::prelude::*;

pub(crate) fn landing() -> AnyView {
    frame(
        "landing",
        view! {
            <div class="eclipse" aria-hidden="true"></div>
            <div class="landing-words">
                <h1 class="headline" id="title" tabindex="-1">
                    {texts::HEADLINE}
                </h1>
                <p class="pitch">{texts::PITCH}</p>
                <div class="actions">
                    <a class="button primary" href="/sign-up">
                        {texts::CREATE_ACCOUNT}
                    </a>
                    <a class="button" href="/sign-in">
                        {texts::SIGN_IN}
                    </a>
                </div>
            </div>
        },
    )
}
