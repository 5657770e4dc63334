//! The tabs of one person, of which one leads: it holds the socket, sends what all of them write, and keeps the shelf. The
//! others hear each frame from it and read the rest from the server themselves.

use serde::{Deserialize, Serialize};
use umbrachat_protocol::{ConversationId, Seq, UserId};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};

#[wasm_bindgen(module = "/js/tabs.js")]
extern "C" {
    fn join(name: &str, on_text: &JsValue, on_lead: &JsValue, on_follow: &JsValue);
    fn leave();
    fn tell(text: &str);
    async fn alone(name: &str) -> JsValue;
}

/// What tabs tell each other.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Word {
    /// To the leader: is there a connection?
    #[serde(rename = "h")]
    Hello,
    /// From the leader: there is, and from here on you hear every frame.
    #[serde(rename = "w")]
    Welcome,
    /// From the leader: what came over the socket.
    #[serde(rename = "f")]
    Frame(String),
    /// From the leader: the connection is over.
    #[serde(rename = "c")]
    Closed,
    /// To the leader: send this for me.
    #[serde(rename = "s")]
    Send(String),
    /// To everybody: this was read here.
    #[serde(rename = "r")]
    Read(ConversationId, Seq),
    /// To everybody: somebody looks at this tab.
    #[serde(rename = "l")]
    Looked,
    /// To everybody: a new access token, and the seconds that it is good for.
    #[serde(rename = "t")]
    Token(String, u32),
}

/// Joins the tabs of this person; `on_role` is told whether this one leads, and again when it comes to lead.
pub(crate) fn join_those_of(
    person: UserId,
    on_word: impl Fn(Word) + 'static,
    on_role: impl Fn(bool) + Clone + 'static,
) {
    let on_text = move |text: String| {
        // A tab of another version may say what this one does not know.
        if let Ok(word) = serde_json::from_str(&text) {
            on_word(word);
        }
    };
    let on_text = Closure::<dyn Fn(String)>::new(on_text).into_js_value();
    let follow = on_role.clone();
    let on_lead = Closure::<dyn Fn()>::new(move || on_role(true)).into_js_value();
    let on_follow = Closure::<dyn Fn()>::new(move || follow(false)).into_js_value();
    join(&format!("umbrachat.{person}"), &on_text, &on_lead, &on_follow);
}

/// Gives up leading, and hears nothing more.
pub(crate) fn leave_them() {
    leave();
}

pub(crate) fn tell_others(word: &Word) {
    if let Ok(text) = serde_json::to_string(word) {
        tell(&text);
    }
}

/// Held while no other tab may do the same.
pub(crate) struct Turn(JsValue);

/// Waits until no other tab renews the session.
pub(crate) async fn turn_to_renew() -> Turn {
    Turn(alone("umbrachat.renewing").await)
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(done) = self.0.dyn_ref::<js_sys::Function>() {
            // It only settles a promise.
            let _ = done.call0(&JsValue::UNDEFINED);
        }
    }
}
