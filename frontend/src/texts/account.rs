//! What the client says about one's own account: its secrets, its data, and consent to all of it.

use umbrachat_protocol::{ErasureCounts, SecurityEventKind};

// Recovery codes.
pub(crate) const CODES_TITLE: &str = "Your way back in";
pub(crate) const CODES_LEAD: &str = "We never ask for an e-mail address, so these ten codes are the only way back if you forget your \
    password. Each works once. Keep them somewhere safe: they are shown only now.";
pub(crate) const CODES_COPY: &str = "Copy";
pub(crate) const CODES_COPIED: &str = "Copied";
pub(crate) const CODES_COPY_FAILED: &str =
    "This browser does not allow copying. Please download the codes, or write them down.";
pub(crate) const CODES_DOWNLOAD: &str = "Download";
pub(crate) const CODES_DOWNLOADED: &str = "Saved as a file";
pub(crate) const CODES_DONE: &str = "I have saved them";

pub(crate) fn codes_file_name(username: &str) -> String {
    format!("umbrachat-recovery-codes-{username}.txt")
}

pub(crate) fn codes_file(username: &str, codes: &str) -> String {
    format!("UmbraChat recovery codes of {username}. Each works once.\n\n{codes}\n")
}

// Security.
pub(crate) const SECURITY: &str = "Security";
pub(crate) const SECURITY_LEAD: &str = "Password, devices, recovery codes";
pub(crate) const CURRENT_PASSWORD: &str = "Current password";
pub(crate) const CHANGE_PASSWORD: &str = "Change password";
pub(crate) const PASSWORD_CHANGED: &str = "Your password is changed. All your other devices are signed out.";
pub(crate) const SESSIONS: &str = "Where you are signed in";
pub(crate) const THIS_DEVICE: &str = "This device";
pub(crate) const END_SESSION: &str = "End";
pub(crate) const END_OTHERS: &str = "End all others";
pub(crate) const END_OTHERS_TITLE: &str = "Sign out everywhere else?";
pub(crate) const END_OTHERS_TEXT: &str = "All devices but this one are signed out at once.";
pub(crate) const RECOVERY_CODES: &str = "Recovery codes";
pub(crate) const RENEW_CODES_LEAD: &str =
    "Lost them, or used some? Ten new ones take the place of those you have, which end at once.";
pub(crate) const RENEW_CODES: &str = "Make new codes";
pub(crate) const CODES_RENEWED: &str = "These take the place of the ones you had. They are shown only now.";
pub(crate) const SECURITY_LOG: &str = "What happened to your account";
pub(crate) const SECURITY_LOG_LEAD: &str = "The last 90 days. Only you can see this.";

pub(crate) fn session(created: &str, used: &str) -> String {
    format!("Signed in {created} · Last used: {used}")
}

pub(crate) fn security_event(kind: SecurityEventKind) -> &'static str {
    match kind {
        SecurityEventKind::SignedUp => "You made this account",
        SecurityEventKind::SignedIn => "Signed in",
        SecurityEventKind::SignInFailed => "Somebody tried to sign in with a wrong password",
        SecurityEventKind::SignedOut => "Signed out",
        SecurityEventKind::SessionEnded => "A device was signed out from another one",
        SecurityEventKind::OtherSessionsEnded => "All other devices were signed out",
        SecurityEventKind::RefreshReused => {
            "A session was ended because its secret came twice, as a stolen one would"
        }
        SecurityEventKind::PasswordChanged => "The password was changed",
        SecurityEventKind::PasswordRefused => "A wrong current password was given",
        SecurityEventKind::Recovered => "A recovery code set a new password",
        SecurityEventKind::RecoveryFailed => "Somebody tried a recovery code that is none",
        SecurityEventKind::RecoveryCodesRenewed => "New recovery codes were made",
        SecurityEventKind::ConsentGiven => "You agreed to the privacy policy",
        SecurityEventKind::ConsentWithdrawn => "You withdrew your consent",
        SecurityEventKind::DataExported => "A copy of your data was taken",
    }
}

pub(crate) const MY_DATA: &str = "My data";
pub(crate) const MY_DATA_LEAD: &str = "See it, take it, erase it";
pub(crate) const KNOWN: &str = "What the server knows about you";
pub(crate) const KNOWN_LEAD: &str =
    "Everything that is held, counted at this moment: what for, and for how long.";
pub(crate) const TAKE: &str = "Take it with you";
pub(crate) const TAKE_LEAD: &str =
    "A copy of all of it in one file, which you can read and other programs can too.";
