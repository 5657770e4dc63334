//! Pinning, archiving and muting a conversation: from its line in the list, its details, and the palette.

use crate::browser;
use crate::components::dialog::{close_button, dialog};
use crate::components::form::button;
use crate::pages::chats::name_of;
use crate::pages::deeds::opened_by;
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::leptos_dom::helpers::set_interval_with_handle;
use leptos::prelude::*;
use std::time::Duration;
use umbrachat_client_core::ConversationState;
use umbrachat_protocol::{ConversationId, ServerEvent, Timestamp, UpdatePreferences};

/// What stands for ever in `muted_until`: 9999-12-31T23:59:59Z.
const FOR_EVER: Timestamp = Timestamp(253_402_300_799_000_000);

const HOUR: i64 = 3_600;

/// The minute that it is: what is muted for an hour is heard again when that is over.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<Timestamp>);

impl Clock {
    pub(crate) fn watch() -> Self {
        let now = RwSignal::new(browser::now());
        if let Ok(handle) = set_interval_with_handle(move || now.set(browser::now()), Duration::from_mins(1))
        {
            on_cleanup(move || handle.clear());
        }
        Self(now)
    }

    pub(crate) fn now(self) -> Timestamp {
        self.0.get()
    }
}

/// One way to arrange a conversation otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Offer {
    pub(crate) label: &'static str,
    pub(crate) update: UpdatePreferences,
}

/// What can be done about a conversation as it is arranged now.
pub(crate) fn offers(conversation: &ConversationState, now: Timestamp) -> Vec<Offer> {
    let nothing = UpdatePreferences::default();
    let mute =
        |label, until| Offer { label, update: UpdatePreferences { muted_until: Some(until), ..nothing } };
    let pinned = conversation.info().preferences.pinned_at.is_some();
    let archived = conversation.is_archived(now);
    let mut offers = vec![
        Offer {
            label: if pinned { texts::t!(unpin) } else { texts::t!(pin) },
            update: UpdatePreferences { pinned: Some(!pinned), ..nothing },
        },
        Offer {
            label: if archived { texts::t!(take_out) } else { texts::t!(put_away) },
            update: UpdatePreferences { archived: Some(!archived), ..nothing },
        },
    ];
    if conversation.is_muted(now) {
        offers.push(mute(texts::t!(unmute), None));
    } else {
        offers.push(mute(texts::t!(mute_hour), Some(now.plus_seconds(HOUR))));
        offers.push(mute(texts::t!(mute_night), Some(now.plus_seconds(8 * HOUR))));
        offers.push(mute(texts::t!(mute_for_ever), Some(FOR_EVER)));
    }
    offers
}

pub(crate) fn arrange(room: Room, id: ConversationId, update: UpdatePreferences) {
    room.run(async move |api| {
        let preferences = api.update_preferences(id, &update).await?;
        room.answer(ServerEvent::Preferences { conversation_id: id, preferences });
        Ok(())
    });
}

/// Does the offer with one of these labels, if it is made.
pub(crate) fn take_up(room: Room, id: ConversationId, labels: [&'static str; 2]) {
    let offers = room.account.live.peek(|state| Some(offers(state.conversation(id)?, browser::now())));
    if let Some(offer) = offers.unwrap_or_default().iter().find(|offer| labels.contains(&offer.label)) {
        arrange(room, id, offer.update);
    }
}

/// A button for everything that can be done about a conversation.
pub(crate) fn arrange_buttons(room: Room, id: ConversationId, done: Callback<()>) -> AnyView {
    // The words alone, so that the buttons stay while time goes on and messages come.
    let labels = Memo::new(move |_| {
        let now = room.clock.now();
        let live = room.account.live;
        let offers = live.read(Part::Conversation(id), |state| Some(offers(state.conversation(id)?, now)));
        offers.unwrap_or_default().iter().map(|offer| offer.label).collect::<Vec<_>>()
    });
    let buttons = move || {
        let one = |label: &'static str| {
            let run = move |()| {
                done.run(());
                take_up(room, id, [label; 2]);
            };
            button(label, "button small", Callback::new(run))
        };
        labels.get().into_iter().map(one).collect::<Vec<_>>()
    };
    view! {
        <div class="actions">{buttons}</div>
        <p class="soft">{texts::t!(archived_hint)}</p>
    }
    .into_any()
}

/// The dialog that the lines of the list open.
pub(crate) fn arranging(room: Room, about: RwSignal<Option<ConversationId>>) -> AnyView {
    let open = opened_by(about);
    let content = move || {
        let id = about.get()?;
        let name = room.account.live.peek(|state| Some(name_of(state.conversation(id)?.info())))?;
        let content = view! {
            <h2 dir="auto">{name}</h2>
            {arrange_buttons(room, id, Callback::new(move |()| open.set(false)))}
            {close_button(open)}
        };
        Some(content.into_any())
    };
    dialog(open, texts::t!(arrange), content)
}
