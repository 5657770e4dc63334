//! Where messages are written.

use crate::browser;
use crate::components::completion::{self, Completion, byte_at};
use crate::components::icon::{self, icon};
use crate::components::picker::picker;
use crate::stores::device::Device;
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::{User, limits, text};

/// The id of the text box.
pub(crate) const BOX: &str = "message";

/// How many characters before the limit the count shows.
const WARN_BEFORE: usize = 500;

/// A text box that grows with what is written, and the button that sends it. Enter sends where that
/// is wished; with Shift, and on devices with a keyboard on the screen, it begins a new line.
pub(crate) fn composer(
    device: Device,
    draft: RwSignal<String>,
    enter_sends: bool,
    on_send: Callback<String>,
    on_typing: Callback<bool>,
    people: Callback<(), Vec<User>>,
) -> AnyView {
    let completion = Completion::new(BOX, draft, people);
    let length = move || draft.with(|draft| draft.chars().count());
    let ready = move || draft.with(|draft| text::body(draft).is_ok());
    let send = move || {
        if untrack(ready) {
            on_typing.run(false);
            on_send.run(draft.get_untracked());
        }
        // Whoever has sent one message may want to send another.
        browser::focus(BOX);
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        if completion.take_key(&event) {
            return;
        }
        // Within an input method Enter chooses a word.
        let is_enter = event.key() == "Enter" && !event.shift_key() && !event.is_composing();
        let sends =
            is_enter && (event.ctrl_key() || event.meta_key() || (enter_sends && !browser::is_touch()));
        if sends {
            event.prevent_default();
            send();
        }
    };
    let count = move || {
        let length = length();
        if length > limits::BODY_MAX {
            texts::too_long(length - limits::BODY_MAX)
        } else if length + WARN_BEFORE > limits::BODY_MAX {
            texts::characters_left(limits::BODY_MAX - length)
        } else {
            String::new()
        }
    };
    view! {
        <form
            class="composer"
            on:submit=move |event| {
                event.prevent_default();
                send();
            }
        >
            {completion.view()}
            <div
                class="grow"
                on:dragover=|event| event.prevent_default()
                on:drop=move |event| take_file(draft, &event)
                data-text=move || draft.get()
            >
                <textarea
                    id=BOX
                    rows="1"
                    dir="auto"
                    enterkeyhint="enter"
                    aria-label=texts::t!(message)
                    placeholder=texts::t!(message)
                    aria-describedby="message-count"
                    aria-autocomplete="list"
                    aria-controls=move || completion.marked().map(|_| completion::LIST)
                    aria-activedescendant=move || completion.marked()
                    on:keydown=on_keydown
                    on:keyup=move |event| completion.look(&event)
                    on:click=move |event| completion.look(&event)
                    prop:value=move || draft.get()
                    on:input=move |event| {
                        draft.set(event_target_value(&event));
                        completion.look(&event);
                        on_typing.run(draft.with_untracked(|draft| !draft.is_empty()));
                    }
                    // It also loses the focus by going away, when nobody listens any more.
                    on:blur=move |_| {
                        completion.close();
                        on_typing.try_run(false);
                    }
                ></textarea>
            </div>
            {emoji_button(device, draft)}
            <button
                type="submit"
                class="send"
                class:ready=ready
                aria-label=texts::t!(send)
                title=texts::t!(send)
                // Else the button takes the focus and the keyboard on the screen goes away.
                on:mousedown=|event| event.prevent_default()
            >
                {icon(icon::SEND)}
            </button>
            <p class="count" class:over=move || { length() > limits::BODY_MAX } id="message-count">
                {count}
            </p>
        </form>
    }
    .into_any()
}

fn emoji_button(device: Device, draft: RwSignal<String>) -> AnyView {
    let picking = RwSignal::new(false);
    let insert = Callback::new(move |emoji: String| insert(draft, &emoji));
    view! {
        <button
            type="button"
            class="send pick"
            aria-label=texts::t!(emoji_picker)
            title=texts::t!(emoji_picker)
            on:click=move |_| picking.set(true)
        >
            {icon(icon::SMILE)}
        </button>
        {picker(device, picking, insert)}
    }
    .into_any()
}

/// A file that is dropped: what is written in it goes into the text box.
fn take_file(draft: RwSignal<String>, event: &web_sys::DragEvent) {
    let files = event.data_transfer().and_then(|data| data.files());
    if let Some(file) = files.and_then(|files| files.get(0)) {
        // Else the browser would leave the page to show the file.
        event.prevent_default();
        spawn_local(async move {
            if let Some(text) = browser::text_of(&file).await {
                insert(draft, &text);
            }
        });
    }
}

/// Puts a text where the cursor is.
fn insert(draft: RwSignal<String>, inserted: &str) {
    let Some(mut text) = draft.try_get_untracked() else { return };
    let at = browser::cursor(BOX).map_or(text.len(), |units| byte_at(&text, units));
    text.insert_str(at, inserted);
    let cursor = text[..at + inserted.len()].encode_utf16().count();
    browser::set_text(BOX, &text, cursor);
    draft.set(text);
}
