//! Night, dawn, or as the device is set. It shows at once, and stays on this device and with the account.

use crate::components::frame::title;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::{appearance, device};
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_client_core::Input;
use umbrachat_protocol::{ServerEvent, SettingsPatch, Theme, UpdateMe};

pub(crate) fn appearance(room: Room) -> AnyView {
    let live = room.account.live;
    let of_account = live.read(Part::Me, |state| state.me.as_ref().map(|me| me.settings.theme));
    let theme = appearance::name(device::theme().or(of_account).unwrap_or_default());
    let theme = RwSignal::new(theme.to_owned());
    let choose = move |chosen: Theme| {
        theme.set(appearance::name(chosen).to_owned());
        appearance::choose(chosen);
        spawn_local(async move {
            let settings = Some(SettingsPatch { theme: Some(chosen), ..SettingsPatch::default() });
            match room.account.api().update_me(&UpdateMe { display_name: None, settings }).await {
                Ok(me) => live.tell(Input::Answer(ServerEvent::Account { user: me })),
                Err(error) => room.notices.say(texts::error(&error)),
            }
        });
    };
    let choice = move |value: Theme, label: &'static str, hint: &'static str| {
        view! {
            <label class=format!("choice sky-{}", appearance::name(value))>
                <input
                    type="radio"
                    name="theme"
                    prop:checked=move || theme.get() == appearance::name(value)
                    on:change=move |_| choose(value)
                />
                <span class="swatch" aria-hidden="true"></span>
                <span class="name">{label}</span>
                <span class="soft">{hint}</span>
            </label>
        }
    };
    let enter = |breaks: bool, label: &'static str| {
        let choose = move |_| device::keep_enter_breaks(breaks);
        view! {
            <label class="check">
                <input type="radio" name="enter" prop:checked=device::enter_breaks() == breaks on:change=choose />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        {title(texts::APPEARANCE)}
        <fieldset class="choices">
            <legend>{texts::THEME_LEGEND}</legend>
            {choice(Theme::Night, texts::THEME_NIGHT, texts::THEME_NIGHT_HINT)}
            {choice(Theme::Dawn, texts::THEME_DAWN, texts::THEME_DAWN_HINT)}
            {choice(Theme::System, texts::THEME_SYSTEM, texts::THEME_SYSTEM_HINT)}
        </fieldset>
        <fieldset class="choices">
            <legend>{texts::ENTER_LEGEND}</legend>
            {enter(false, texts::ENTER_SENDS)}
            {enter(true, texts::ENTER_BREAKS)}
        </fieldset>
    }
    .into_any()
}
