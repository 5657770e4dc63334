//! The log: one line for each request. No token, query, address or body is in it, and no value can forge a line.

use crate::app::AppState;
use crate::config::LogFormat;
use crate::problem::ApiError;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use std::time::Instant;
use tracing_subscriber::EnvFilter;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the framework says of broken requests, which anybody may send by the thousand, and of its own start. Who wants to
/// read it names these targets in the filter.
const QUIET: &str = "actix_http::h1=off,actix_server=warn";

/// Starts logging to the standard error, once for the process.
pub fn start(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(format!("{QUIET},{filter}")).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // Where the log cannot be written, as on a full disk, saying so would panic in whatever was about to log.
    let log = log.log_internal_errors(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Middleware: names the request, measures it, and logs how it went.
pub async fn request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    // Random, and never taken from the caller, who could otherwise give two requests one name.
    let id = Uuid::from_bytes(crate::keys::random()).simple().to_string();
    let started = Instant::now();
    let method = request.method().clone();
    let mut response = next.call(request).await?;

    let value = HeaderValue::from_str(&id).expect("hexadecimal digits fit a header");
    response.headers_mut().insert(REQUEST_ID, value);
    let path = response.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    let ms = started.elapsed().as_secs_f64() * 1_000.0;
    let status = response.status().as_u16();
    if let Some(state) = response.request().app_data::<Data<AppState>>() {
        state.metrics.request(method.as_str(), &path, status, started.elapsed());
    }
    // Strings are recorded as values, which the writers quote and escape.
    if let Some(cause) = cause(&response) {
        tracing::error!(request_id = id, status, cause, "a request failed");
    }
    tracing::info!(
        method = method.as_str(),
        path = path.as_str(),
        status,
        ms = (ms * 10.0).round() / 10.0,
        request_id = id,
        "request"
    );
    Ok(response)
}

fn cause<B>(response: &ServiceResponse<B>) -> Option<&str> {
    response.response().error()?.as_error::<ApiError>()?.cause()
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Memory {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    #[test]
    fn no_value_can_forge_a_line() {
        let evil = "x\n2026-11-23T00:00:00Z INFO forged\u{1b}[31m";
        let (text, json) = (Memory::default(), Memory::default());
        let log = || tracing_subscriber::fmt().with_ansi(false);
        for subscriber in [
            Box::new(log().with_writer(text.clone()).finish()) as Box<dyn tracing::Subscriber + Send + Sync>,
            Box::new(log().json().flatten_event(true).with_writer(json.clone()).finish()),
        ] {
            tracing::subscriber::with_default(subscriber, || tracing::info!(path = evil, "request"));
        }
        for memory in [text, json] {
            let written = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
            assert_eq!(written.lines().count(), 1, "{written}");
            assert!(written.contains("forged") && !written.contains('\u{1b}'), "{written}");
        }
    }
}
