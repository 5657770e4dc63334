//! What an operator sees: numbers that are right, of nobody in particular, and a readiness that tells the truth.

use crate::app::TestApp;
use std::collections::BTreeSet;
use umbrachat_client::http_client;
use umbrachat_client::reqwest::StatusCode;
use umbrachat_testing::{TestDatabase, databases};

databases! {
    async fn what_happens_is_counted_and_names_nobody(database: TestDatabase) {
        let app = with_metrics(database).await;
        let [ana, bo] = app.friends(["zzana", "zzbob"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        let mut socket = bo.connects().await;
        ana.sends(chat, "nobody's business").await;
        socket.next_message().await;

        let text = scrape(&app).await;
        for line in [
            r#"umbrachat_http_requests_total{method="POST",route="/api/v1/auth/register",status="201"} 2"#,
            "umbrachat_sockets 1",
            "umbrachat_people_online 1",
            "umbrachat_sockets_opened_total 1",
            r#"umbrachat_writes_total{outcome="committed"} 1"#,
            "umbrachat_write_batch_size_count 1",
            "umbrachat_write_commit_seconds_count 1",
            "umbrachat_password_hash_seconds_count 2",
            "umbrachat_write_path_failing 0",
            "umbrachat_bus_listening 1",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        let ids = [chat.to_string(), ana.id().to_string(), bo.id().to_string()];
        for secret in ["zzana", "zzbob", "nobody's", "127.0.0.1"].into_iter().chain(ids.iter().map(String::as_str)) {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    async fn they_are_not_where_people_are(database: TestDatabase) {
        let app = with_metrics(database).await;
        let answer = http_client().unwrap().get(app.url("/metrics")).send().await.unwrap();
        assert!(!answer.text().await.unwrap().contains("umbrachat_sockets"));
        assert!(TestApp::on(TestDatabase::sqlite()).await.metrics_url().is_none(), "off unless it is asked for");
    }

    async fn a_dashboard_and_alerts_name_only_what_there_is(database: TestDatabase) {
        let app = with_metrics(database).await;
        // Labelled ones are there once something has happened.
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        let mut anas = ana.connects().await;
        anas.sends(chat, "hello").await;
        // A socket that says too much at once is closed.
        anas.says("x".repeat(70_000)).await;
        assert_eq!(anas.close_code().await, Some(1009));

        let text = scrape(&app).await;
        let there: BTreeSet<&str> = text.lines().filter_map(|line| line.split(['{', ' ']).next()).collect();
        for file in [
            include_str!("../../../../deploy/observability/grafana-dashboard.json"),
            include_str!("../../../../deploy/observability/alerts.yaml"),
        ] {
            let named = names(file);
            assert!(named.len() > 8, "{named:?}");
            for name in named {
                assert!(there.contains(name), "there is no {name}");
            }
        }
    }
}

async fn with_metrics(database: TestDatabase) -> TestApp {
    TestApp::configured(database, |config| config.metrics_addr = Some("127.0.0.1:0".parse().unwrap())).await
}

async fn scrape(app: &TestApp) -> String {
    let url = app.metrics_url().expect("metrics are on");
    let answer = http_client().unwrap().get(url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    text
}

/// The metrics that a text names.
fn names(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("umbrachat_") || word.starts_with("process_"))
        .collect()
}
