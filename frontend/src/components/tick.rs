//! How far a message has come, as ticks.

use crate::texts;
use leptos::prelude::*;
use umbrachat_client_core::Delivery;

/// A picture with a name of its own, for who cannot see it.
pub(crate) fn tick(delivery: Delivery) -> impl IntoView {
    let name = texts::delivery(delivery);
    let (class, path) = match delivery {
        Delivery::Failed => ("tick failed", "M9 2.5v5M9 10v.2"),
        Delivery::Sending => ("tick sending", "M9 3.2V6l2 1.3M9 1a5 5 0 1 1 0 10A5 5 0 0 1 9 1Z"),
        Delivery::Sent => ("tick sent", "M4.5 6.5 7.5 9.5 13.5 3"),
        Delivery::Delivered => ("tick delivered", "M1.5 6.5 4.5 9.5 10.5 3M8 9l.5.5 6-6.5"),
        Delivery::Read => ("tick read", "M1.5 6.5 4.5 9.5 10.5 3M8 9l.5.5 6-6.5"),
    };
    view! {
        <svg class=class viewBox="0 0 18 12" role="img" aria-label=name>
            <path d=path></path>
        </svg>
    }
}
