//! Completing a mention or the name of an emoji while it is typed: a list above the text box, for the arrow keys and for the
//! thumb.

use crate::components::avatar::avatar;
use crate::emoji::{self, Emoji};
use crate::mentions;
use crate::{browser, texts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::User;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// The id of the list.
pub(crate) const LIST: &str = "mention-list";

/// As many as fit above the keyboard of a phone.
const MOST: usize = 5;

#[derive(Clone)]
enum Offer {
    Person(User),
    Emoji(&'static Emoji),
}

#[derive(Clone, Copy)]
pub(crate) struct Completion {
    draft: RwSignal<String>,
    people: Callback<(), Vec<User>>,
    text_box: &'static str,
    /// The bytes of the draft that are a name which has begun.
    begun: RwSignal<Option<(usize, usize)>>,
    offers: RwSignal<Vec<Offer>>,
    marked: RwSignal<usize>,
    /// Where somebody wanted no completion.
    declined: StoredValue<Option<usize>>,
}

impl Completion {
    /// For the text box with this id.
    pub(crate) fn new(
        text_box: &'static str,
        draft: RwSignal<String>,
        people: Callback<(), Vec<User>>,
    ) -> Self {
        Self {
            draft,
            people,
            text_box,
            begun: RwSignal::new(None),
            offers: RwSignal::default(),
            marked: RwSignal::new(0),
            declined: StoredValue::new(None),
        }
    }

    /// The id of the marked line, while the list shows.
    pub(crate) fn marked(self) -> Option<String> {
        (!self.offers.with(Vec::is_empty)).then(|| line_id(self.marked.get()))
    }

    /// Looks at what is before the cursor, after something was typed or the cursor was moved.
    pub(crate) fn look(self, event: &web_sys::Event) {
        let Some(text_box) = event.target().and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok()) else {
            return;
        };
        self.look_at(&text_box);
    }

    fn look_at(self, text_box: &HtmlTextAreaElement) {
        let text = text_box.value();
        let end = text_box.selection_start().ok().flatten().map_or(text.len(), |units| byte_at(&text, units));
        if let Some((start, emoji)) = emoji::finished(&text[..end]) {
            return self.put(start, end, emoji);
        }
        let mention = mentions::begun(&text[..end]);
        let typed = mention.or_else(|| emoji::begun(&text[..end]));
        if mention.is_none() && typed.is_some() && emoji::all().is_empty() {
            self.load_emoji(text_box.clone());
        }
        let begun = typed.map(|typed| (end - typed.len(), end));
        let start = begun.map(|(start, _)| start);
        if start != self.declined.get_value() {
            self.declined.set_value(None);
        }
        if begun == self.begun.get_untracked() || (start.is_some() && start == self.declined.get_value()) {
            return;
        }
        let mut offers = Vec::new();
        match (mention, typed) {
            (Some(typed), _) => {
                let mut people = self.people.run(());
                people.retain(|user| mentions::fits(typed, &user.username, &user.display_name));
                offers.extend(people.into_iter().take(MOST).map(Offer::Person));
            }
            (None, Some(typed)) => {
                offers.extend(emoji::find(typed).into_iter().take(MOST).map(Offer::Emoji));
            }
            (None, None) => {}
        }
        self.begun.set(begun);
        self.marked.set(0);
        self.offers.set(offers);
    }

    /// Fetches the names, and looks again when they are there.
    fn load_emoji(self, text_box: HtmlTextAreaElement) {
        spawn_local(async move {
            if !emoji::load().await.is_empty() && self.begun.try_set(None).is_none() {
                self.look_at(&text_box);
            }
        });
    }

    /// Whether the key was meant for the list.
    pub(crate) fn take_key(self, event: &web_sys::KeyboardEvent) -> bool {
        let count = self.offers.with_untracked(Vec::len);
        if count == 0 || event.is_composing() {
            return false;
        }
        match &*event.key() {
            "ArrowDown" => self.marked.update(|marked| *marked = (*marked + 1) % count),
            "ArrowUp" => self.marked.update(|marked| *marked = (*marked + count - 1) % count),
            "Enter" | "Tab" => self.choose(self.marked.get_untracked()),
            "Escape" => {
                self.declined.set_value(self.begun.get_untracked().map(|(start, _)| start));
                self.close();
            }
            _ => return false,
        }
        event.prevent_default();
        event.stop_propagation();
        true
    }

    pub(crate) fn close(self) {
        // It also closes when the text box has gone away.
        if self.offers.try_with_untracked(Vec::is_empty) == Some(false) {
            self.offers.set(Vec::new());
        }
        self.begun.try_set(None);
    }

    pub(crate) fn view(self) -> AnyView {
        let lines = move || {
            let offers = self.offers.get();
            let line = |(index, offer): (usize, &Offer)| {
                let (picture, name, detail) = match offer {
                    Offer::Person(user) => {
                        let picture = avatar(Some(user)).into_any();
                        (picture, user.display_name.clone(), format!("@{}", user.username))
                    }
                    Offer::Emoji(emoji) => {
                        let picture = view! { <span class="emoji-offer">{emoji.glyph}</span> }.into_any();
                        (picture, emoji.name.to_owned(), format!(":{}:", emoji.code()))
                    }
                };
                view! {
                    <li
                        role="option"
                        id=line_id(index)
                        aria-selected=move || (self.marked.get() == index).to_string()
                        // Else the text box loses the focus before the click comes.
                        on:mousedown=|event| event.prevent_default()
                        on:click=move |_| self.choose(index)
                    >
                        {picture}
                        <span class="name" dir="auto">{name}</span>
                        <span class="soft">{detail}</span>
                    </li>
                }
            };
            let lines: Vec<_> = offers.iter().enumerate().map(line).collect();
            (!lines.is_empty()).then(|| {
                view! { <ul class="completion" role="listbox" id=LIST aria-label=texts::t!(completions)>{lines}</ul> }
            })
        };
        lines.into_any()
    }

    fn choose(self, index: usize) {
        let offer = self.offers.with_untracked(|offers| offers.get(index).cloned());
        let (Some(offer), Some((start, end))) = (offer, self.begun.get_untracked()) else { return };
        match offer {
            Offer::Person(user) => {
                let is_apart = self.draft.with_untracked(|text| text[end.min(text.len())..].starts_with(' '));
                let space = if is_apart { "" } else { " " };
                self.put(start, end, &format!("{}{space}", user.username));
            }
            // With the colon before it.
            Offer::Emoji(emoji) => self.put(start - 1, end, emoji.glyph),
        }
    }

    /// Puts something in the place of these bytes of the text box, and the cursor behind it.
    fn put(self, start: usize, end: usize, text: &str) {
        self.close();
        let mut draft = self.draft.get_untracked();
        if draft.get(start..end).is_none() {
            return;
        }
        draft.replace_range(start..end, text);
        let cursor = draft[..start + text.len()].encode_utf16().count();
        // At once: somebody may already be typing on.
        browser::set_text(self.text_box, &draft, cursor);
        self.draft.set(draft);
    }
}

fn line_id(index: usize) -> String {
    format!("{LIST}-{index}")
}

/// The byte at a number of UTF-16 units, in which browsers count.
pub(crate) fn byte_at(text: &str, units: u32) -> usize {
    let mut left = units as usize;
    for (byte, character) in text.char_indices() {
        if left == 0 {
            return byte;
        }
        left = left.saturating_sub(character.len_utf16());
    }
    text.len()
}
