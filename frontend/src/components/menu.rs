//! What can be done about a message, in a small menu beside it.

use crate::browser;
use crate::components::icon::{self, icon};
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{ClientId, Seq};
use wasm_bindgen::JsCast;

/// The emoji that are a touch away.
const EMOJI: [&str; 11] = ["❤️", "👍", "😂", "😮", "😢", "🙏", "🌙", "✨", "🔥", "🎉", "😴"];

const FIRST: &str = "menu-first";

/// Something to do about a message.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Reply,
    /// Puts the emoji on it, or takes it away.
    React(String),
    /// Asks for an emoji that is not offered.
    ReactOther,
    Edit,
    Delete,
    Copy,
    ShowQuoted(Seq),
    ShowReaders,
}

/// What a menu has to offer.
pub(crate) struct Offers {
    pub(crate) may_write: bool,
    pub(crate) mine: bool,
    pub(crate) deletable: bool,
    /// Who has read the message, where that is for this person to know.
    pub(crate) read_by: Option<String>,
}

/// The menu that is open, if any.
#[derive(Clone, Copy)]
pub(crate) struct OpenMenu(RwSignal<Option<(ClientId, bool)>>);

impl OpenMenu {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Whether it is the one of this message, and then whether it opens upwards.
    pub(crate) fn of(self, message: ClientId) -> Option<bool> {
        self.0.get().and_then(|(open, upwards)| (open == message).then_some(upwards))
    }

    pub(crate) fn of_untracked(self, message: ClientId) -> bool {
        self.0.get_untracked().is_some_and(|(open, _)| open == message)
    }

    pub(crate) fn open(self, message: ClientId) {
        let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let button = document().get_element_by_id(&button_id(message));
        let upwards = button.is_none_or(|it| it.get_bounding_client_rect().top() > height / 2.0);
        self.0.set(Some((message, upwards)));
        request_animation_frame(|| browser::focus(FIRST));
    }

    pub(crate) fn close(self) {
        // What closes it may come after the conversation has gone.
        if self.0.try_with_untracked(Option::is_some) == Some(true) {
            self.0.set(None);
        }
    }

    pub(crate) fn toggle(self, message: ClientId) {
        if self.of_untracked(message) {
            self.close();
        } else {
            self.open(message);
        }
    }
}

/// The id of the button that opens the menu of a message.
pub(crate) fn button_id(message: ClientId) -> String {
    format!("menu-{message}")
}

/// The menu of a message.
pub(crate) fn menu(
    message: ClientId,
    offers: Offers,
    upwards: bool,
    open: OpenMenu,
    run: Callback<Deed>,
) -> AnyView {
    let Offers { may_write, mine, deletable, read_by } = offers;
    let choose = move |deed: Deed| {
        open.close();
        // Whoever rested a finger on the message does not know the button.
        if !browser::is_touch() {
            browser::focus(&button_id(message));
        }
        run.run(deed);
    };
    let on_keydown = move |event: leptos::ev::KeyboardEvent| {
        let step = match &*event.key() {
            "Escape" | "Tab" => {
                open.close();
                browser::focus(&button_id(message));
                0
            }
            "ArrowDown" | "ArrowRight" => 1,
            "ArrowUp" | "ArrowLeft" => -1,
            _ => return,
        };
        event.prevent_default();
        focus_next(step);
    };
    let mut ids = std::iter::once(FIRST);
    let emoji: Vec<_> = EMOJI
        .iter()
        .filter(|_| may_write)
        .map(|emoji| {
            let react = move |_| choose(Deed::React((*emoji).to_owned()));
            view! {
                <button type="button" role="menuitem" tabindex="-1" class="emoji" id=ids.next() on:click=react>
                    {*emoji}
                </button>
            }
            .into_any()
        })
        .collect();
    let other = move |_| choose(Deed::ReactOther);
    let other = may_write.then(|| {
        view! {
            <button type="button" role="menuitem" tabindex="-1" class="emoji" aria-label=texts::t!(other_emoji) title=texts::t!(other_emoji) on:click=other>
                {icon(icon::PLUS)}
            </button>
        }
    });
    let offers = [
        (may_write, texts::t!(reply).to_owned(), Deed::Reply),
        (may_write && mine, texts::t!(edit).to_owned(), Deed::Edit),
        (true, texts::t!(copy).to_owned(), Deed::Copy),
        (deletable, texts::t!(delete).to_owned(), Deed::Delete),
        (read_by.is_some(), read_by.unwrap_or_default(), Deed::ShowReaders),
    ];
    let items: Vec<_> = offers
        .into_iter()
        .filter(|(offered, ..)| *offered)
        .map(|(_, label, deed)| {
            let on_click = move |_| choose(deed.clone());
            view! {
                <button type="button" role="menuitem" tabindex="-1" class="item" id=ids.next() on:click=on_click>
                    {label}
                </button>
            }
            .into_any()
        })
        .collect();
    view! {
        <div
            class="menu"
            class:upwards=upwards
            role="menu"
            aria-label=texts::t!(message_menu)
            on:keydown=on_keydown
            // A press inside must not take the focus away before the click comes.
            on:mousedown=|event| event.prevent_default()
            on:focusout=move |event| {
                if !browser::target_within(event.related_target(), "[role=menu]") {
                    open.close();
                }
            }
        >
            {(!emoji.is_empty()).then(|| view! { <div class="emojis" role="group" aria-label=texts::t!(react)>{emoji} {other}</div> })}
            {items}
        </div>
    }
    .into_any()
}

/// Moves the focus within the menu, around its ends.
fn focus_next(step: i32) {
    let Ok(items) = document().query_selector_all("[role=menu] [role=menuitem]") else { return };
    let count = i32::try_from(items.length()).unwrap_or_default();
    let at = |index: i32| items.get(u32::try_from(index).ok()?)?.dyn_into::<web_sys::HtmlElement>().ok();
    let active = document().active_element();
    let now = (0..count).find(|index| at(*index).map(web_sys::Element::from) == active);
    if let (Some(now), true) = (now, step != 0)
        && let Some(item) = at((now + step).rem_euclid(count))
    {
        // An item that cannot take the focus leaves it where it is.
        let _ = item.focus();
    }
}
