//! Forms: fields that say what is wrong with them, and one state for sending.

use crate::api::ApiError;
use crate::{browser, texts};
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::FieldError;

/// Where a form stands.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    busy: RwSignal<bool>,
    fields: RwSignal<Vec<FieldError>>,
    problem: RwSignal<String>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self { busy: RwSignal::new(false), fields: RwSignal::default(), problem: RwSignal::default() }
    }

    pub(crate) fn busy(self) -> bool {
        self.busy.get()
    }

    /// What is wrong with a field, by its name on the wire.
    pub(crate) fn error(self, field: &'static str) -> Option<String> {
        self.fields.with(|fields| fields.iter().find(|error| error.field == field).map(texts::field_error))
    }

    /// Refuses before anything is sent; the first field that is wrong takes the focus.
    pub(crate) fn refuse(self, fields: Vec<FieldError>) {
        if let Some(first) = fields.first() {
            let id = first.field.clone();
            // After the fields have shown their errors, so that a screen reader reads them with it.
            request_animation_frame(move || browser::focus(&id));
        }
        self.fields.set(fields);
    }

    /// Tells what is wrong with all of it.
    pub(crate) fn say(self, problem: impl Into<String>) {
        self.problem.set(problem.into());
    }

    /// Sends, unless that is under way, and shows what the server has against it.
    pub(crate) fn send(self, work: impl Future<Output = Result<(), ApiError>> + 'static) {
        self.send_boxed(Box::pin(work));
    }

    /// The part that is the same for all forms, so that it is compiled once.
    fn send_boxed(self, work: LocalBoxFuture<'static, Result<(), ApiError>>) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.fields.set(Vec::new());
        self.problem.set(String::new());
        spawn_local(async move {
            let result = work.await;
            // The page, and the form with it, may be gone by now.
            self.busy.try_set(false);
            if let Err(error) = result {
                self.fail(&error);
            }
        });
    }

    fn fail(self, error: &ApiError) {
        if let ApiError::Problem(problem) = error
            && !problem.fields.is_empty()
        {
            self.refuse(problem.fields.clone());
        } else {
            self.problem.try_set(texts::error(error));
        }
    }
}

/// A labelled field. Its id is its name on the wire, by which errors find it.
pub(crate) struct Field {
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    autocomplete: &'static str,
    secret: bool,
    prose: bool,
    digits: bool,
}

impl Field {
    pub(crate) fn new(id: &'static str, label: &'static str) -> Self {
        Self { id, label, hint: "", autocomplete: "off", secret: false, prose: false, digits: false }
    }

    pub(crate) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    /// Hidden while it is typed, unless the person wants to see it.
    pub(crate) fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// For people's names and words, rather than for names that machines compare.
    pub(crate) fn prose(self) -> Self {
        Self { prose: true, ..self }
    }

    /// For codes, which a telephone then asks for with large keys.
    pub(crate) fn digits(self) -> Self {
        Self { digits: true, ..self }
    }

    pub(crate) fn view(self, form: Form, value: RwSignal<String>) -> AnyView {
        let Self { id, label, hint, autocomplete, secret, prose, digits } = self;
        let shown = RwSignal::new(!secret);
        let described_by = move || {
            let error = if form.error(id).is_some() { format!("{id}-error ") } else { String::new() };
            format!("{error}{id}-hint")
        };
        let reveal = move || {
            view! {
                <button
                    type="button"
                    class="reveal"
                    aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {move || if shown.get() { texts::t!(hide) } else { texts::t!(show) }}
                </button>
            }
        };
        let wrong = move || {
            form.error(id)
                .map(|text| view! { <p class="wrong" id=format!("{id}-error")>{text}</p> }.into_any())
        };
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <div class="input">
                    <input
                        id=id
                        name=id
                        type=move || if shown.get() { "text" } else { "password" }
                        autocomplete=autocomplete
                        autocapitalize=if prose { "sentences" } else { "none" }
                        inputmode=digits.then_some("numeric")
                        spellcheck="false"
                        dir=prose.then_some("auto")
                        aria-invalid=move || form.error(id).is_some().then_some("true")
                        aria-describedby=described_by
                        prop:value=move || value.get()
                        on:input=move |event| value.set(event_target_value(&event))
                    />
                    {secret.then(reveal)}
                </div>
                <p class="hint" id=format!("{id}-hint")>{hint}</p>
                {wrong}
            </div>
        }
        .into_any()
    }
}

/// A button for something to do.
pub(crate) fn button(label: &'static str, class: &'static str, on_click: Callback<()>) -> AnyView {
    view! {
        <button type="button" class=class on:click=move |_| on_click.run(())>
            {label}
        </button>
    }
    .into_any()
}

/// What is wrong with the form as a whole.
pub(crate) fn problem(form: Form) -> AnyView {
    view! { <p class="wrong" role="alert">{move || form.problem.get()}</p> }.into_any()
}

/// What is wrong with the form as a whole, and the button that sends it.
pub(crate) fn submit(form: Form, label: &'static str) -> AnyView {
    view! {
        {problem(form)}
        <button type="submit" class="button primary wide" aria-busy=move || form.busy().to_string()>
            {label}
        </button>
    }
    .into_any()
}
