//! Examples, made from the very types that go over the wire, so that they can't be wrong about a field.

use super::{operations, referred};
use serde::Serialize;
use serde_json::{Value, json};
use umbrachat_protocol::export::{
    ConversationFacts, ExportedConversation, ExportedFriend, ExportedMarks, ExportedMember, ExportedMessage,
    ExportedRequests, ExportedUser, FORMAT, VERSION,
};
use umbrachat_protocol::{
    AskedFriend, Block, ChangePassword, ChangeSecondFactor, Changes, ClientId, ConfirmSecondFactor, Consent,
    Conversation, ConversationId, ConversationKind, Credentials, DataKind, EditMessage, EraseMe, Erased,
    ErasedMessages, ErasureCounts, Export, ExportCounts, Friend, FriendRequest, FriendRequests, GiveConsent,
    HandOver, History, Me, Member, Message, MessageKind, MessagePage, MyData, NewFriendRequest, NewGroup,
    NewMessage, NewSecondFactor, PeerReceipt, PolicyVersion, Preferences, PrivacyPolicy, PutMember, Receipt,
    Recover, RecoveryCodes, Refresh, Register, Registered, RenewRecoveryCodes, Rev, Role, SecondFactor,
    SecurityEvent, SecurityEventKind, Seq, Session, SessionId, Settings, SettingsPatch, SignedIn, Snapshot,
    Theme, Timestamp, UpdateGroup, UpdateMe, UpdatePreferences, UpdateReceipts, User, UserId,
};
use umbrachat_store::{Erasure, inventory::Kind};
use utoipa::openapi::content::Content;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use uuid::{Uuid, uuid};

const ANA: UserId = UserId(uuid!("019b1a60-3c2b-7d5e-9f10-2a6b8c0d4e01"));
const BO: UserId = UserId(uuid!("019b1a61-77e0-7c44-8b21-5f3a9d7e1c02"));
const SESSION: Uuid = uuid!("019b1a62-0a94-7f3b-a8d7-6c4e2b1f9a03");
const CONVERSATION: ConversationId = ConversationId(uuid!("019b1a63-5d18-7b62-93c5-8e7f0a2d6b04"));
const MESSAGE: ClientId = ClientId(uuid!("4f0d7b0e-58d1-4f6e-9c0a-0b7a3f1d2e05"));
const POLICY: &str = "2026-11-23";
/// 2026-11-23T21:04:05Z
const EVENING: Timestamp = Timestamp(1_795_467_845_000_000);

pub(super) fn add(document: &mut OpenApi) {
    for (_, operation) in operations(document) {
        if let Some(RefOr::T(body)) = &mut operation.request_body {
            body.content.values_mut().for_each(illustrate);
        }
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                response.content.values_mut().for_each(illustrate);
            }
        }
    }
}

fn illustrate(content: &mut RefOr<Content>) {
    if let RefOr::T(content) = content
        && let Some(example) = content.schema.as_ref().and_then(of_schema)
    {
        content.example = Some(example);
    }
}

fn of_schema(schema: &RefOr<Schema>) -> Option<Value> {
    if let RefOr::T(Schema::Array(array)) = schema {
        return match &array.items {
            ArrayItems::RefOrSchema(item) => of_schema(item).map(|example| json!([example])),
            ArrayItems::False => None,
        };
    }
    referred(schema).and_then(of_component)
}

fn of_component(name: &str) -> Option<Value> {
    Some(match name {
        "AskedFriend" => value(AskedFriend::Request(request(bo()))),
        "Block" => value(Block { user: bo(), since: EVENING }),
        "Changes" => value(changes()),
        "Consent" => value(consent()),
        "Conversation" => value(conversation()),
        "Credentials" => value(credentials()),
        "EditMessage" => value(EditMessage { body: "Are you still awake?".into() }),
        "EraseMe" => value(EraseMe { password: password(), messages: ErasedMessages::Erase }),
        "Erased" => value(erased()),
        "Export" => value(export()),
        "Friend" => value(friend()),
        "FriendRequest" => value(request(bo())),
        "FriendRequests" => value(FriendRequests { incoming: vec![request(bo())], outgoing: vec![] }),
        "GiveConsent" => value(GiveConsent { policy_version: POLICY.into() }),
        "HandOver" => value(HandOver { user_id: BO }),
        "Health" => json!({"status": "ok"}),
        "Me" => value(me()),
        "Member" => value(member()),
        "Message" => value(message()),
        "MessagePage" => value(MessagePage { messages: vec![message()], has_more: false }),
        "MyData" => value(my_data()),
        "NewFriendRequest" => value(NewFriendRequest { username: "bo".into() }),
        "NewGroup" => value(new_group()),
        "NewMessage" => value(new_message()),
        "ChangePassword" => value(change_password()),
        "PolicyVersion" => value(policy_version()),
        "PrivacyPolicy" => value(policy()),
        "PutMember" => value(PutMember { role: Some(Role::Admin) }),
        "Recover" => value(recover()),
        "RecoveryCodes" => value(RecoveryCodes { recovery_codes: vec![recovery_code()] }),
        "Refresh" => value(Refresh { refresh_token: Some(refresh_token()) }),
        "Register" => value(register()),
        "Registered" => value(Registered { signed_in: signed_in(), recovery_codes: vec![recovery_code()] }),
        "RenewRecoveryCodes" => value(RenewRecoveryCodes { password: password() }),
        "SecondFactor" => value(SecondFactor { since: Some(EVENING) }),
        "ChangeSecondFactor" => value(ChangeSecondFactor { password: password() }),
        "ConfirmSecondFactor" => value(ConfirmSecondFactor { code: "287082".into() }),
        "NewSecondFactor" => value(new_second_factor()),
        "SecurityEvent" => value(security_event()),
        "Session" => value(session()),
        "SignedIn" => value(signed_in()),
        "Snapshot" => value(snapshot()),
        "UpdateGroup" => {
            value(UpdateGroup { title: Some("Stargazers".into()), history: Some(History::Full) })
        }
        "Preferences" => value(preferences()),
        "UpdatePreferences" => value(UpdatePreferences {
            pinned: Some(true),
            archived: Some(false),
            muted_until: Some(preferences().muted_until),
        }),
        "UpdateMe" => value(update_me()),
        "UpdateReceipts" => value(UpdateReceipts { delivered_seq: Some(Seq(1)), read_seq: Some(Seq(1)) }),
        "User" => value(bo()),
        _ => return None,
    })
}

