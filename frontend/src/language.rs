//! The language that is spoken: chosen on this device, or else the first of the browser's that there is a text for.
//!
//! A text is a plain string and not a signal: choosing another language draws the whole page again, which [`track`] is for.
//! How dates, numbers and plurals are written in it, the browser knows.

use crate::stores::device;
use crate::texts::Locale;
use js_sys::{Array, Intl, Number, Object};
use leptos::prelude::{Notify, Track, document, window};
use leptos::reactive::signal::ArcTrigger;
use std::cell::Cell;
use wasm_bindgen::JsValue;

/// Every language, under the name that its speakers give it.
pub(crate) const ALL: [(Locale, &str); 2] = [(Locale::en, "English"), (Locale::de, "Deutsch")];

thread_local! {
    static CURRENT: Cell<Option<Locale>> = const { Cell::new(None) };
    /// The browser's tag for the current one.
    static TAG: Cell<Option<&'static str>> = const { Cell::new(None) };
    static CHANGED: ArcTrigger = ArcTrigger::new();
}

pub(crate) fn current() -> Locale {
    let find = || chosen().or_else(|| spoken().find_map(|tag| named(&tag))).unwrap_or_default();
    let current = CURRENT.get().unwrap_or_else(find);
    CURRENT.set(Some(current));
    current
}

/// Draws whatever asks again when another language is chosen.
pub(crate) fn track() {
    CHANGED.with(Track::track);
}

/// The language that was chosen on this device, if one was.
pub(crate) fn chosen() -> Option<Locale> {
    named(&device::language()?)
}

/// Keeps the choice, where `None` means as the browser is set, and says everything in it. Nothing is loaded again, so that
/// arrow keys may pass by a language on their way to another.
pub(crate) fn choose(language: Option<Locale>) {
    let before = current();
    device::keep_language(language.map(code));
    CURRENT.set(None);
    TAG.set(None);
    if current() != before {
        announce();
        CHANGED.with(Notify::notify);
    }
}

/// Tells the browser what language the page is in, for hyphens, quotation marks and voices.
pub(crate) fn announce() {
    if let Some(root) = document().document_element() {
        // The attribute's name is valid, so it cannot be refused.
        let _ = root.set_attribute("lang", code(current()));
    }
}

/// What dates and numbers are written by: the browser's own tag for this language, such as "en-GB", where it has one.
pub(crate) fn tag() -> &'static str {
    let find = || match spoken().find(|tag| named(tag) == Some(current())) {
        // Once for each choice, of which a page does not see many.
        Some(own) => own.leak(),
        None => code(current()),
    };
    let tag = TAG.get().unwrap_or_else(find);
    TAG.set(Some(tag));
    tag
}

/// The tag as the browser's formatters want it.
pub(crate) fn tags() -> Array {
    Array::of1(&JsValue::from_str(tag()))
}

/// Such as "1,234".
pub(crate) fn number(number: i64) -> String {
    Number::from(as_f64(number)).to_locale_string(tag()).into()
}

/// Whether a count takes the singular.
pub(crate) fn is_one(count: i64) -> bool {
    Intl::PluralRules::new(&tags(), &Object::new()).select(as_f64(count)) == "one"
}

#[expect(clippy::cast_precision_loss, reason = "what people count fits in the 53 bits of an f64")]
fn as_f64(count: i64) -> f64 {
    count as f64
}

/// What the person's browser is set to, the most wanted first.
fn spoken() -> impl Iterator<Item = String> {
    window().navigator().languages().into_iter().filter_map(|tag| tag.as_string())
}

/// The language of a tag such as "de-AT".
fn named(tag: &str) -> Option<Locale> {
    let language = tag.split('-').next().unwrap_or(tag);
    ALL.into_iter().map(|(locale, _)| locale).find(|locale| code(*locale).eq_ignore_ascii_case(language))
}

/// Its code in tags and file names.
pub(crate) fn code(language: Locale) -> &'static str {
    match language {
        Locale::en => "en",
        Locale::de => "de",
    }
}
