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
        ErasedMessages::Erase => texts::ERASE_THEM_HINT,
        ErasedMessages::Anonymise => texts::ANONYMISE_THEM_HINT,
    };
    frame(
        "narrow card",
        view! {
            {title(texts::ERASED_TITLE)}
            <p class="soft">{texts::erased_at(&moments::date_and_clock(receipt.erased_at))} " " {how}</p>
            <ul class="receipt" aria-label=texts::RECEIPT>{lines}</ul>
            {receipt.completed_at.is_none().then(|| view! { <p class="soft">{texts::ERASURE_GOES_ON}</p> })}
            <p class="soft digest">{format!("SHA-256 {}", receipt.digest)}</p>
            <div class="actions">
                {button(texts::DOWNLOAD_RECEIPT, "button", download)}
                {button(texts::GO_HOME, "button primary", done)}
            </div>
        },
    )
}
