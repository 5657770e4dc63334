//! The theme: on the page, on this device, and with the account.

use crate::browser;
use crate::stores::device;
use leptos::prelude::document;
use umbrachat_protocol::Theme;

/// The theme's name on the wire, on the page and in storage.
pub(crate) fn name(theme: Theme) -> &'static str {
    match theme {
        Theme::Night => "night",
        Theme::Dawn => "dawn",
        Theme::System => "system",
    }
}

/// Chosen here: shows at once, and from now on whenever this device opens the page.
pub(crate) fn choose(theme: Theme) {
    device::keep_theme(name(theme));
    show(theme);
}

/// The account's theme, for a device on which none was chosen.
pub(crate) fn suggest(theme: Theme) {
    if device::theme().is_none() {
        choose(theme);
    }
}

/// High contrast, from now on whenever this device opens the page. Without it the device's own setting holds.
pub(crate) fn choose_contrast(high: bool) {
    device::keep_high_contrast(high);
    if let Some(root) = document().document_element() {
        // The attribute's name is valid, so it cannot be refused.
        if high || browser::prefers_contrast() {
            let _ = root.set_attribute("data-contrast", "more");
        } else {
            let _ = root.remove_attribute("data-contrast");
        }
    }
}

fn show(theme: Theme) {
    if let Some(root) = document().document_element() {
        // The attribute's name is valid, so it cannot be refused.
        let _ = root.set_attribute("data-theme", name(theme));
    }
}
