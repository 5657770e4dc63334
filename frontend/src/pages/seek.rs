//! Finding a quoted message again, also where it is further up than what is loaded.

use crate::pages::conversation::history_of;
use crate::stores::notices::Notices;
use crate::stores::timeline::Timeline;
use crate::texts;
use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use std::time::Duration;
use umbrachat_client_core::Input;
use umbrachat_protocol::Seq;

/// Pages of older messages that are loaded for it at most.
const PAGES: u32 = 40;

/// How long the found message stands out.
const POINTED_FOR: Duration = Duration::from_millis(2_500);

#[derive(Clone, Copy)]
pub(crate) struct Seek {
    notices: Notices,
    timeline: Timeline,
    /// What is looked for, and how many pages that has taken.
    wanted: StoredValue<Option<(Seq, u32)>>,
    /// What was found a moment ago.
    pub(crate) pointed: RwSignal<Option<Seq>>,
}

impl Seek {
    pub(crate) fn new(notices: Notices, timeline: Timeline) -> Self {
        Self { notices, timeline, wanted: StoredValue::new(None), pointed: RwSignal::new(None) }
    }

    pub(crate) fn begin(self, seq: Seq) {
        self.wanted.set_value(Some((seq, 0)));
        self.look();
    }

    /// Looks again, when there may be more to see.
    pub(crate) fn look(self) {
        let Some((seq, pages)) = self.wanted.try_get_value().flatten() else { return };
        let Timeline { live, id, .. } = self.timeline;
        let (is_there, history) = live.peek(|state| {
            let conversation = state.conversation(id);
            (conversation.is_some_and(|it| it.message(seq).is_some()), history_of(state, id))
        });
        if is_there {
            self.wanted.set_value(None);
            self.timeline.show(seq);
            self.pointed.set(Some(seq));
            // When it is on the page.
            request_animation_frame(move || {
                let article = document().query_selector(&format!("article[data-seq=\"{seq}\"]"));
                if let Ok(Some(article)) = article {
                    article.scroll_into_view();
                }
            });
            let fade = move || {
                self.pointed.try_set(None);
            };
            set_timeout(fade, POINTED_FOR);
        } else if history.has_older && !history.failed && pages < PAGES {
            if !history.loading {
                self.wanted.set_value(Some((seq, pages + 1)));
                live.tell(Input::LoadOlder(id));
            }
        } else {
            self.wanted.set_value(None);
            self.notices.say(texts::t!(quoted_not_found).to_owned());
        }
    }
}
