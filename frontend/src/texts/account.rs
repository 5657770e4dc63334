//! What the client says about one's own account: its secrets, its data, and consent to all of it.

use super::t;
use umbrachat_protocol::{ErasureCounts, SecurityEventKind};

pub(crate) fn codes_file_name(username: &str) -> String {
    t!(codes_file_name, name = username)
}

pub(crate) fn codes_file(username: &str, codes: &str) -> String {
    format!("{}\n\n{codes}\n", t!(codes_file, name = username))
}

pub(crate) fn session(created: &str, used: &str) -> String {
    t!(session, created = created, used = used)
}

pub(crate) fn security_event(kind: SecurityEventKind) -> &'static str {
    match kind {
        SecurityEventKind::SignedUp => t!(security_event.signed_up),
        SecurityEventKind::SignedIn => t!(security_event.signed_in),
        SecurityEventKind::SignInFailed => t!(security_event.sign_in_failed),
        SecurityEventKind::SignedOut => t!(security_event.signed_out),
        SecurityEventKind::SessionEnded => t!(security_event.session_ended),
        SecurityEventKind::OtherSessionsEnded => t!(security_event.other_sessions_ended),
        SecurityEventKind::RefreshReused => t!(security_event.refresh_reused),
        SecurityEventKind::PasswordChanged => t!(security_event.password_changed),
        SecurityEventKind::PasswordRefused => t!(security_event.password_refused),
        SecurityEventKind::Recovered => t!(security_event.recovered),
        SecurityEventKind::RecoveryFailed => t!(security_event.recovery_failed),
        SecurityEventKind::RecoveryCodesRenewed => t!(security_event.recovery_codes_renewed),
        SecurityEventKind::SecondFactorOn => t!(security_event.second_factor_on),
        SecurityEventKind::SecondFactorOff => t!(security_event.second_factor_off),
        SecurityEventKind::SecondFactorRefused => t!(security_event.second_factor_refused),
        SecurityEventKind::ConsentGiven => t!(security_event.consent_given),
        SecurityEventKind::ConsentWithdrawn => t!(security_event.consent_withdrawn),
        SecurityEventKind::DataExported => t!(security_event.data_exported),
        SecurityEventKind::PasswordResetByOperator => t!(security_event.password_reset_by_operator),
        SecurityEventKind::SessionsEndedByOperator => t!(security_event.sessions_ended_by_operator),
    }
}

pub(crate) fn second_factor_since(date: &str) -> String {
    t!(second_factor_since, date = date)
}

pub(crate) fn kept(how_long: &str) -> String {
    t!(kept, how_long = how_long)
}

pub(crate) fn policy_since(version: &str, date: &str) -> String {
    t!(policy_since, version = version, date = date)
}

pub(crate) fn changed_in(version: &str) -> String {
    t!(changed_in, version = version)
}

pub(crate) fn consent(version: &str, granted: &str, withdrawn: Option<String>) -> String {
    match withdrawn {
        None => t!(consent_given, version = version, granted = granted),
        Some(withdrawn) => {
            t!(consent_ended, version = version, granted = granted, withdrawn = &withdrawn)
        }
    }
}

pub(crate) fn erased_at(time: &str) -> String {
    t!(erased_at, time = time)
}

/// What an erasure counts, in plain words.
pub(crate) fn erased(counts: &ErasureCounts) -> [(&'static str, i64); 15] {
    [
        (t!(erased_counts.messages), counts.messages),
        (t!(erased_counts.reactions), counts.reactions),
        (t!(erased_counts.mentions), counts.mentions),
        (t!(erased_counts.notices), counts.notices),
        (t!(erased_counts.direct_conversations), counts.direct_conversations),
        (t!(erased_counts.groups_left), counts.groups_left),
        (t!(erased_counts.groups_ended), counts.groups_ended),
        (t!(erased_counts.friends), counts.friends),
        (t!(erased_counts.friend_requests), counts.friend_requests),
        (t!(erased_counts.blocks), counts.blocks),
        (t!(erased_counts.sessions), counts.sessions),
        (t!(erased_counts.recovery_codes), counts.recovery_codes),
        (t!(erased_counts.second_factors), counts.second_factors),
        (t!(erased_counts.consents), counts.consents),
        (t!(erased_counts.security_events), counts.security_events),
    ]
}
