//! The receipt for an account that is no more.

use crate::components::form::button;
use crate::components::frame::{frame, title};
use crate::session::Session;
use crate::{browser, moments, texts};
use leptos::prelude::*;
use umbrachat_protocol::{ErasedMessages, ErasureReceipt};

pub(crate) fn erased(session: Session, receipt: &ErasureReceipt) -> AnyView {
    let file = serde_json::to_string_pretty(receipt).unwrap_or_default();
    let download = Callback::new(move |()| drop(browser::download("umbrachat-erasure-receipt.json", &file)));
    let done = Callback::new(move |()| session.put_receipt_away());
    let counts = texts::erased(&receipt.counts);
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let lines: Vec<_> =
        counts.map(|(what, count)| view! { <li>{what} <span class="amount">{count}</span></li> }).collect();
    let how = match receipt.messages {
        ErasedMessages::Erase => texts::t!(erase_them_hint),
        ErasedMessages::Anonymise => texts::t!(anonymise_them_hint),
    };
    frame(
        "narrow card",
        view! {
            {title(texts::t!(erased_title))}
            <p class="soft">{texts::erased_at(&moments::date_and_clock(receipt.erased_at))} " " {how}</p>
            <ul class="receipt" aria-label=texts::t!(receipt)>{lines}</ul>
            {receipt.completed_at.is_none().then(|| view! { <p class="soft">{texts::t!(erasure_goes_on)}</p> })}
            <p class="soft digest">{format!("SHA-256 {}", receipt.digest)}</p>
            <div class="actions">
                {button(texts::t!(download_receipt), "button", download)}
                {button(texts::t!(go_home), "button primary", done)}
            </div>
        },
    )
}
