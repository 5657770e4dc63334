//! What stands where something is on its way: its rough shape, so that little moves when it arrives.

use crate::texts;
use leptos::prelude::*;

pub(crate) fn skeleton(class: &'static str) -> AnyView {
    let line = || view! { <span></span> };
    view! {
        <div class=format!("skeleton {class}")>
            <p class="unseen">{texts::t!(loading)}</p>
            {line()}
            {line()}
            {line()}
        </div>
    }
    .into_any()
}
