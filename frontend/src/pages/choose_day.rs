//! Asking for a day, to read on from there.

use crate::browser;
use crate::components::dialog::dialog;
use crate::components::form::{Form, submit};
use crate::moments;
use crate::pages::deeds::opened_by;
use crate::pages::seek::Seek;
use crate::room::Room;
use crate::stores::timeline::Timeline;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::Timestamp;

const FIELD: &str = "day";

/// The dialog, open while there is a day to begin with.
pub(crate) fn choose_day(
    room: Room,
    timeline: Timeline,
    seek: &Seek,
    from: RwSignal<Option<Timestamp>>,
) -> AnyView {
    let (open, seek) = (opened_by(from), *seek);
    let content = move || {
        let form = Form::new();
        let day = RwSignal::new(moments::day_for_field(from.get()?));
        let began = room.account.live.peek(|state| Some(state.conversation(timeline.id)?.info().created_at));
        let go = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let Some(wanted) = moments::beginning_of(&day.read_untracked()) else {
                return browser::focus(FIELD);
            };
            form.send(async move {
                if !seek.begin_at(wanted).await? {
                    timeline.show_newest();
                    super::conversation::scroll_to_newest();
                    room.notices.say(texts::t!(nothing_since).to_owned());
                }
                open.set(false);
                Ok(())
            });
        };
        request_animation_frame(|| browser::focus(FIELD));
        let content = view! {
            <h2>{texts::t!(jump_to_date)}</h2>
            <form class="form" novalidate on:submit=go>
                <div class="field">
                    <label for=FIELD>{texts::t!(date)}</label>
                    <div class="input">
                        <input
                            id=FIELD
                            type="date"
                            min=began.map(moments::day_for_field)
                            max=moments::day_for_field(browser::now())
                            prop:value=move || day.get()
                            on:input=move |event| day.set(event_target_value(&event))
                        />
                    </div>
                </div>
                {submit(form, texts::t!(go))}
            </form>
        };
        Some(content.into_any())
    };
    dialog(open, texts::t!(jump_to_date), content)
}
