//! Short words about what has just gone wrong, which go away by themselves.

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use std::time::Duration;

const SHOWN_FOR: Duration = Duration::from_secs(7);

#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<(u32, String)>);

impl Notices {
    pub(crate) fn new() -> Self {
        Self(RwSignal::default())
    }

    /// The one that shows; empty when there is none.
    pub(crate) fn text(self) -> String {
        self.0.with(|(_, text)| text.clone())
    }

    pub(crate) fn say(self, text: String) {
        // Who wanted to be told may have left the room meanwhile.
        let Some(number) = self.0.try_with_untracked(|(number, _)| number.wrapping_add(1)) else { return };
        self.0.set((number, text));
        let hide = move || {
            // A later one has its own time.
            if self.0.try_with_untracked(|(shown, _)| *shown == number) == Some(true) {
                self.0.set((number, String::new()));
            }
        };
        set_timeout(hide, SHOWN_FOR);
    }
}
