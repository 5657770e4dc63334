//! A server that follows a script: REST answers come from a function, sockets are handed to the test.

use futures_util::{SinkExt, StreamExt};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use umbrachat_client::protocol::socket::{Ready, SendMessage, Sent};
use umbrachat_client::protocol::*;
use umbrachat_client::{Client, Error};
use uuid::Uuid;

/// Longer than anything takes that happens at all.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Call {
    pub(crate) line: String,
    pub(crate) token: Option<String>,
    pub(crate) body: String,
}

pub(crate) struct Answer {
    status: u16,
    body: String,
    headers: &'static str,
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

pub(crate) struct Server {
    pub(crate) url: String,
    sockets: mpsc::Receiver<ServerSocket>,
    /// Request lines so far, with how often each came.
    calls: Arc<Mutex<HashMap<String, usize>>>,
}

/// The server's end of a socket, and the token of its handshake.
pub(crate) struct ServerSocket {
    stream: WebSocketStream<TcpStream>,
    pub(crate) token: String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &impl serde::Serialize) -> Self {
        Self { status, body: serde_json::to_string(body).unwrap(), headers: "" }
    }

    pub(crate) fn problem(code: ErrorCode) -> Self {
        let problem = Problem {
            kind: "about:blank".into(),
            title: "No".into(),
            status: code.status(),
            code,
            detail: "not today".into(),
            fields: Vec::new(),
        };
        Self { headers: "retry-after: 7\r\n", ..Self::json(code.status(), &problem) }
    }

    pub(crate) fn nothing() -> Self {
        Self { status: 204, body: String::new(), headers: "" }
    }
}

impl Server {
    /// The script answers every REST call but sign-in.
    pub(crate) async fn start(script: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (hand_over, sockets) = mpsc::channel(16);
        let calls = Arc::new(Mutex::new(HashMap::new()));
        let (script, count): (Arc<Script>, _) = (Arc::new(script), calls.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), hand_over.clone(), count.clone()));
            }
        });
        Self { url, sockets, calls }
    }

    pub(crate) async fn ana(&self) -> Client {
        Client::sign_in(&self.url, "ana", "the-lamp-hums-at-3").await.unwrap()
    }

    /// The next socket that is opened.
    pub(crate) async fn socket(&mut self) -> ServerSocket {
        timeout(PATIENCE, self.sockets.recv()).await.expect("a socket is opened").unwrap()
    }

    pub(crate) fn count(&self, line: &str) -> usize {
        self.calls.lock().unwrap().get(line).copied().unwrap_or(0)
    }
}

impl ServerSocket {
    pub(crate) async fn says(&mut self, event: &ServerEvent) {
        self.says_text(serde_json::to_string(event).unwrap()).await;
    }

    pub(crate) async fn says_text(&mut self, text: String) {
        self.stream.send(Frame::text(text)).await.unwrap();
    }

    pub(crate) async fn is_ready(&mut self) {
        let ready = Ready { session_id: SessionId(Uuid::nil()), heartbeat_seconds: 20, snapshot: snapshot() };
        self.says(&ServerEvent::Ready(Box::new(ready))).await;
    }

    pub(crate) async fn closes(&mut self, code: CloseCode) {
        let reason = code.reason().into();
        self.stream.close(Some(CloseFrame { code: code.code().into(), reason })).await.unwrap();
    }

