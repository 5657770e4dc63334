//! How one member has arranged a conversation: pinned, put away, muted. Nobody else is told.

use crate::{Rev, Seq, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};

/// For the member's own eyes, on all their devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preferences {
    /// Counts the changes of these preferences: of two, the one with the higher `rev` is the newer.
    pub rev: Rev,
    /// Pinned conversations stand above all others, the one that was pinned first at the top.
    #[serde(default)]
    pub pinned_at: Option<Timestamp>,
    /// The newest message when the conversation was put into the archive. A newer one brings it back, unless it is muted.
    #[serde(default)]
    pub archived_seq: Option<Seq>,
    /// Until then nothing of the conversation is to draw attention; `9999-12-31T23:59:59Z` stands for ever.
    #[serde(default)]
    pub muted_until: Option<Timestamp>,
}

impl Preferences {
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.muted_until.is_some_and(|until| now < until)
    }

    /// Whether the conversation lies in the archive, `last_seq` being its newest message.
    pub fn is_archived(&self, last_seq: Seq, now: Timestamp) -> bool {
        self.archived_seq.is_some_and(|seq| last_seq <= seq || self.is_muted(now))
    }
}

/// `PATCH /conversations/{id}/preferences`: what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdatePreferences {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Null lets the conversation be heard again.
    #[serde(default, deserialize_with = "value_or_null", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Timestamp>))]
    pub muted_until: Option<Option<Timestamp>>,
}

/// Serde would take null for a field that was left out.
#[expect(clippy::option_option, reason = "left out, null and a time are three things")]
fn value_or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_new_message_brings_an_archived_conversation_back_unless_it_is_muted() {
        let archived = Preferences { archived_seq: Some(Seq(3)), ..Preferences::default() };
        assert!(archived.is_archived(Seq(3), NOW));
        assert!(!archived.is_archived(Seq(4), NOW));

        let muted = Preferences { muted_until: Some(NOW.plus_seconds(60)), ..archived };
        assert!(muted.is_archived(Seq(4), NOW));
        assert!(!muted.is_archived(Seq(4), NOW.plus_seconds(60)), "the hour is over");
    }

    #[test]
    fn null_and_nothing_are_two_things() {
        let update = |json: &str| serde_json::from_str::<UpdatePreferences>(json).unwrap().muted_until;
        assert_eq!(update("{}"), None);
        assert_eq!(update(r#"{"muted_until":null}"#), Some(None));
        assert!(matches!(update(r#"{"muted_until":"9999-12-31T23:59:59Z"}"#), Some(Some(_))));
    }
}
