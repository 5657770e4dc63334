//! Short words about what has just gone wrong, which go away by themselves.

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use std::time::Duration;

const SHOWN_FOR: Duration = Duration::from_secs(7);

#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<String>);

impl Notices {
    pub(crate) fn new() -> Self {
        Self(RwSignal::default())
    }

    /// The one that shows; empty when there is none.
    pub(crate) fn text(self) -> String {
        self.0.get()
    }

    pub(crate) fn say(self, text: String) {
        self.0.set(text.clone());
        let hide = move || {
            // A later one has its own time, and the room may have been left.
            if self.0.try_with_untracked(|shown| *shown == text) == Some(true) {
                self.0.set(String::new());
            }
        };
        set_timeout(hide, SHOWN_FOR);
    }
}