fn value(example: impl Serialize) -> Value {
    serde_json::to_value(example).expect("what goes over the wire is JSON")
}

fn ana() -> User {
    User { id: ANA, username: "ana".into(), display_name: "Ana Luz".into() }
}

fn bo() -> User {
    User { id: BO, username: "bo".into(), display_name: "Bo".into() }
}

fn me() -> Me {
    Me { user: ana(), settings: Settings::default() }
}

fn password() -> String {
    "the-lamp-hums-at-3".into()
}

fn recovery_code() -> String {
    "k3vq-7m2p-x9rt-h4wd".into()
}

fn refresh_token() -> String {
    "AZsaYgqUfzuo12xOKx-aA1Q4bXl…".into()
}

fn register() -> Register {
    Register {
        username: "ana".into(),
        password: password(),
        display_name: Some("Ana Luz".into()),
        privacy_policy_version: POLICY.into(),
        device_name: Some("Kitchen laptop".into()),
        refresh_in_cookie: false,
    }
}

fn credentials() -> Credentials {
    Credentials {
        username: "ana".into(),
        password: password(),
        code: None,
        device_name: Some("Kitchen laptop".into()),
        refresh_in_cookie: false,
    }
}

fn recover() -> Recover {
    Recover {
        username: "ana".into(),
        recovery_code: recovery_code(),
        new_password: "rain-on-the-tin-roof".into(),
        device_name: None,
        refresh_in_cookie: false,
    }
}

fn signed_in() -> SignedIn {
    SignedIn {
        user: me(),
        session_id: SessionId(SESSION),
        access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.…".into(),
        access_expires_in: 600,
        refresh_token: Some(refresh_token()),
    }
}

fn update_me() -> UpdateMe {
    let settings = SettingsPatch { theme: Some(Theme::Dawn), ..SettingsPatch::default() };
    UpdateMe { display_name: Some("Ana".into()), settings: Some(settings) }
}

fn policy() -> PrivacyPolicy {
    let policies = crate::policy::Policies::built_in();
    let policy = policies.version(POLICY, EVENING).expect("the example's version is built in");
    PrivacyPolicy { markdown: "# Privacy policy\n…".into(), ..policy.clone() }
}

fn policy_version() -> PolicyVersion {
    let PrivacyPolicy { version, effective_from, sha256, .. } = policy();
    PolicyVersion { version, effective_from, sha256, changes: None }
}

fn security_event() -> SecurityEvent {
    let device_name = Some("Kitchen laptop".into());
    SecurityEvent { at: EVENING, kind: SecurityEventKind::SignedIn, device_name, session_id: None }
}

fn session() -> Session {
    Session {
        id: SessionId(SESSION),
        device_name: "Kitchen laptop".into(),
        created_at: EVENING,
        last_used_at: EVENING,
        current: true,
    }
}

fn change_password() -> ChangePassword {
    ChangePassword { current_password: password(), new_password: "rain-on-the-tin-roof".into() }
}

fn new_second_factor() -> NewSecondFactor {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    NewSecondFactor {
        secret: secret.into(),
        uri: format!("otpauth://totp/UmbraChat:ana?secret={secret}&issuer=UmbraChat"),
        qr_svg: "<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>".into(),
    }
}

fn consent() -> Consent {
    Consent {
        purpose: "privacy_policy".into(),
        policy_version: POLICY.into(),
        policy_sha256: policy().sha256,
        granted_at: EVENING,
        withdrawn_at: None,
    }
}

fn my_data() -> MyData {
    let kind = Kind::Sessions;
    let sessions = DataKind {
        kind: kind.name().into(),
        title: kind.title().into(),
        count: 2,
        why: kind.why().into(),
        kept: kind.kept().into(),
    };
    MyData { kinds: vec![sessions] }
}

