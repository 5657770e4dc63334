//! Everything that the database holds, column by column: whether it says something about a person, what for, how they get
//! a copy of it, and what erasing them does to it.
//!
//! The page "what the server knows about me", the export's test, the erasure's and the record of processing in
//! `docs/PRIVACY.md` go by this list; a test compares it with the tables themselves.

use crate::inventory::Export::{At, Withheld};
use crate::inventory::Holds::{NotPersonal, Personal};

/// A kind of personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Profile,
    Password,
    RecoveryCodes,
    SecondFactor,
    Settings,
    Sessions,
    Consents,
    Friends,
    FriendRequests,
    Blocks,
    Conversations,
    Preferences,
    ReadMarks,
    Messages,
    Reactions,
    Mentions,
    Notices,
    SecurityLog,
    Erasures,
}

pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
}

pub struct Column {
    pub name: &'static str,
    pub holds: Holds,
}

pub enum Holds {
    Personal {
        kind: Kind,
        export: Export,
        /// What erasing the account does to it.
        erased: &'static str,
    },
    /// And why it is not.
    NotPersonal(&'static str),
}

/// How the person gets a copy.
pub enum Export {
    /// In one of these fields of the export; `[]` stands for every item of a list.
    At(&'static [&'static str]),
    /// Not in the export, and why.
    Withheld(&'static str),
}

impl Kind {
    pub const ALL: &[Self] = &[
        Self::Profile,
        Self::Password,
        Self::RecoveryCodes,
        Self::SecondFactor,
        Self::Settings,
        Self::Sessions,
        Self::Consents,
        Self::Friends,
        Self::FriendRequests,
        Self::Blocks,
        Self::Conversations,
        Self::Preferences,
        Self::ReadMarks,
        Self::Messages,
        Self::Reactions,
        Self::Mentions,
        Self::Notices,
        Self::SecurityLog,
        Self::Erasures,
    ];

    /// For programs.
    pub fn name(self) -> &'static str {
        self.words()[0]
    }

    /// For people.
    pub fn title(self) -> &'static str {
        self.words()[1]
    }

    /// What it is held for.
    pub fn why(self) -> &'static str {
        self.words()[2]
    }

    /// For how long.
    pub fn kept(self) -> &'static str {
        self.words()[3]
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each kind, and nothing else")]
    fn words(self) -> [&'static str; 4] {
        const ACCOUNT: &str = "As long as your account exists";
        match self {
            Self::Profile => {
                ["profile", "Username and display name", "So that friends find and recognise you", ACCOUNT]
            }
            Self::Password => [
                "password",
                "Password, as a hash that cannot be turned back",
                "So that only you can sign in",
                "Until you change it, or your account ends",
            ],
            Self::RecoveryCodes => [
                "recovery_codes",
                "Recovery codes, as hashes that cannot be turned back",
                "So that you can choose a new password when you have lost yours",
                "Until you use or renew them, or your account ends",
            ],
            Self::SecondFactor => [
                "second_factor",
                "Second factor: its secret, sealed, and since when it is on",
                "So that your password alone does not let anybody in",
                "Until you turn it off, or your account ends",
            ],
            Self::Settings => ["settings", "Settings", "So that the app behaves as you chose", ACCOUNT],
            Self::Sessions => [
                "sessions",
                "Sessions: device names, times, and hashes of tokens",
                "So that you stay signed in, and a stolen token is noticed",
                "Until you sign out, after 30 days unused, and after 180 days in any case",
            ],
            Self::Consents => [
                "consents",
                "Consents: to which version of the privacy policy, and when",
                "So that your consent can be proved, and withdrawn",
                ACCOUNT,
            ],
            Self::Friends => [
                "friends",
                "Friends, and since when",
                "So that only people you accept can write to you",
                "Until one of you ends it, or your account ends",
            ],
            Self::FriendRequests => [
                "friend_requests",
                "Friend requests that wait, yours and those to you",
                "So that the other can accept",
                "Until they are accepted, declined or taken back, or your account ends",
            ],
            Self::Blocks => [
                "blocks",
                "People whom you have blocked",
                "So that they cannot reach you. Whether others have blocked you is theirs and is not told",
                "Until you lift them, or your account ends",
            ],
            Self::Conversations => [
                "conversations",
                "Conversations that you are or were in, since when and as what",
                "So that messages reach those who are in them, and nobody else",
                "As long as the conversation exists, or until your account ends",
            ],
            Self::Preferences => [
                "preferences",
                "Which conversations you have pinned, archived and muted",
                "So that your list looks the same on every device",
                "Until you change it or leave the conversation, or your account ends",
            ],
            Self::ReadMarks => [
                "read_marks",
                "How far messages have been delivered to you and read",
                "So that unread counts are right, and others see their ticks if you let them",
                "As long as the conversation exists, or until your account ends",
            ],
            Self::Messages => [
                "messages",
                "Messages that you wrote, and what you did in groups",
                "So that they arrive, in order, on every device",
                "Until you delete them, or the conversation ends; when your account ends, without your name or not at \
                 all, as you choose",
            ],
            Self::Reactions => [
                "reactions",
                "Reactions that you gave",
                "So that others see them",
                "Until you take them back, or the message or your account ends",
            ],
            Self::Mentions => [
                "mentions",
                "Messages of others that mention you",
                "So that you are told",
                "Until the message is deleted, or your account ends",
            ],
            Self::Notices => [
                "notices",
                "What others did to you in groups",
                "So that a group knows who came, left and became what",
                "As long as the group exists; without your name once your account ends",
            ],
            Self::SecurityLog => [
                "security_log",
                "Security log: sign-ins, failed ones, and changes, with device names",
                "So that you notice when somebody else tries or gets in",
                "For 90 days, the newest 200 of each kind",
            ],
            Self::Erasures => [
                "erasure",
                "Once you erase your account: a digest from which you cannot be found out",
                "So that a backup which is restored forgets you again",
                "As long as there may be backups in which you are",
            ],
        }
    }
}

