//! Taking one's data away: all of it, whole or not at all, and without keeping others from theirs.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::Person;
use crate::socket::SOON;
use crate::town::Town;
use futures_util::future::join_all;
use serde_json::Value;
use sha2::{Digest, Sha256};
use umbrachat::hex;
use umbrachat_client::reqwest::Method;
use umbrachat_client::reqwest::header::CONTENT_DISPOSITION;
use umbrachat_protocol::{ErrorCode, Export, Timestamp, UserId, paths};
use umbrachat_store::inventory::{Export as Exported, Holds, TABLES};
use umbrachat_testing::databases;
use uuid::Uuid;

databases! {
    async fn an_export_has_everything_that_the_database_holds_about_a_person(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let ana = &town.ana;
        let document: Value = taken_by(&app, ana).await.json();
        let mine = app.database.spell(ana.id().0);

        let mut compared = 0;
        for table in TABLES {
            let Some(condition) = rows_of(table.name, &mine) else { continue };
            for column in table.columns {
                let Holds::Personal { export: Exported::At(places), .. } = &column.holds else { continue };
                let told: Vec<String> = places.iter().flat_map(|place| values_at(&document, place)).collect();
                for cell in app.database.cells(table.name, column.name, &condition).await {
                    // Mentions lie in their column as a list.
                    let values: Vec<String> = match serde_json::from_str(&cell.value) {
                        Ok(Value::Array(ids)) => ids.iter().map(plain).collect(),
                        _ if column.name == "mentions" => Vec::new(),
                        _ => vec![cell.value.clone()],
                    };
                    for value in values {
                        assert!(told.contains(&value), "{}.{}: {value} is not at {places:?}", table.name, column.name);
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 150, "only {compared} values were compared");
        let absent = ["where?", "look up"].iter().filter(|theirs| document.to_string().contains(*theirs)).count();
        assert_eq!(absent, 0, "what others wrote is not the caller's to take");
    }

    async fn an_export_is_what_its_schema_its_counts_and_its_digest_say(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let answer = taken_by(&app, &town.ana).await;

        let disposition = answer.headers.get(CONTENT_DISPOSITION).unwrap().to_str().unwrap();
        assert_eq!(disposition, "attachment; filename=\"umbrachat-ana-the-erased-2026-11-23.json\"");
        // As `sed '$d' FILE | sha256sum` has it.
        let content: String = answer.text.split_inclusive('\n').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect();
        let export: Export = answer.json();
        assert_eq!(export.sha256, hex::encode(&Sha256::digest(content)));
        let counts = export.counts;
        let all = &export.conversations;
        let count = |size: fn(&umbrachat_protocol::export::ExportedConversation) -> usize| -> u64 {
            all.iter().map(|conversation| size(conversation) as u64).sum()
        };
        assert_eq!(counts.conversations, all.len() as u64);
        assert_eq!(counts.messages, count(|conversation| conversation.messages.len()));
        assert_eq!(counts.members, count(|conversation| conversation.members.len()));
        assert_eq!(counts.reactions, count(|conversation| conversation.reactions.len()));
        assert_eq!((counts.mentions, counts.notices), (1, 1));
        assert_eq!((counts.friends, counts.friend_requests, counts.blocks), (2, 2, 1));
        assert_eq!(counts.security_log, export.security_log.len() as u64);
        assert!(counts.security_log > 0 && counts.sessions == 2, "{counts:?}");

        let schema = Answer::to(app.request(Method::GET, "/api/export.schema.json")).await;
        let schema = jsonschema::validator_for(&schema.json()).unwrap();
        let document: Value = answer.json();
        assert!(schema.is_valid(&document), "{:?}", schema.iter_errors(&document).map(|error| error.to_string()).collect::<Vec<_>>());
        let mut wrong = document;
        wrong["conversations"][0]["messages"] = Value::from("none");
        assert!(!schema.is_valid(&wrong));
    }

    async fn what_one_has_left_is_told_as_far_as_it_is_ones_own(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let group = bo.creates_group("stargazers", &[&ana]).await;
        ana.sends(group, "farewell").await;
        ana.leaves(group).await;
        bo.renames_group(group, "secret plans").await;

        let text = taken_by(&app, &ana).await.text;

        assert!(text.contains("farewell") && !text.contains("secret plans") && !text.contains("\"bob\",\"role\""), "{text}");
        let export: Export = serde_json::from_str(&text).unwrap();
        let left = &export.conversations[0];
        assert_eq!((left.members.len(), left.members[0].user.id), (1, ana.id()));
        assert!(left.members[0].left_at.is_some() && left.conversation.title.is_none());
    }

    async fn a_long_history_is_taken_page_by_page(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        let mut socket = ana.connects().await;
        for number in 0..1_200 {
            let id = socket.begins_to_send(chat, &format!("line {number}")).await;
            socket.next_sent(id).await;
        }
        let export: Export = taken_by(&app, &ana).await.json();
        let bodies: Vec<&str> = export.conversations[0].messages.iter().map(|message| &*message.body).collect();
        let expected: Vec<String> = (0..1_200).map(|number| format!("line {number}")).collect();
        assert_eq!(bodies, expected);
    }

    async fn a_download_that_is_given_up_can_be_asked_for_again(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        let long = "a line that goes on and on ".repeat(290);
        // More than fits into every buffer on the way, so that the server has to wait for a reader.
        for _ in 0..1_500 {
            ana.sends(chat, &long).await;
        }
        for _ in 0..3 {
            let mut half = app.request(Method::GET, paths::EXPORT).bearer_auth(ana.access_token().await).send().await.unwrap();
            assert_eq!(half.status(), 200);
            half.chunk().await.unwrap().unwrap();
            drop(half);
            // The server notices at its next piece.
            let whole = tokio::time::timeout(SOON, async {
                loop {
                    let answer = Answer::to(app.request(Method::GET, paths::EXPORT).bearer_auth(ana.access_token().await)).await;
                    if answer.status == 200 {
                        break answer;
                    }
                    assert_eq!(answer.code(), ErrorCode::RateLimited);
                }
            });
            let export: Export = whole.await.unwrap().json();
            assert_eq!(export.counts.messages, 1_500);
        }
    }

    async fn fifty_at_once_are_one_and_forty_nine_polite_refusals(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let token = ana.access_token().await;
        let ask = || Answer::to(app.request(Method::GET, paths::EXPORT).bearer_auth(&token));

        let answers = join_all((0..50).map(|_| ask())).await;

        let mut whole = 0;
        for answer in answers {
            if answer.status == 200 {
                assert_eq!(answer.json::<Export>().counts.messages, 1);
                whole += 1;
            } else {
                assert_eq!(answer.code(), ErrorCode::RateLimited);
                assert!(answer.header("retry-after").is_some());
            }
        }
        assert!(whole >= 1);
    }

    async fn only_a_few_exports_are_written_at_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let others: Vec<_> = (1..=4).map(|id| app.exports().admit(UserId(Uuid::from_u128(id))).unwrap()).collect();

        let request = app.request(Method::GET, paths::EXPORT).bearer_auth(ana.access_token().await);
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"));

        drop(others);
        taken_by(&app, &ana).await;
    }

    async fn whoever_has_withdrawn_consent_can_take_their_data(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        ana.client.withdraw_consent().await.unwrap();
        assert_eq!(refusal(ana.client.snapshot().await), ErrorCode::ConsentRequired);

        let export: Export = taken_by(&app, &ana).await.json();
        assert!(export.consents[0].withdrawn_at.is_some());
    }

    async fn what_the_server_knows_is_counted_as_it_is_taken_away(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let known = town.ana.client.my_data().await.unwrap();
        let export: Export = taken_by(&app, &town.ana).await.json();
        let count = |name: &str| {
            let kind = known.kinds.iter().find(|kind| kind.kind == name).unwrap();
            u64::try_from(kind.count).unwrap()
        };
        let counts = export.counts;
        assert_eq!(count("messages"), counts.messages);
        assert_eq!(count("reactions"), counts.reactions);
        assert_eq!(count("mentions"), counts.mentions);
        assert_eq!(count("notices"), counts.notices);
        assert_eq!(count("sessions"), counts.sessions);
        assert_eq!(count("consents"), counts.consents);
        assert_eq!(count("friends"), counts.friends);
        assert_eq!(count("friend_requests"), counts.friend_requests);
        assert_eq!(count("blocks"), counts.blocks);
        assert_eq!(count("conversations"), counts.conversations);
        assert_eq!(count("recovery_codes"), 10);
    }
}

async fn taken_by(app: &TestApp, person: &Person) -> Answer {
    let request = app.request(Method::GET, paths::EXPORT).bearer_auth(person.access_token().await);
    let answer = Answer::to(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

/// Which rows of a table are about the person; none of those that only say so once they are gone.
fn rows_of(table: &str, me: &str) -> Option<String> {
    let here = format!("SELECT conversation_id FROM members WHERE user_id = {me} AND left_at IS NULL");
    Some(match table {
        "users" => format!("id = {me}"),
        "friendships" => format!("low_id = {me} OR high_id = {me}"),
        "blocks" => format!("blocker_id = {me}"),
        "conversations" => format!("id IN ({here})"),
        "messages" => format!("author_id = {me}"),
        "recovery_codes" | "second_factors" | "sessions" | "consents" | "members" | "reactions"
        | "security_events" | "person_versions" => {
            format!("user_id = {me}")
        }
        "epochs" | "signals" | "erasures" | "__diesel_schema_migrations" => return None,
        other => panic!("whose are the rows of {other}?"),
    })
}

/// Everything at a path such as `sessions[].id`, as the database would spell it.
fn values_at(document: &Value, path: &str) -> Vec<String> {
    let mut found = vec![document];
    for step in path.split('.') {
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        found = found.into_iter().filter_map(|value| value.get(name)).collect();
        if is_list {
            found = found.into_iter().filter_map(Value::as_array).flatten().collect();
        }
    }
    found.into_iter().filter(|value| !value.is_null()).map(plain).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(truth) => u8::from(*truth).to_string(),
        Value::String(text) => match serde_json::from_value::<Timestamp>(value.clone()) {
            Ok(time) => time.0.to_string(),
            Err(_) => text.replace('-', ""),
        },
        other => other.to_string(),
    }
}
