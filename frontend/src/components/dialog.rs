//! Modal dialogs. The browser's own element keeps the focus inside, closes on Escape and gives the focus back.

use crate::components::form::button;
use crate::texts;
use leptos::html;
use leptos::prelude::*;

/// Shows its content above everything else while `open`.
pub(crate) fn dialog(open: RwSignal<bool>, label: &'static str, content: impl IntoView + 'static) -> AnyView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let (Some(dialog), open) = (element.get(), open.get()) else { return };
        if open && !dialog.open() {
            // It is in the document and not shown yet, so nothing speaks against showing it.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    // The dialog's own box is filled by its body: what hits the dialog itself is the backdrop.
    let close_on_backdrop = move |event: leptos::ev::MouseEvent| {
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    view! {
        <dialog
            class="dialog"
            aria-label=label
            node_ref=element
            on:close=move |_| open.set(false)
            on:click=close_on_backdrop
        >
            <div class="dialog-body">{content.into_any()}</div>
        </dialog>
    }
    .into_any()
}

/// A question before something that cannot be undone.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    open: RwSignal<bool>,
    title: RwSignal<String>,
    text: RwSignal<String>,
    yes: &'static str,
    no: &'static str,
}

impl Question {
    /// With the words on its two buttons.
    pub(crate) fn new(yes: &'static str, no: &'static str) -> Self {
        Self { open: RwSignal::new(false), title: RwSignal::default(), text: RwSignal::default(), yes, no }
    }

    pub(crate) fn ask(self, title: impl Into<String>, text: impl Into<String>) {
        self.title.set(title.into());
        self.text.set(text.into());
        self.open.set(true);
    }
}

/// The dialog in which a question is asked.
pub(crate) fn confirm(question: Question, on_yes: Callback<()>) -> AnyView {
    let Question { open, title, text, yes, no } = question;
    let confirmed = move |()| {
        open.set(false);
        on_yes.run(());
    };
    let content = view! {
        <h2>{move || title.get()}</h2>
        <p class="soft">{move || text.get()}</p>
        <div class="actions end">
            {button(no, "button quiet", Callback::new(move |()| open.set(false)))}
            {button(yes, "button danger", Callback::new(confirmed))}
        </div>
    };
    dialog(open, yes, content)
}

/// The button that closes a dialog which only tells something.
pub(crate) fn close_button(open: RwSignal<bool>) -> AnyView {
    let close = Callback::new(move |()| open.set(false));
    view! { <div class="actions end">{button(texts::t!(close), "button", close)}</div> }.into_any()
}