const SECRET: Export =
    Withheld("a secret's hash: nobody learns anything from it, but a thief of the file might");
const WITH_ROW: &str = "the row is deleted";

const fn own(name: &'static str, kind: Kind, at: &'static [&'static str]) -> Column {
    Column { name, holds: Personal { kind, export: At(at), erased: WITH_ROW } }
}

const fn withheld(name: &'static str, kind: Kind, export: Export) -> Column {
    Column { name, holds: Personal { kind, export, erased: WITH_ROW } }
}

const fn cleared(
    name: &'static str,
    kind: Kind,
    at: &'static [&'static str],
    erased: &'static str,
) -> Column {
    Column { name, holds: Personal { kind, export: At(at), erased } }
}

const fn ledger(name: &'static str) -> Column {
    let export = Withheld("there is none while the account exists");
    let erased = "written then, so that it is done again where a backup is restored";
    Column { name, holds: Personal { kind: Kind::Erasures, export, erased } }
}

const fn impersonal(name: &'static str, why: &'static str) -> Column {
    Column { name, holds: NotPersonal(why) }
}

const PAIR: &[&str] = &[
    "user.id",
    "friends[].user.id",
    "friend_requests.incoming[].user.id",
    "friend_requests.outgoing[].user.id",
];
const PLACE: &str = "a place in a conversation, which the conversation needs and which names nobody";
const COUNTER: &str = "a counter of the conversation's";
const SILENT: &str = "set to nothing";
const AS_CHOSEN: &str = "emptied, or kept without an author, as the person chooses";
const STAYS: &str = "stays: without an author it is nobody's";

