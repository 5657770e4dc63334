//! What the browser offers, in Rust's terms.

use crate::{language, texts};
use js_sys::{Array, JsString, Object, Reflect};
use leptos::prelude::{document, window};
use std::cell::Cell;
use std::cmp::Ordering;
use umbrachat_client_core::Millis;
use umbrachat_protocol::{ClientId, Timestamp};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// A clock that never runs backwards, for waiting.
pub(crate) fn monotonic() -> Millis {
    thread_local! {
        /// How long the device has slept since the page began: the page's own clock may stand still then.
        static SLEPT: Cell<f64> = const { Cell::new(0.0) };
        static OFFSET: Cell<Option<f64>> = const { Cell::new(None) };
    }
    let page = window().performance().map_or(0.0, |performance| performance.now());
    let offset = js_sys::Date::now() - page;
    let slept = OFFSET.replace(Some(offset)).map_or(0.0, |before| offset - before);
    // What is less may be the wall clock being set right.
    if slept > 2_000.0 {
        SLEPT.set(SLEPT.get() + slept);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "milliseconds since the page began"
    )]
    Millis((page + SLEPT.get()) as u64)
}

/// The device's wall clock, for showing.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit in an i64")]
    Timestamp(js_sys::Date::now() as i64 * 1_000)
}

/// A moment as the device's own calendar and clock show it.
pub(crate) fn local_date(time: Timestamp) -> js_sys::Date {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit in the 53 bits of an f64")]
    let milliseconds = time.0.div_euclid(1_000) as f64;
    js_sys::Date::new(&JsValue::from_f64(milliseconds))
}

/// Formats a moment as `Intl.DateTimeFormat` does with these options, in the language of the page.
pub(crate) fn format_date(time: Timestamp, options: &[(&str, &str)]) -> String {
    let settings = Object::new();
    for (key, value) in options {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&settings, &JsValue::from_str(key), &JsValue::from_str(value));
    }
    let format = js_sys::Intl::DateTimeFormat::new(&language::tags(), &settings);
    let text = format.format().call1(&JsValue::UNDEFINED, &local_date(time));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// The day by the world's clock, such as "2026-11-23".
pub(crate) fn today() -> String {
    js_sys::Date::new_0().to_iso_string().slice(0, 10).into()
}

/// Orders names as the language of the page does.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let order = JsString::from(a).locale_compare(b, &language::tags(), &Object::new());
    order.cmp(&0)
}

/// Random bits, for what needs no secrecy but must not repeat.
pub(crate) fn random_seed() -> u64 {
    u64::from_le_bytes(random_bytes())
}

/// A new random UUID. `crypto.randomUUID` is missing on plain http, so this asks for the bits themselves.
pub(crate) fn new_client_id() -> ClientId {
    ClientId(uuid::Builder::from_random_bytes(random_bytes()).into_uuid())
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let crypto = window().crypto().expect("every browser that runs WebAssembly has crypto");
    crypto.get_random_values_with_u8_array(&mut bytes).expect("a few bytes are within its quota");
    bytes
}

/// Such as "Firefox on Linux": what the list of devices shows.
pub(crate) fn device_name() -> String {
    let agent = window().navigator().user_agent().unwrap_or_default();
    let named = |names: &[(&str, &'static str)], fallback| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map_or(fallback, |(_, name)| *name)
    };
    // The order matters: Edge and Opera also say Chrome, and Chrome also says Safari.
    let browser = named(
        &[
            ("Firefox/", "Firefox"),
            ("Edg", "Edge"),
            ("OPR/", "Opera"),
            ("SamsungBrowser/", "Samsung Internet"),
            ("CriOS/", "Chrome"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
        ],
        "Browser",
    );
    let system = named(
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "macOS"),
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ],
        "",
    );
    if system.is_empty() { browser.to_owned() } else { texts::device(browser, system) }
}

