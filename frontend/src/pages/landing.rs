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
                    {texts::t!(headline)}
                </h1>
                <p class="pitch">{texts::t!(pitch)}</p>
                <div class="actions">
                    <a class="button primary" href="/sign-up">
                        {texts::t!(create_account)}
                    </a>
                    <a class="button" href="/sign-in">
                        {texts::t!(sign_in)}
                    </a>
                </div>
            </div>
        },
    )
}