/// Every table and every column.
pub const TABLES: &[Table] = &[
    Table {
        name: "users",
        columns: &[
            own("id", Kind::Profile, &["user.id"]),
            own("username", Kind::Profile, &["user.username"]),
            own("display_name", Kind::Profile, &["user.display_name"]),
            withheld("password_hash", Kind::Password, SECRET),
            own("theme", Kind::Settings, &["settings.theme"]),
            own("receipts", Kind::Settings, &["settings.receipts"]),
            own("presence", Kind::Settings, &["settings.presence"]),
            own("typing", Kind::Settings, &["settings.typing"]),
            own("created_at", Kind::Profile, &["user.created_at"]),
            impersonal("erasing", "set only where the account has ended, and gone with its last trace"),
        ],
    },
    Table {
        name: "recovery_codes",
        columns: &[
            own("user_id", Kind::RecoveryCodes, &["user.id"]),
            withheld("code_hash", Kind::RecoveryCodes, SECRET),
        ],
    },
    Table {
        name: "second_factors",
        columns: &[
            own("user_id", Kind::SecondFactor, &["user.id"]),
            withheld(
                "secret_sealed",
                Kind::SecondFactor,
                Withheld("the app has it already, and a thief of the file must not"),
            ),
            own("confirmed_at", Kind::SecondFactor, &["user.second_factor_since"]),
            impersonal("used_step", "which code was the newest, so that none is taken twice"),
        ],
    },
    Table {
        name: "sessions",
        columns: &[
            own("id", Kind::Sessions, &["sessions[].id"]),
            own("user_id", Kind::Sessions, &["user.id"]),
            own("device_name", Kind::Sessions, &["sessions[].device_name"]),
            own("created_at", Kind::Sessions, &["sessions[].created_at"]),
            own("last_used_at", Kind::Sessions, &["sessions[].last_used_at"]),
            own("idle_until", Kind::Sessions, &["sessions[].idle_until"]),
            own("expires_at", Kind::Sessions, &["sessions[].expires_at"]),
            withheld("refresh_hash", Kind::Sessions, SECRET),
            withheld("predecessor_hash", Kind::Sessions, SECRET),
            own("rotated_at", Kind::Sessions, &["sessions[].rotated_at"]),
            withheld(
                "successor_sealed",
                Kind::Sessions,
                Withheld("sealed: the server itself cannot read it"),
            ),
        ],
    },
    Table {
        name: "consents",
        columns: &[
            impersonal("id", "a random number for the row; nothing else refers to it"),
            own("user_id", Kind::Consents, &["user.id"]),
            own("purpose", Kind::Consents, &["consents[].purpose"]),
            own("policy_version", Kind::Consents, &["consents[].policy_version"]),
            own("policy_sha256", Kind::Consents, &["consents[].policy_sha256"]),
            own("granted_at", Kind::Consents, &["consents[].granted_at"]),
            own("withdrawn_at", Kind::Consents, &["consents[].withdrawn_at"]),
        ],
    },
    Table {
        name: "friendships",
        columns: &[
            own("low_id", Kind::Friends, PAIR),
            own("high_id", Kind::Friends, PAIR),
            own(
                "requested_by",
                Kind::FriendRequests,
                &["friends[].requested_by", "friend_requests.incoming[].user.id", "user.id"],
            ),
            own(
                "requested_at",
                Kind::FriendRequests,
                &[
                    "friends[].requested_at",
                    "friend_requests.incoming[].created_at",
                    "friend_requests.outgoing[].created_at",
                ],
            ),
            own("accepted_at", Kind::Friends, &["friends[].since"]),
        ],
    },
    Table {
        name: "blocks",
        columns: &[
            own("blocker_id", Kind::Blocks, &["user.id"]),
            // To the blocked person it is withheld: the blocker must not be given away (Art 15(4)).
            own("blocked_id", Kind::Blocks, &["blocks[].user.id"]),
            own("created_at", Kind::Blocks, &["blocks[].since"]),
        ],
    },
    Table {
        name: "conversations",
        columns: &[
            own("id", Kind::Conversations, &["conversations[].conversation.id"]),
            own("kind", Kind::Conversations, &["conversations[].conversation.kind"]),
            cleared(
                "title",
                Kind::Conversations,
                &["conversations[].conversation.title"],
                "stays: it is the group's",
            ),
            own("history", Kind::Conversations, &["conversations[].conversation.history"]),
            own("created_at", Kind::Conversations, &["conversations[].conversation.created_at"]),
            own("active_at", Kind::Conversations, &["conversations[].conversation.active_at"]),
            impersonal("last_seq", COUNTER),
            impersonal("rev", COUNTER),
            impersonal("own_rev", COUNTER),
            cleared("direct_low_id", Kind::Conversations, &["conversations[].members[].user.id"], SILENT),
            cleared("direct_high_id", Kind::Conversations, &["conversations[].members[].user.id"], SILENT),
        ],
    },
    Table {
        name: "members",
        columns: &[
            own("conversation_id", Kind::Conversations, &["conversations[].conversation.id"]),
            own("user_id", Kind::Conversations, &["conversations[].members[].user.id"]),
            own("role", Kind::Conversations, &["conversations[].members[].role"]),
            impersonal("rev", COUNTER),
            own("joined_at", Kind::Conversations, &["conversations[].members[].joined_at"]),
            own("left_at", Kind::Conversations, &["conversations[].members[].left_at"]),
            own("first_seq", Kind::Conversations, &["conversations[].members[].marks.first_seq"]),
            own("delivered_seq", Kind::ReadMarks, &["conversations[].members[].marks.delivered_seq"]),
            own("read_seq", Kind::ReadMarks, &["conversations[].members[].marks.read_seq"]),
            impersonal("preferences_rev", "counts how often the preferences changed, so that devices agree"),
            own("pinned_at", Kind::Preferences, &["conversations[].members[].preferences.pinned_at"]),
            own("archived_seq", Kind::Preferences, &["conversations[].members[].preferences.archived_seq"]),
            own("muted_until", Kind::Preferences, &["conversations[].members[].preferences.muted_until"]),
        ],
    },
    Table {
        name: "messages",
        columns: &[
            impersonal("conversation_id", PLACE),
            cleared("seq", Kind::Messages, &["conversations[].messages[].seq"], STAYS),
            impersonal("rev", COUNTER),
            cleared("kind", Kind::Messages, &["conversations[].messages[].kind"], STAYS),
            cleared("author_id", Kind::Messages, &["user.id"], SILENT),
            cleared("client_id", Kind::Messages, &["conversations[].messages[].client_id"], STAYS),
            cleared("body", Kind::Messages, &["conversations[].messages[].body"], AS_CHOSEN),
            cleared("reply_to", Kind::Messages, &["conversations[].messages[].reply_to"], STAYS),
            cleared(
                "mentions",
                Kind::Mentions,
                &["conversations[].messages[].mentions[]"],
                "the person is taken out",
            ),
            cleared("created_at", Kind::Messages, &["conversations[].messages[].created_at"], STAYS),
            cleared("edited_at", Kind::Messages, &["conversations[].messages[].edited_at"], STAYS),
            cleared("deleted_at", Kind::Messages, &["conversations[].messages[].deleted_at"], STAYS),
            cleared(
                "notice",
                Kind::Notices,
                &["conversations[].messages[].notice.action", "conversations[].notices[].action"],
                STAYS,
            ),
            cleared(
                "subject_id",
                Kind::Notices,
                &["conversations[].messages[].notice.user_id", "user.id"],
                SILENT,
            ),
            impersonal("has_reactions", "says whether to look for reactions, which tell it themselves"),
        ],
    },
    Table {
        name: "reactions",
        columns: &[
            impersonal("conversation_id", PLACE),
            own("seq", Kind::Reactions, &["conversations[].reactions[].seq"]),
            own("user_id", Kind::Reactions, &["user.id"]),
            own("emoji", Kind::Reactions, &["conversations[].reactions[].emoji"]),
            own("created_at", Kind::Reactions, &["conversations[].reactions[].created_at"]),
        ],
    },
    Table {
        name: "security_events",
        columns: &[
            impersonal("id", "a random number for the row; nothing else refers to it"),
            own("user_id", Kind::SecurityLog, &["user.id"]),
            own("happened_at", Kind::SecurityLog, &["security_log[].at"]),
            own("kind", Kind::SecurityLog, &["security_log[].kind"]),
            own("device_name", Kind::SecurityLog, &["security_log[].device_name"]),
            own("session_id", Kind::SecurityLog, &["security_log[].session_id"]),
        ],
    },
    Table {
        name: "person_versions",
        columns: &[
            own("user_id", Kind::Profile, &["user.id"]),
            impersonal(
                "version",
                "a counter that tells replicas of the server whether they missed something",
            ),
        ],
    },
    Table {
        name: "epochs",
        columns: &[
            impersonal("id", "there is one row"),
            impersonal("epoch", "a random number that says which history of the database this is"),
            impersonal("beat", "a counter by which the server notices that a backup was restored"),
        ],
    },
    Table { name: "erasures", columns: &[ledger("digest"), ledger("messages"), ledger("erased_at")] },
    Table {
        name: "signals",
        columns: &[
            impersonal("name", "who gives the signal: the operator's commands"),
            impersonal("count", "how often it was given"),
        ],
    },
    Table {
        name: "__diesel_schema_migrations",
        columns: &[
            impersonal("version", "which changes of the tables have been made"),
            impersonal("run_on", "and when"),
        ],
    },
];