fn erased() -> Erased {
    let counts = ErasureCounts {
        sessions: 2,
        recovery_codes: 9,
        consents: 1,
        friends: 1,
        direct_conversations: 1,
        messages: 312,
        ..ErasureCounts::default()
    };
    let completed_at = Some(EVENING.plus_seconds(1));
    let erasure = Erasure { erased_at: EVENING, completed_at, counts, remaining_messages: 0 };
    Erased { receipt: crate::receipt::of(&erasure, ErasedMessages::Erase) }
}

fn export() -> Export {
    let facts = ConversationFacts {
        id: CONVERSATION,
        kind: ConversationKind::Direct,
        title: None,
        history: Some(History::Full),
        created_at: EVENING,
        active_at: Some(EVENING),
    };
    let mark = ExportedMarks { first_seq: Seq(1), delivered_seq: Seq(1), read_seq: Seq(1) };
    let member = |user: User, marks| ExportedMember {
        user,
        role: Role::Member,
        joined_at: EVENING,
        left_at: None,
        marks,
        preferences: marks.map(|_| preferences()),
    };
    let message = ExportedMessage {
        seq: Seq(1),
        kind: MessageKind::Text,
        client_id: MESSAGE,
        body: "Are you still up?".into(),
        reply_to: None,
        mentions: vec![],
        created_at: EVENING,
        edited_at: None,
        deleted_at: None,
        notice: None,
    };
    let friend = ExportedFriend { user: bo(), since: EVENING, requested_by: ANA, requested_at: EVENING };
    let user = ExportedUser {
        id: ANA,
        username: ana().username,
        display_name: ana().display_name,
        created_at: EVENING,
        recovery_codes_left: 10,
        second_factor_since: None,
    };
    Export {
        format: FORMAT.into(),
        version: VERSION,
        exported_at: EVENING,
        user,
        settings: Settings::default(),
        consents: vec![consent()],
        sessions: vec![],
        friends: vec![friend],
        friend_requests: ExportedRequests::default(),
        blocks: vec![],
        conversations: vec![ExportedConversation {
            conversation: facts,
            members: vec![member(ana(), Some(mark)), member(bo(), None)],
            messages: vec![message],
            reactions: vec![],
            mentions: vec![],
            notices: vec![],
        }],
        security_log: vec![],
        counts: ExportCounts {
            consents: 1,
            friends: 1,
            conversations: 1,
            members: 2,
            messages: 1,
            ..ExportCounts::default()
        },
        sha256: policy().sha256,
    }
}

fn friend() -> Friend {
    Friend { user: bo(), since: EVENING }
}

fn request(user: User) -> FriendRequest {
    FriendRequest { user, created_at: EVENING }
}

fn conversation() -> Conversation {
    Conversation {
        id: CONVERSATION,
        kind: ConversationKind::Direct,
        title: None,
        peer: Some(bo()),
        rev: Rev(2),
        last_seq: Seq(1),
        read_seq: Seq(1),
        unread: 0,
        my_role: Role::Member,
        history: History::Full,
        created_at: EVENING,
        last_message: Some(message()),
        peer_receipt: Some(PeerReceipt { delivered_seq: Seq(1), read_seq: Seq(0) }),
        preferences: preferences(),
    }
}

/// Pinned, and muted for an hour.
fn preferences() -> Preferences {
    let muted_until = Some(EVENING.plus_seconds(60 * 60));
    Preferences { rev: Rev(2), pinned_at: Some(EVENING), archived_seq: None, muted_until }
}

fn member() -> Member {
    Member {
        conversation_id: CONVERSATION,
        user: ana(),
        role: Role::Member,
        rev: Rev(1),
        joined_at: EVENING,
        left_at: None,
        delivered_seq: Seq(1),
        read_seq: Seq(1),
    }
}

fn message() -> Message {
    Message {
        conversation_id: CONVERSATION,
        seq: Seq(1),
        rev: Rev(2),
        kind: MessageKind::Text,
        author_id: Some(ANA),
        client_id: MESSAGE,
        body: "Are you still up?".into(),
        reply_to: None,
        mentions: vec![],
        created_at: EVENING,
        edited_at: None,
        deleted_at: None,
        reactions: vec![],
        notice: None,
    }
}

fn new_message() -> NewMessage {
    NewMessage { client_id: MESSAGE, body: "Are you still up?".into(), reply_to: None, mentions: vec![] }
}

fn new_group() -> NewGroup {
    NewGroup { title: "Stargazers".into(), member_ids: vec![BO], history: History::FromJoin }
}

fn changes() -> Changes {
    Changes {
        rev: Rev(2),
        has_more: false,
        conversation: Some(conversation()),
        members: vec![],
        messages: vec![message()],
        receipts: vec![Receipt { user_id: BO, delivered_seq: Seq(1), read_seq: Seq(0) }],
        epoch: None,
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        user: me(),
        friends: vec![friend()],
        friend_requests: FriendRequests::default(),
        blocks: vec![],
        conversations: vec![conversation()],
        presence: vec![],
        epoch: None,
    }
}
