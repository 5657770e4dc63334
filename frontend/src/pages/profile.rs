//! How others see one.

use crate::components::form::{Field, Form, submit};
use crate::components::frame::title;
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::prelude::*;
use umbrachat_client_core::Input;
use umbrachat_protocol::{ServerEvent, UpdateMe, limits, text};

pub(crate) fn profile(room: Room) -> AnyView {
    let live = room.account.live;
    let form = Form::new();
    let name = RwSignal::new(String::new());
    let saved = RwSignal::new(false);
    // Also when it was changed elsewhere meanwhile.
    Effect::new(move |before: Option<String>| {
        let current = live.read(Part::Me, |state| state.me.as_ref().map(|me| me.user.display_name.clone()));
        let current = current.unwrap_or_else(|| room.account.user().display_name);
        if before.as_ref() != Some(&current) {
            name.set(current.clone());
        }
        current
    });
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        saved.set(false);
        let display_name = match text::name("display_name", &name.read_untracked(), limits::DISPLAY_NAME_MAX)
        {
            Ok(name) => name,
            Err(error) => return form.refuse(vec![error]),
        };
        form.send(async move {
            let update = UpdateMe { display_name: Some(display_name), settings: None };
            let me = room.account.api().update_me(&update).await?;
            live.tell(Input::Answer(ServerEvent::Account { user: me }));
            saved.set(true);
            Ok(())
        });
    };
    view! {
        {title(texts::t!(profile))}
        <form class="form" novalidate on:submit=save>
            {Field::new("display_name", texts::t!(display_name)).hint(texts::t!(display_name_hint)).autocomplete("nickname").prose().view(form, name)}
            {submit(form, texts::t!(save))}
            <p class="good" aria-live="polite">
                {move || saved.get().then_some(texts::t!(saved))}
            </p>
        </form>
        <p class="soft">{texts::t!(username_fixed)}</p>
    }
    .into_any()
}
