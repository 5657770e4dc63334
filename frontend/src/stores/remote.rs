//! Something that is fetched from the server to be shown: on its way, there, or not to be had for now.

use crate::api::ApiError;
use crate::components::form::button;
use crate::components::skeleton::skeleton;
use crate::texts;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;

type Fetch<T> = Rc<dyn Fn() -> LocalBoxFuture<'static, Result<T, ApiError>>>;

pub(crate) struct Remote<T: Send + Sync + 'static> {
    state: RwSignal<Option<Result<T, ApiError>>>,
    fetch: StoredValue<Fetch<T>, LocalStorage>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: Send + Sync + 'static> Remote<T> {
    pub(crate) fn load<F: Future<Output = Result<T, ApiError>> + 'static>(
        fetch: impl Fn() -> F + 'static,
    ) -> Self {
        let fetch: Fetch<T> = Rc::new(move || Box::pin(fetch()));
        let remote = Self { state: RwSignal::new(None), fetch: StoredValue::new_local(fetch) };
        remote.reload();
        remote
    }

    /// Fetches it anew; what is there stays until then.
    pub(crate) fn reload(self) {
        let Some(fetch) = self.fetch.try_get_value() else { return };
        spawn_local(async move {
            let loaded = fetch().await;
            // Whoever wanted to see it may have gone on.
            self.state.try_set(Some(loaded));
        });
    }

    /// Tries again where it could not be had.
    pub(crate) fn reload_if_missing(self) {
        if self.state.with_untracked(|state| matches!(state, Some(Err(_)))) {
            self.reload();
        }
    }

    /// What is there now.
    pub(crate) fn peek<R>(self, read: impl FnOnce(&T) -> R) -> Option<R> {
        self.state.with_untracked(|state| state.as_ref()?.as_ref().ok().map(read))
    }

    /// It, or why it is not there.
    pub(crate) fn view(self, show: impl FnOnce(&T) -> AnyView) -> AnyView {
        self.state.with(|state| match state {
            None => skeleton(""),
            Some(Ok(value)) => show(value),
            Some(Err(error)) => view! {
                <p class="wrong">{texts::error(error)}</p>
                {button(texts::t!(retry), "button small alone", Callback::new(move |()| self.reload()))}
            }
            .into_any(),
        })
    }
}