/// The path of the page's address.
pub(crate) fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// Whether somebody can be looking: the page is visible and its window has the focus.
pub(crate) fn is_attended() -> bool {
    let document = document();
    !document.hidden() && document.has_focus().unwrap_or(false)
}

/// Whether the main pointer is a finger, so that a keyboard on the screen would cover half of it.
pub(crate) fn is_touch() -> bool {
    matches("(pointer: coarse)")
}

pub(crate) fn prefers_reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

/// Whether there is room for three panes. The style sheet also knows from where on.
pub(crate) fn is_wide() -> bool {
    matches("(min-width: 75rem)")
}

pub(crate) fn prefers_contrast() -> bool {
    matches("(prefers-contrast: more)")
}

fn matches(query: &str) -> bool {
    window().match_media(query).ok().flatten().is_some_and(|list| list.matches())
}

/// Moves the focus to an element, by its id.
pub(crate) fn focus(id: &str) {
    if let Some(element) =
        document().get_element_by_id(id).and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok())
    {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Gives a text box, by its id, another text and the focus, with the cursor behind this many UTF-16 units.
pub(crate) fn set_text(id: &str, text: &str, cursor: usize) {
    let text_box =
        document().get_element_by_id(id).and_then(|it| it.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    if let (Some(text_box), Ok(cursor)) = (text_box, u32::try_from(cursor)) {
        text_box.set_value(text);
        // A text box always lets its cursor be moved, and takes the focus.
        let _ = text_box.set_selection_range(cursor, cursor);
        let _ = text_box.focus();
    }
}

/// The UTF-16 units before the cursor of a text box, by its id.
pub(crate) fn cursor(id: &str) -> Option<u32> {
    let text_box = document().get_element_by_id(id)?.dyn_into::<web_sys::HtmlTextAreaElement>().ok()?;
    text_box.selection_start().ok().flatten()
}

/// What is in a file, where that is text.
pub(crate) async fn text_of(file: &web_sys::File) -> Option<String> {
    if !file.type_().starts_with("text/") {
        return None;
    }
    JsFuture::from(file.text()).await.ok()?.as_string()
}

/// Whether text is marked, which the browser's own menu is for.
pub(crate) fn has_selection() -> bool {
    let window = window();
    let get = Reflect::get(&window, &JsValue::from_str("getSelection")).ok();
    let get = get.and_then(|get| get.dyn_into::<js_sys::Function>().ok());
    let selection = get.and_then(|get| get.call0(&window).ok()).filter(|it| !it.is_null());
    selection.is_some_and(|selection| Object::from(selection).to_string().length() > 0)
}

/// The element that something happened to, or one around it, that fits a selector.
pub(crate) fn target_within(target: Option<web_sys::EventTarget>, selector: &str) -> bool {
    let element = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| element.closest(selector).is_ok_and(|found| found.is_some()))
}

/// Puts text on the clipboard; false where the browser does not let it.
pub(crate) async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    // Missing on plain http, though its binding says otherwise.
    let offered =
        Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|it| !it.is_undefined());
    offered && JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}

/// Lets the browser save a small text as a file.
pub(crate) fn download(file_name: &str, text: &str) -> Result<(), JsValue> {
    save(file_name, &web_sys::Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(text)))?)
}

/// Lets the browser save something as a file.
pub(crate) fn save(file_name: &str, blob: &web_sys::Blob) -> Result<(), JsValue> {
    let url = web_sys::Url::create_object_url_with_blob(blob)?;
    let anchor: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(file_name);
    anchor.click();
    web_sys::Url::revoke_object_url(&url)
}

/// Says something to the page's own script, which listens on the window.
pub(crate) fn signal(name: &str) {
    if let Ok(event) = web_sys::Event::new(name) {
        // Nobody can hold up an event that is not cancelable.
        let _ = window().dispatch_event(&event);
    }
}

/// Whether a newer version of the app waits, as the page's own script has noted.
pub(crate) fn has_update() -> bool {
    document().document_element().is_some_and(|root| root.has_attribute("data-update"))
}
