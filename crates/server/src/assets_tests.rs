use super::*;
use actix_web::body::to_bytes;
use actix_web::test::TestRequest;
use rust_embed::utils::read_file_from_fs;
use tempfile::TempDir;

const SCRIPT: &str = "app-0123456789abcdef.js";

/// A client as the build leaves it, in a folder of its own.
fn built() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        (INDEX, "<!doctype html>"),
        (SCRIPT, "plain"),
        ("app-0123456789abcdef.js.br", "brotli"),
        ("app-0123456789abcdef.js.gz", "gzip"),
        ("favicon.svg", "<svg/>"),
    ] {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn ask(client: &TempDir, request: TestRequest) -> HttpResponse {
    respond(&request.to_http_request(), |name| read_file_from_fs(&client.path().join(name)).ok())
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn header_of<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(response: HttpResponse) -> String {
    String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap()
}

#[actix_web::test]
async fn every_page_of_the_client_is_its_index() {
    let client = built();
    for path in ["/", "/chats", "/chats/019b1a63", "/settings/data", "/chats?x=1"] {
        let response = ask(&client, get(path));
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(header_of(&response, "cache-control"), "no-cache");
        assert_eq!(header_of(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(text(response).await, "<!doctype html>");
    }
}

#[actix_web::test]
async fn what_is_not_there_is_a_page_for_people_and_a_problem_for_programs() {
    let client = built();
    let accepts_html = ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    let page = ask(&client, get("/no-such-page").insert_header(accepts_html));
    assert_eq!(
        (page.status(), header_of(&page, "content-type")),
        (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
    );
    for request in [
        get("/no-such.js").insert_header(("accept", "*/*")),
        get("/no-such-page").insert_header(("accept", "text/html;q=0")),
        get("/no-such-page"),
        TestRequest::post().uri("/").insert_header(accepts_html),
    ] {
        let response = ask(&client, request);
        assert_eq!(response.status(), 404);
        assert_eq!(header_of(&response, "content-type"), "application/problem+json");
    }
}

#[actix_web::test]
async fn a_file_comes_in_the_smallest_form_that_the_browser_takes() {
    let client = built();
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", "br", "brotli"),
        ("gzip;q=1.0, br;q=0", "gzip", "gzip"),
        ("deflate", "", "plain"),
        ("", "", "plain"),
    ] {
        let response = ask(&client, get(&format!("/{SCRIPT}")).insert_header(("accept-encoding", accepted)));
        assert_eq!(header_of(&response, "content-encoding"), encoding, "{accepted}");
        assert_eq!(header_of(&response, "vary"), "accept-encoding");
        assert_eq!(header_of(&response, "content-type"), "text/javascript; charset=utf-8");
        assert_eq!(text(response).await, body);
    }
}

#[actix_web::test]
async fn only_names_with_a_hash_are_kept_for_ever() {
    let client = built();
    let script = ask(&client, get(&format!("/{SCRIPT}")));
    assert_eq!(header_of(&script, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header_of(&ask(&client, get("/favicon.svg")), "cache-control"), "no-cache");
    assert!(
        is_hashed("assets/client-1a2b3c4d_bg.wasm")
            && !is_hashed("manifest.json")
            && !is_hashed("favicon.svg")
    );
}

#[actix_web::test]
async fn what_the_browser_has_is_not_sent_again() {
    let client = built();
    let tag = header_of(&ask(&client, get("/")), "etag").to_owned();
    let again = |known: &str| ask(&client, get("/").insert_header(("if-none-match", known))).status();
    assert_eq!(again(&tag), 304);
    assert_eq!(again(&format!("\"other\", W/{tag}")), 304);
    assert_eq!(again("\"other\""), 200);
    std::fs::write(client.path().join(INDEX), "<!doctype html>changed").unwrap();
    assert_eq!(again(&tag), 200);
}

#[actix_web::test]
async fn a_twin_has_no_address_of_its_own_and_nothing_lies_outside_the_folder() {
    let client = built();
    for path in ["/app-0123456789abcdef.js.br", "/app-0123456789abcdef.js.gz"] {
        assert_eq!(ask(&client, get(path)).status(), 404, "{path}");
    }
    for path in ["../Cargo.toml", "..%2fCargo.toml", "/etc/passwd", "src/../../../Cargo.toml"] {
        assert!(Client::get(path).is_none(), "{path}");
    }
}

#[actix_web::test]
async fn without_a_client_a_page_says_how_to_build_it() {
    let response = ask(&tempfile::tempdir().unwrap(), get("/"));
    assert_eq!(response.status(), 503);
    assert!(text(response).await.contains("cargo xtask build"));
}
