//! Life in the sky, beyond what the style sheet does: it rests while nobody is there, and now and then a star falls.

use crate::browser;
use leptos::ev;
use leptos::leptos_dom::helpers::{set_interval, set_timeout};
use leptos::prelude::{document, window_event_listener};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use umbrachat_client_core::Millis;

/// Milliseconds without a sign of life after which the stars hold still.
const PATIENCE: u64 = 90_000;
/// How often it is looked whether somebody is still there.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// The shortest wait for a falling star, and how much longer it may be, in milliseconds.
const FALL_AFTER: u64 = 14_000;
const FALL_SPREAD: u64 = 50_000;
/// How long a star's fall stays on the page.
const FALL_TIME: Duration = Duration::from_secs(2);

/// Lets the sky live from now on.
pub(crate) fn wake() {
    let last_sign = Rc::new(Cell::new(browser::monotonic()));
    let sign_of_life = {
        let last_sign = Rc::clone(&last_sign);
        move || {
            last_sign.set(browser::monotonic());
            rest(false);
        }
    };
    let on_key = sign_of_life.clone();
    let on_focus = sign_of_life.clone();
    window_event_listener(ev::pointermove, move |_| sign_of_life());
    window_event_listener(ev::keydown, move |_| on_key());
    window_event_listener(ev::focus, move |_| on_focus());
    window_event_listener(ev::blur, |_| rest(true));
    set_interval(
        move || {
            if document().hidden() || browser::monotonic().since(last_sign.get()) > PATIENCE {
                rest(true);
            }
        },
        LOOK_EVERY,
    );
    await_falling_star();
}

fn rest(resting: bool) {
    let Some(root) = document().document_element() else { return };
    if root.has_attribute("data-resting") != resting {
        // The attribute's name is valid, so it cannot be refused.
        let _ = root.toggle_attribute("data-resting");
    }
}

fn await_falling_star() {
    let chance = browser::random_seed();
    let wait = Millis(FALL_AFTER).plus(chance % FALL_SPREAD);
    set_timeout(
        move || {
            let resting = document().document_element().is_none_or(|root| root.has_attribute("data-resting"));
            if !resting && !browser::prefers_reduced_motion() {
                let place = ["", " second", " third"][usize::from(chance.to_le_bytes()[7] % 3)];
                set_class(&format!("falling falls{place}"));
                set_timeout(|| set_class("falling"), FALL_TIME);
            }
            await_falling_star();
        },
        Duration::from_millis(wait.0),
    );
}

fn set_class(class: &str) {
    if let Some(star) = document().get_element_by_id("falling-star") {
        star.set_class_name(class);
    }
}
