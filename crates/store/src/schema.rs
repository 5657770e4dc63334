//! The tables, as `migrations/` makes them.

macro_rules! table {
    ($name:ident ($($key:ident),*) { $($column:ident -> $kind:ty,)* }) => {
        diesel::table! {
            use diesel::sql_types::*;
            use crate::types::sql::*;

            $name ($($key),*) { $($column -> $kind,)* }
        }
    };
}

table!(users (id) {
    id -> Id,
    username -> Text,
    display_name -> Text,
    password_hash -> Text,
    theme -> Text,
    receipts -> Bool,
    presence -> Bool,
    typing -> Bool,
    created_at -> Moment,
    erasing -> Nullable<Text>,
});

table!(recovery_codes (user_id, code_hash) {
    user_id -> Id,
    code_hash -> Binary,
});

table!(second_factors (user_id) {
    user_id -> Id,
    secret_sealed -> Binary,
    confirmed_at -> Nullable<Moment>,
    used_step -> BigInt,
});

table!(sessions (id) {
    id -> Id,
    user_id -> Id,
    device_name -> Text,
    created_at -> Moment,
    last_used_at -> Moment,
    idle_until -> Moment,
    expires_at -> Moment,
    refresh_hash -> Binary,
    predecessor_hash -> Nullable<Binary>,
    rotated_at -> Nullable<Moment>,
    successor_sealed -> Nullable<Binary>,
});

table!(consents (id) {
    id -> Id,
    user_id -> Id,
    purpose -> Text,
    policy_version -> Text,
    policy_sha256 -> Text,
    granted_at -> Moment,
    withdrawn_at -> Nullable<Moment>,
});

table!(friendships (low_id, high_id) {
    low_id -> Id,
    high_id -> Id,
    requested_by -> Id,
    requested_at -> Moment,
    accepted_at -> Nullable<Moment>,
});

table!(blocks (blocker_id, blocked_id) {
    blocker_id -> Id,
    blocked_id -> Id,
    created_at -> Moment,
});

table!(conversations (id) {
    id -> Id,
    kind -> Text,
    title -> Nullable<Text>,
    history -> Text,
    created_at -> Moment,
    active_at -> Moment,
    last_seq -> BigInt,
    rev -> BigInt,
    own_rev -> BigInt,
    direct_low_id -> Nullable<Id>,
    direct_high_id -> Nullable<Id>,
});

table!(members (conversation_id, user_id) {
    conversation_id -> Id,
    user_id -> Id,
    role -> Text,
    rev -> BigInt,
    joined_at -> Moment,
    left_at -> Nullable<Moment>,
    first_seq -> BigInt,
    delivered_seq -> BigInt,
    read_seq -> BigInt,
    preferences_rev -> BigInt,
    pinned_at -> Nullable<Moment>,
    archived_seq -> Nullable<BigInt>,
    muted_until -> Nullable<Moment>,
});

table!(messages (conversation_id, seq) {
    conversation_id -> Id,
    seq -> BigInt,
    rev -> BigInt,
    kind -> Text,
    author_id -> Nullable<Id>,
    client_id -> Id,
    body -> Text,
    reply_to -> Nullable<BigInt>,
    mentions -> Text,
    created_at -> Moment,
    edited_at -> Nullable<Moment>,
    deleted_at -> Nullable<Moment>,
    notice -> Nullable<Text>,
    subject_id -> Nullable<Id>,
    has_reactions -> Bool,
});

table!(reactions (conversation_id, seq, user_id, emoji) {
    conversation_id -> Id,
    seq -> BigInt,
    user_id -> Id,
    emoji -> Text,
    created_at -> Moment,
});

table!(erasures (digest) {
    digest -> Binary,
    messages -> Text,
    erased_at -> Moment,
});

table!(security_events (id) {
    id -> Id,
    user_id -> Id,
    happened_at -> Moment,
    kind -> Text,
    device_name -> Nullable<Text>,
    session_id -> Nullable<Id>,
});

table!(epochs (id) {
    id -> SmallInt,
    epoch -> Id,
    beat -> BigInt,
});

table!(person_versions (user_id) {
    user_id -> Id,
    version -> BigInt,
});

table!(signals (name) {
    name -> Text,
    count -> BigInt,
});

diesel::joinable!(members -> conversations (conversation_id));
diesel::joinable!(members -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(
    users,
    recovery_codes,
    second_factors,
    sessions,
    consents,
    friendships,
    blocks,
    conversations,
    members,
    messages,
    reactions,
    erasures,
    security_events,
    person_versions
);