    /// The next text of the client's; none once it has closed.
    pub(crate) async fn hears_text(&mut self) -> Option<String> {
        loop {
            match timeout(PATIENCE, self.stream.next()).await.expect("the client says something") {
                Some(Ok(Frame::Text(text))) => return Some(text.to_string()),
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    pub(crate) async fn hears_message(&mut self) -> SendMessage {
        loop {
            let text = self.hears_text().await.expect("the client is there");
            if let ClientCommand::SendMessage(command) = serde_json::from_str(&text).unwrap() {
                return command;
            }
        }
    }

    pub(crate) async fn acknowledges(&mut self, command: &SendMessage, seq: i64) {
        let sent = Sent {
            reference: command.reference.clone(),
            client_id: command.client_id,
            conversation_id: command.conversation_id,
            seq: Seq(seq),
            rev: Rev(seq + 1),
            created_at: Timestamp(seq),
        };
        self.says(&ServerEvent::Sent(sent)).await;
    }
}

/// Tokens are numbered: the first is `access-1` and `refresh-1`.
pub(crate) fn signed_in(number: u32, seconds: u32) -> SignedIn {
    SignedIn {
        user: snapshot().user,
        session_id: SessionId(Uuid::nil()),
        access_token: format!("access-{number}"),
        access_expires_in: seconds,
        refresh_token: Some(format!("refresh-{number}")),
    }
}

/// Answers a refresh with the successor of the token that it came with.
pub(crate) fn refreshed(call: &Call) -> Answer {
    let refresh: Refresh = serde_json::from_str(&call.body).unwrap();
    let spent = refresh.refresh_token.unwrap();
    let number: u32 = spent.trim_start_matches("refresh-").parse().unwrap();
    Answer::json(200, &signed_in(number + 1, 600))
}

pub(crate) fn chat() -> ConversationId {
    ConversationId(Uuid::from_u128(7))
}

pub(crate) fn snapshot() -> Snapshot {
    let user = |number, name: &str| User {
        id: UserId(Uuid::from_u128(number)),
        username: name.into(),
        display_name: name.into(),
    };
    let chat = Conversation {
        id: chat(),
        kind: ConversationKind::Direct,
        title: None,
        peer: Some(user(2, "bo")),
        rev: Rev(1),
        last_seq: Seq(0),
        read_seq: Seq(0),
        unread: 0,
        my_role: Role::Member,
        history: History::Full,
        created_at: Timestamp(0),
        last_message: None,
        peer_receipt: None,
        preferences: umbrachat_protocol::Preferences::default(),
    };
    Snapshot {
        user: Me { user: user(1, "ana"), settings: Settings::default() },
        friends: Vec::new(),
        friend_requests: FriendRequests::default(),
        blocks: Vec::new(),
        conversations: vec![chat],
        presence: Vec::new(),
        epoch: None,
    }
}

/// The code of what was refused.
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    result.expect_err("it is refused").code().expect("with a code")
}

async fn serve(
    stream: TcpStream,
    script: Arc<Script>,
    sockets: mpsc::Sender<ServerSocket>,
    calls: Arc<Mutex<HashMap<String, usize>>>,
) {
    let mut start = [0; 24];
    while stream.peek(&mut start).await.unwrap_or(0) < start.len() {
        tokio::task::yield_now().await;
    }
    if start.starts_with(b"GET /api/v1/socket") {
        open_socket(stream, sockets).await;
        return;
    }
    let mut stream = BufReader::new(stream);
    while let Some(call) = read_call(&mut stream).await {
        *calls.lock().unwrap().entry(call.line.clone()).or_default() += 1;
        let answer = match call.line.as_str() {
            "POST /api/v1/auth/login" => Answer::json(200, &signed_in(1, 600)),
            _ => script(&call),
        };
        let Answer { status, body, headers } = answer;
        let length = body.len();
        let text = format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\n\r\n{body}");
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// A handshake with the token `refused` is answered with 401.
async fn open_socket(stream: TcpStream, sockets: mpsc::Sender<ServerSocket>) {
    let mut token = String::new();
    #[expect(clippy::result_large_err, reason = "the callback's type is the library's")]
    let look = |request: &Request, response: Response| {
        let header = request.headers().get("authorization").map(|value| value.to_str().unwrap());
        token = header.unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        if token != "refused" {
            return Ok(response);
        }
        let body = Answer::problem(ErrorCode::Unauthenticated).body;
        let length = body.len();
        let mut refusal = ErrorResponse::new(Some(body));
        *refusal.status_mut() = http_status(401);
        refusal.headers_mut().insert("content-length", length.into());
        Err(refusal)
    };
    let accepted = tokio_tungstenite::accept_hdr_async(stream, look).await;
    if let Ok(stream) = accepted {
        // The test may be over.
        let _ = sockets.send(ServerSocket { stream, token }).await;
    }
}

fn http_status(code: u16) -> tokio_tungstenite::tungstenite::http::StatusCode {
    tokio_tungstenite::tungstenite::http::StatusCode::from_u16(code).unwrap()
}

async fn read_call(stream: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|length| *length > 0)?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let (mut token, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = Some(value.trim_start_matches("Bearer ").to_owned()),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Call { line, token, body: String::from_utf8(body).unwrap() })
}
