//! Going to a message wherever it is in the history: by its number, as a quote does, or by its day. What is far from the newest
//! is loaded by itself, without all that lies between.

use crate::api::{ApiError, AuthorizedApi};
use crate::pages::day_search::{PAGE, Search};
use crate::room::Room;
use crate::stores::timeline::Timeline;
use crate::texts;
use futures_util::future::try_join;
use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use std::time::Duration;
use umbrachat_client_core::{Apart, Input};
use umbrachat_protocol::{Seq, Timestamp};

/// How long the found message stands out.
const POINTED_FOR: Duration = Duration::from_millis(2_500);

/// Messages that are worth loading to have no hole before the newest part.
const NEAR: i64 = 150;

#[derive(Clone, Copy)]
pub(crate) struct Seek {
    room: Room,
    timeline: Timeline,
    /// Something is being fetched.
    busy: StoredValue<bool>,
    /// What was found a moment ago.
    pub(crate) pointed: RwSignal<Option<Seq>>,
}

impl Seek {
    pub(crate) fn new(room: Room, timeline: Timeline) -> Self {
        Self { room, timeline, busy: StoredValue::new(false), pointed: RwSignal::new(None) }
    }

    /// Goes to a message, and says so where it is not to be seen.
    pub(crate) fn begin(self, seq: Seq) {
        if self.is_held(seq) {
            return self.point(seq);
        }
        self.fetch(async move |api| {
            if self.visit(&api, seq).await? {
                self.point(seq);
            } else {
                self.room.notices.say(texts::t!(quoted_not_found).to_owned());
            }
            Ok(())
        });
    }

    /// Goes to the first message since this moment. Answers whether there is one.
    ///
    /// # Errors
    /// When the server had to be asked and did not answer.
    pub(crate) async fn begin_at(self, wanted: Timestamp) -> Result<bool, ApiError> {
        let Timeline { live, id, .. } = self.timeline;
        let search = live.peek(|state| state.conversation(id).map(|it| Search::of(it, wanted)));
        let Some(mut search) = search else { return Ok(false) };
        let api = self.room.account.api();
        while let Some(probe) = search.probe() {
            search.learn(probe, &api.history_from(id, probe, PAGE).await?.messages);
        }
        let Some(seq) = search.found() else { return Ok(false) };
        if self.is_held(seq) || self.visit(&api, seq).await? {
            self.point(seq);
        }
        Ok(true)
    }

    /// Loads what comes before or after the part that lies apart from the newest.
    pub(crate) fn extend(self, apart: Apart, to_older: bool) {
        let Timeline { live, id, .. } = self.timeline;
        self.fetch(async move |api| {
            let page = if to_older {
                api.history(id, Some(apart.from), PAGE).await?
            } else {
                api.history_from(id, apart.to.next(), PAGE).await?
            };
            // What is newer goes on where the part ends, and does not change where it begins.
            let has_older = if to_older { page.has_more } else { apart.has_older };
            live.tell(Input::Visited { conversation_id: id, run: page.messages, has_older });
            Ok(())
        });
    }

    /// One thing at a time: whoever goes on scrolling asks again.
    fn fetch<F: Future<Output = Result<(), ApiError>> + 'static>(
        self,
        call: impl FnOnce(Rc<AuthorizedApi>) -> F + 'static,
    ) {
        if self.busy.get_value() {
            return;
        }
        self.busy.set_value(true);
        let call = call(self.room.account.api());
        spawn_local(async move {
            let answer = call.await;
            // Whoever was here may have gone on.
            if self.busy.try_set_value(false).is_none()
                && let Err(error) = answer
            {
                self.room.notices.say(texts::error(&error));
            }
        });
    }

    /// Loads a message with what is around it. Answers whether it is there.
    async fn visit(self, api: &AuthorizedApi, seq: Seq) -> Result<bool, ApiError> {
        let Timeline { live, id, .. } = self.timeline;
        let loaded_from = live.peek(|state| state.conversation(id)?.history().loaded_from);
        // What is not far from the newest part is joined to it.
        let gap = loaded_from.map_or(i64::MAX, |from| from.0.saturating_sub(seq.0));
        let limit = if gap <= NEAR { gap.max(PAGE) } else { PAGE };
        let (older, newer) =
            try_join(api.history(id, Some(seq), PAGE), api.history_from(id, seq, limit)).await?;
        let run = older.messages.into_iter().chain(newer.messages).collect();
        live.tell(Input::Visited { conversation_id: id, run, has_older: older.has_more });
        Ok(self.is_held(seq))
    }

    fn is_held(self, seq: Seq) -> bool {
        let Timeline { live, id, .. } = self.timeline;
        live.peek(|state| state.conversation(id).is_some_and(|it| it.message(seq).is_some()))
    }

    fn point(self, seq: Seq) {
        // Whoever was here may have gone on.
        if self.pointed.try_set(Some(seq)).is_some() {
            return;
        }
        self.timeline.show(seq);
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
    }
}
