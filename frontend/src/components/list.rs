//! A list whose lines keep their identity.

use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Draws a line once for each id, and moves or removes it with its id. The parts are boxed, so that the code for all lists
/// is there once.
pub(crate) fn keyed(
    ids: impl Fn() -> Vec<Uuid> + Send + Sync + 'static,
    line: impl Fn(Uuid) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let ids: Arc<dyn Fn() -> Vec<Uuid> + Send + Sync> = Arc::new(ids);
    let line: Arc<dyn Fn(Uuid) -> AnyView + Send + Sync> = Arc::new(line);
    boxed(ids, line)
}

fn boxed(
    ids: Arc<dyn Fn() -> Vec<Uuid> + Send + Sync>,
    line: Arc<dyn Fn(Uuid) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=move || ids() key=|id| *id children=move |id| line(id) /> }.into_any()
}
