//! The web client of UmbraChat.

mod api;
mod app;
mod browser;
mod components;
mod emoji;
mod events;
mod language;
mod mentions;
mod moments;
mod notify;
mod page;
mod pages;
mod realtime;
mod room;
mod session;
mod sharing;
mod sky;
mod socket;
mod stores;
mod tabs;
mod texts;

use leptos::prelude::document;
use wasm_bindgen::JsCast;

fn main() {
    language::announce();
    let root = document().get_element_by_id("app").expect("index.html has an element for the app");
    // What was there until now only said that something is coming.
    root.set_inner_html("");
    leptos::mount::mount_to(root.unchecked_into(), app::app).forget();
    sky::wake();
}
