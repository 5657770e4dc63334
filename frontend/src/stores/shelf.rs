//! What this device keeps of conversations, to be read without the server: the last ones, bounded, in `IndexedDB`.
//!
//! The account is one text, each conversation another, so that a message costs one small write.

use js_sys::{Array, JsString};
use std::collections::BTreeSet;
use umbrachat_client_core::{KeptConversation, State};
use umbrachat_protocol::{ConversationId, Snapshot, UserId};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(module = "/js/shelf.js")]
extern "C" {
    async fn recall(person: &str) -> JsValue;
    async fn keep(person: &str, names: Array, texts: Array, listed: Array);
    #[wasm_bindgen(js_name = wipe)]
    async fn wipe_all();
}

/// Sorts before all ids, so that it comes first.
const ACCOUNT: &str = "!";

/// What has changed since it was last kept.
#[derive(Debug, Default)]
pub(crate) struct Unkept {
    pub(crate) account: bool,
    pub(crate) conversations: BTreeSet<ConversationId>,
}

impl Unkept {
    pub(crate) fn is_empty(&self) -> bool {
        !self.account && self.conversations.is_empty()
    }
}

/// What was kept for a person; none where that is nothing, or of another version of this client.
pub(crate) async fn of(person: UserId) -> Option<(Snapshot, Vec<KeptConversation>)> {
    let texts: Array = recall(&person.to_string()).await.dyn_into().ok()?;
    let mut texts = texts.iter().filter_map(|text| text.as_string());
    let account: Snapshot = serde_json::from_str(&texts.next()?).ok()?;
    Some((account, texts.filter_map(|text| serde_json::from_str(&text).ok()).collect()))
}

/// Keeps what has changed, and forgets what is not among the last conversations any more.
pub(crate) async fn update(person: UserId, texts: Texts) {
    let Texts { names, bodies, listed } = texts;
    keep(&person.to_string(), names, bodies, listed).await;
}

/// Forgets everything.
pub(crate) async fn wipe() {
    wipe_all().await;
}

/// What is to be kept, written down.
pub(crate) struct Texts {
    names: Array,
    bodies: Array,
    listed: Array,
}

impl Texts {
    pub(crate) fn of(state: &State, unkept: &Unkept) -> Option<Self> {
        let all = state.kept_conversations();
        let listed = Array::of1(&ACCOUNT.into());
        for id in &all {
            listed.push(&JsString::from(id.to_string()));
        }
        let this = Self { names: Array::new(), bodies: Array::new(), listed };
        this.put(ACCOUNT, serde_json::to_string(&state.keep_account()?).ok()?);
        for id in all.iter().filter(|id| unkept.conversations.contains(id)) {
            let kept = state.keep_conversation(*id).and_then(|kept| serde_json::to_string(&kept).ok());
            if let Some(text) = kept {
                this.put(&id.to_string(), text);
            }
        }
        Some(this)
    }

    fn put(&self, name: &str, text: String) {
        self.names.push(&JsString::from(name));
        self.bodies.push(&JsString::from(text));
    }
}