pub(crate) const DOWNLOAD_DATA: &str = "Download my data";
pub(crate) const DATA_SAVED: &str = "Saved as a file.";
pub(crate) const CONSENT: &str = "Your consent";
pub(crate) const POLICY_AND_HISTORY: &str = "The privacy policy and its history";
pub(crate) const WITHDRAW: &str = "Withdraw consent";
pub(crate) const WITHDRAW_TITLE: &str = "Withdraw your consent?";
pub(crate) const WITHDRAW_TEXT: &str = "From then on you can only read the policy, agree again, take your data, or erase your account. Nothing is lost.";
pub(crate) const ERASE_HEADING: &str = "Erase it";
pub(crate) const ERASE_LEAD: &str = "Your account and all that belongs to it are erased for good, at once. Groups that are yours go to \
    somebody who stays. Nobody can undo it, not even whoever runs the server.";
pub(crate) const ERASE_MESSAGES: &str = "And what you have written to others?";
pub(crate) const ERASE_THEM: &str = "Erase my messages";
pub(crate) const ERASE_THEM_HINT: &str =
    "Their texts are gone for everybody; that something was there remains visible.";
pub(crate) const ANONYMISE_THEM: &str = "Leave them, without my name";
pub(crate) const ANONYMISE_THEM_HINT: &str = "Conversations stay readable for others. Nothing says any more who wrote it, unless the text itself does.";
pub(crate) const ERASE: &str = "Erase my account";
pub(crate) const ERASE_TITLE: &str = "Erase your account for good?";
pub(crate) const ERASE_TEXT: &str = "This cannot be undone. You are signed out everywhere.";
pub(crate) const KEEP_ACCOUNT: &str = "Keep my account";

pub(crate) fn kept(how_long: &str) -> String {
    format!("Kept: {how_long}")
}

// Consent.
pub(crate) const CONSENT_TITLE: &str = "Your consent is asked for";
pub(crate) const POLICY_IS_NEW: &str = "The privacy policy has changed. Please read what is different, and decide whether you agree. Until then \
    nothing else works here, and nothing is lost.";
pub(crate) const CONSENT_WITHDRAWN: &str =
    "You have withdrawn your consent, so nothing else works here until you agree again. Nothing is lost.";
pub(crate) const WHOLE_POLICY: &str = "The whole policy";
pub(crate) const AGREE: &str = "Agree and go on";
pub(crate) const DO_NOT_AGREE: &str = "I do not agree";
pub(crate) const DO_NOT_AGREE_TEXT: &str =
    "You can sign out and decide later, take a copy of your data with you, or have your account erased.";
pub(crate) const POLICY_HISTORY: &str = "Earlier and current versions";
pub(crate) const FIRST_POLICY: &str = "This is the first version.";
pub(crate) const READ_VERSION: &str = "Read this version";

pub(crate) fn policy_since(version: &str, date: &str) -> String {
    format!("Version {version}, in force since {date}")
}

pub(crate) fn changed_in(version: &str) -> String {
    format!("What version {version} changes")
}

pub(crate) fn consent(version: &str, granted: &str, withdrawn: Option<String>) -> String {
    let end = withdrawn.map(|withdrawn| format!(", withdrawn {withdrawn}")).unwrap_or_default();
    format!("Policy of {version}: agreed {granted}{end}")
}

// An account that is no more.
pub(crate) const ERASED_TITLE: &str = "You are forgotten here";
pub(crate) const RECEIPT: &str = "What was erased";
pub(crate) const ERASURE_GOES_ON: &str =
    "There were very many messages; the last of them are being worked through at this moment, by themselves.";
pub(crate) const DOWNLOAD_RECEIPT: &str = "Download the receipt";

pub(crate) fn erased_at(time: &str) -> String {
    format!("Your account was erased on {time}. This receipt is yours alone; the server keeps no copy.")
}

/// What an erasure counts, in plain words.
pub(crate) fn erased(counts: &ErasureCounts) -> [(&'static str, i64); 14] {
    [
        ("Messages", counts.messages),
        ("Reactions", counts.reactions),
        ("Mentions of you", counts.mentions),
        ("Notices in groups", counts.notices),
        ("Direct conversations", counts.direct_conversations),
        ("Groups left", counts.groups_left),
        ("Groups ended", counts.groups_ended),
        ("Friends", counts.friends),
        ("Friend requests", counts.friend_requests),
        ("Blocks", counts.blocks),
        ("Sessions", counts.sessions),
        ("Recovery codes", counts.recovery_codes),
        ("Consents", counts.consents),
        ("Security log entries", counts.security_events),
    ]
}
