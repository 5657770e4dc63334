//! Choosing an emoji: those that were used last, a group at a time, or whatever fits a few letters.

use crate::browser;
use crate::components::dialog::dialog;
use crate::emoji::{self, Emoji, Group};
use crate::stores::device::Device;
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

const FIELD: &str = "find-emoji";

/// As many hits as can be taken in.
const MOST: usize = 64;

/// The dialog, open while `open` is; what is chosen in it is handed on.
pub(crate) fn picker(device: Device, open: RwSignal<bool>, choose: Callback<String>) -> AnyView {
    let content = move || open.get().then(|| shelves(device, open, choose));
    dialog(open, texts::t!(emoji_picker), content)
}

fn shelves(device: Device, open: RwSignal<bool>, choose: Callback<String>) -> AnyView {
    let groups = RwSignal::new(emoji::all());
    spawn_local(async move {
        let all = emoji::load().await;
        groups.try_set(all);
    });
    let typed = RwSignal::new(String::new());
    let chosen_group = RwSignal::new(0);
    let take = Callback::new(move |emoji: String| {
        device.keep_recent_emoji(&emoji);
        open.set(false);
        choose.run(emoji);
    });
    let tabs = move || {
        let tab = |(index, group): (usize, &'static Group)| {
            view! {
                <button
                    type="button"
                    class="emoji"
                    aria-label=texts::emoji_group(group.name)
                    title=texts::emoji_group(group.name)
                    aria-pressed=move || (chosen_group.get() == index).to_string()
                    on:click=move |_| {
                        typed.set(String::new());
                        chosen_group.set(index);
                    }
                >
                    {group.glyph}
                </button>
            }
        };
        groups.get().iter().enumerate().map(tab).collect::<Vec<_>>()
    };
    let recent: Vec<_> =
        device.recent_emoji().into_iter().map(|glyph| cell(glyph.clone(), glyph, take)).collect();
    let recent = (!recent.is_empty()).then(|| {
        view! { <div class="emoji-grid recent" role="group" aria-label=texts::t!(recent_emoji)>{recent}</div> }
    });
    let grid = move || {
        let typed = as_code(&typed.read());
        let found: Vec<&'static Emoji> = if typed.is_empty() {
            groups.get().get(chosen_group.get()).map(|group| group.emoji.iter().collect()).unwrap_or_default()
        } else {
            groups.track();
            emoji::find(&typed).into_iter().take(MOST).collect()
        };
        if found.is_empty() && !typed.is_empty() {
            return view! { <p class="soft" role="status">{texts::t!(no_emoji)}</p> }.into_any();
        }
        let cells: Vec<_> = found
            .into_iter()
            .map(|emoji| cell(emoji.glyph.to_owned(), emoji.name.to_owned(), take))
            .collect();
        view! { <div class="emoji-grid">{cells}</div> }.into_any()
    };
    request_animation_frame(|| browser::focus(FIELD));
    let on_enter = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" {
            // It stands inside of another form, which is not meant.
            event.prevent_default();
            let typed = as_code(&typed.read_untracked());
            if let Some(first) = emoji::find(&typed).first().filter(|_| !typed.is_empty()) {
                take.run(first.glyph.to_owned());
            }
        }
    };
    view! {
        <div class="picker">
            <div class="input">
                <input
                    id=FIELD
                    type="search"
                    autocomplete="off"
                    aria-label=texts::t!(find_emoji)
                    placeholder=texts::t!(find_emoji)
                    prop:value=move || typed.get()
                    on:keydown=on_enter
                    on:input=move |event| typed.set(event_target_value(&event))
                />
            </div>
            <div class="emoji-groups">{tabs}</div>
            <div class="emoji-shelf" on:keydown=|event| walk(&event)>{recent} {grid}</div>
        </div>
    }
    .into_any()
}

/// As names are written between colons.
fn as_code(typed: &str) -> String {
    typed.trim().replace(' ', "_").to_lowercase()
}

fn cell(glyph: String, name: String, take: Callback<String>) -> AnyView {
    let chosen = glyph.clone();
    view! {
        <button type="button" class="emoji" aria-label=name.clone() title=name on:click=move |_| take.run(chosen.clone())>
            {glyph}
        </button>
    }
    .into_any()
}

/// The arrow keys go from one to the next.
fn walk(event: &web_sys::KeyboardEvent) {
    let back = match &*event.key() {
        "ArrowRight" | "ArrowDown" => false,
        "ArrowLeft" | "ArrowUp" => true,
        _ => return,
    };
    event.prevent_default();
    let Some(active) = document().active_element() else { return };
    let next = if back { active.previous_element_sibling() } else { active.next_element_sibling() };
    if let Some(next) = next.and_then(|next| next.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A button takes the focus.
        let _ = next.focus();
    }
}
