//! Calls, problems, and the token that refreshes itself.

use crate::scripted::{Answer, Call, PATIENCE, Server, code, refreshed, signed_in, snapshot};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;
use umbrachat_client::protocol::{ErrorCode, Register, Registered, UserId};
use umbrachat_client::{Client, Error};
use uuid::Uuid;

const ME: &str = "GET /api/v1/me";
const REFRESH: &str = "POST /api/v1/auth/refresh";

/// Takes only tokens other than the first, as a server does on which the first has ended.
fn first_token_has_ended(call: &Call) -> Answer {
    match (call.line.as_str(), call.token.as_deref()) {
        (REFRESH, _) => refreshed(call),
        (_, Some("access-1")) => Answer::problem(ErrorCode::TokenExpired),
        (ME, Some(_)) => Answer::json(200, &snapshot().user),
        other => panic!("nobody asks for {other:?}"),
    }
}

#[tokio::test]
async fn a_call_that_meets_an_ended_token_succeeds_with_a_fresh_one() {
    let server = Server::start(first_token_has_ended).await;
    let ana = server.ana().await;
    assert_eq!(ana.me().await.unwrap().user.username, "ana");
    assert_eq!(ana.access_token().await.unwrap().token, "access-2");
    assert_eq!(ana.refresh_token().borrow().as_deref(), Some("refresh-2"));
}

#[tokio::test]
async fn many_calls_at_once_refresh_once() {
    let server = Server::start(first_token_has_ended).await;
    let ana = server.ana().await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let ana = ana.clone();
            tokio::spawn(async move { ana.me().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.count(REFRESH), 1);
}

#[tokio::test]
async fn a_token_that_is_about_to_end_is_refreshed_before_it_is_used() {
    let server = Server::start(|call| match call.line.as_str() {
        REFRESH if call.body.contains("kept") => Answer::json(200, &signed_in(1, 5)),
        REFRESH => refreshed(call),
        ME if call.token.as_deref() == Some("access-2") => Answer::json(200, &snapshot().user),
        other => panic!("nobody asks for {other:?} with {:?}", call.token),
    })
    .await;
    let ana = Client::resume(&server.url, "kept").await.unwrap();
    ana.me().await.unwrap();
    assert_eq!(server.count(ME), 1, "nothing was tried with the old one");
}

#[tokio::test]
async fn a_session_that_has_ended_says_so_and_asks_no_more() {
    let server = Server::start(|call| match call.line.as_str() {
        REFRESH => Answer::problem(ErrorCode::RefreshReused),
        _ => Answer::problem(ErrorCode::Unauthenticated),
    })
    .await;
    let ana = server.ana().await;
    assert_eq!(code(ana.me().await), ErrorCode::RefreshReused);
    assert_eq!(*ana.refresh_token().borrow(), None);
    assert!(matches!(ana.me().await, Err(Error::SignedOut)));
    assert_eq!(server.count(REFRESH), 1);
}

#[tokio::test]
async fn a_server_that_is_busy_does_not_end_the_session() {
    let busy = AtomicBool::new(true);
    let server = Server::start(move |call| match call.line.as_str() {
        REFRESH if busy.swap(false, Ordering::Relaxed) => Answer::problem(ErrorCode::Overloaded),
        _ => first_token_has_ended(call),
    })
    .await;
    let ana = server.ana().await;
    assert_eq!(code(ana.me().await), ErrorCode::Overloaded);
    ana.me().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_outlives_whoever_waited_for_it() {
    let door = Arc::new((Mutex::new(false), Condvar::new()));
    let held = door.clone();
    let server = Server::start(move |call| {
        if call.line == REFRESH {
            let (open, opened) = &*held;
            drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
        }
        first_token_has_ended(call)
    })
    .await;
    let ana = server.ana().await;

    // Somebody gives up while the server spends the refresh token.
    let impatient = tokio::spawn({
        let ana = ana.clone();
        async move { ana.me().await }
    });
    while server.count(REFRESH) == 0 {
        tokio::task::yield_now().await;
    }
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    *door.0.lock().unwrap() = true;
    door.1.notify_all();

    tokio::time::timeout(PATIENCE, ana.me()).await.unwrap().unwrap();
    assert_eq!(server.count(REFRESH), 1, "its successor was not lost");
}

#[tokio::test]
async fn a_problem_tells_everything_that_the_server_said() {
    let server = Server::start(|_| Answer::problem(ErrorCode::RateLimited)).await;
    let error = server.ana().await.me().await.unwrap_err();
    let Error::Problem { problem, retry_after } = &error else { panic!("{error:?}") };
    assert_eq!((problem.code, problem.status), (ErrorCode::RateLimited, 429));
    assert_eq!(*retry_after, Some(Duration::from_secs(7)));
    assert_eq!(error.to_string(), "rate_limited: not today");
}

#[tokio::test]
async fn an_answer_without_a_body_is_an_answer() {
    let server = Server::start(|call| {
        assert_eq!(call.line, "DELETE /api/v1/friends/00000000-0000-0000-0000-000000000002");
        Answer::nothing()
    })
    .await;
    server.ana().await.unfriend(UserId(Uuid::from_u128(2))).await.unwrap();
}

#[tokio::test]
async fn a_name_that_nobody_can_have_is_not_asked_for() {
    let server = Server::start(|call| panic!("nobody asks for {}", call.line)).await;
    let ana = server.ana().await;
    assert!(matches!(ana.user("../me").await, Err(Error::Invalid(field)) if field.field == "username"));
}

#[tokio::test]
async fn a_new_account_comes_with_its_codes() {
    let server = Server::start(|call| {
        assert_eq!(call.line, "POST /api/v1/auth/register");
        assert_eq!(call.token, None);
        let account: Register = serde_json::from_str(&call.body).unwrap();
        assert_eq!(account.device_name.as_deref(), Some("a test"));
        assert!(!account.refresh_in_cookie, "programs keep the refresh token themselves");
        let recovery_codes = vec!["k3vq-7m2p".into()];
        Answer::json(201, &Registered { signed_in: signed_in(1, 600), recovery_codes })
    })
    .await;
    let account = Register {
        username: "ana".into(),
        password: "the-lamp-hums-at-3".into(),
        display_name: None,
        privacy_policy_version: "2026-11-23".into(),
        device_name: None,
        refresh_in_cookie: true,
    };
    let registration = Client::builder(&server.url).device_name("a test").register(&account).await.unwrap();
    assert_eq!(registration.recovery_codes, ["k3vq-7m2p"]);
    assert_eq!(registration.client.access_token().await.unwrap().token, "access-1");
}

#[tokio::test]
async fn signing_out_ends_the_session_here_too() {
    let server = Server::start(|call| {
        assert_eq!(call.line, "POST /api/v1/auth/logout");
        Answer::nothing()
    })
    .await;
    let ana = server.ana().await;
    ana.sign_out().await.unwrap();
    assert!(matches!(ana.me().await, Err(Error::SignedOut)));
}

#[tokio::test]
async fn somebody_without_a_session_is_told_to_sign_in() {
    let server = Server::start(|call| panic!("nobody asks for {}", call.line)).await;
    let nobody = Client::builder(&server.url).anonymous().unwrap();
    assert!(matches!(nobody.me().await, Err(Error::SignedOut)));
}
