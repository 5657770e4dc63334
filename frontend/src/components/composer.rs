//! Where messages are written.

use crate::browser;
use crate::components::completion::{self, Completion};
use crate::components::icon::{self, icon};
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{User, limits, text};

/// The id of the text box.
pub(crate) const BOX: &str = "message";

/// How many characters before the limit the count shows.
const WARN_BEFORE: usize = 500;

/// A text box that grows with what is written, and the button that sends it. Enter sends where that
/// is wished; with Shift, and on devices with a keyboard on the screen, it begins a new line.
pub(crate) fn composer(
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
            <div class="grow" data-text=move || draft.get()>
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
