//! Night, dawn, or as the device is set. It shows at once, and stays on this device and with the account.

use crate::components::frame::title;
use crate::notify;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::{appearance, device};
use crate::{browser, language, texts};
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
    let speaks = |value: Option<texts::Locale>, name: &'static str| {
        let id = format!("language-{}", value.map_or("system", language::code));
        let choose = {
            let id = id.clone();
            move |_| {
                language::choose(value);
                // The page is drawn anew, and whoever goes by the arrow keys goes on from here.
                let id = id.clone();
                request_animation_frame(move || browser::focus(&id));
            }
        };
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="language"
                    id=id
                    prop:checked=language::chosen() == value
                    on:change=choose
                />
                <span lang=value.map(language::code)>{name}</span>
            </label>
        }
    };
    let check = |label: &'static str, now: bool, choose: fn(bool)| {
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=now on:change=move |event| choose(event_target_checked(&event)) />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        {title(texts::t!(appearance))}
        <fieldset class="choices">
            <legend>{texts::t!(theme_legend)}</legend>
            {choice(Theme::Night, texts::t!(theme_night), texts::t!(theme_night_hint))}
            {choice(Theme::Dawn, texts::t!(theme_dawn), texts::t!(theme_dawn_hint))}
            {choice(Theme::System, texts::t!(theme_system), texts::t!(theme_system_hint))}
        </fieldset>
        <fieldset class="choices">
            <legend>{texts::t!(senses_legend)}</legend>
            {check(texts::t!(contrast), device::high_contrast(), appearance::choose_contrast)}
            {check(texts::t!(announce), device::announces(), device::keep_announces)}
        </fieldset>
        <fieldset class="choices">
            <legend>{texts::t!(language_legend)}</legend>
            {speaks(None, texts::t!(language_system))}
            {language::ALL.map(|(language, name)| speaks(Some(language), name))}
        </fieldset>
        <fieldset class="choices">
            <legend>{texts::t!(enter_legend)}</legend>
            {enter(false, texts::t!(enter_sends))}
            {enter(true, texts::t!(enter_breaks))}
        </fieldset>
        {notify::choices()}
    }
    .into_any()
}
