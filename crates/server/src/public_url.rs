//! The origin under which browsers reach this server. It decides cookies, Origin checks and HSTS.

use std::fmt;
use std::str::FromStr;
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// The first is the one to show; all of them are answered to.
    origins: Vec<String>,
    https: bool,
}

impl PublicUrl {
    /// For a server that nobody has given a public address: the machine itself, under each of its names.
    pub fn local(port: u16) -> Self {
        let origins = ["localhost", "127.0.0.1", "[::1]"].map(|host| match port {
            80 => format!("http://{host}"),
            _ => format!("http://{host}:{port}"),
        });
        Self { origins: origins.to_vec(), https: false }
    }

    /// Whether a browser's `Origin` header names this server, to the letter.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|own| own == origin)
    }

    pub fn is_https(&self) -> bool {
        self.https
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origins[0])
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must begin with http:// or https://".into());
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err("must be scheme, host and port alone, such as https://chat.example".into());
        }
        Ok(Self { origins: vec![url.origin().ascii_serialization()], https: url.scheme() == "https" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_compared_to_the_letter() {
        let url: PublicUrl = "https://Chat.Example/".parse().unwrap();
        assert_eq!(url.to_string(), "https://chat.example");
        assert!(url.is_https());
        assert!(url.allows("https://chat.example"));
        for foreign in [
            "http://chat.example",
            "https://chat.example:8443",
            "https://chat.example.evil.test",
            "https://evil-chat.example",
            "https://chat.example/",
            "null",
            "",
        ] {
            assert!(!url.allows(foreign), "{foreign}");
        }
    }

    #[test]
    fn without_a_public_url_the_machine_answers_to_its_local_names() {
        let url = PublicUrl::local(8080);
        assert_eq!(url.to_string(), "http://localhost:8080");
        assert!(url.allows("http://127.0.0.1:8080") && url.allows("http://[::1]:8080"));
        assert!(!url.allows("http://localhost:8081") && !url.allows("https://localhost:8080"));
        assert!(PublicUrl::local(80).allows("http://localhost"));
    }

    #[test]
    fn anything_but_an_origin_is_refused() {
        for text in [
            "",
            "chat.example",
            "ftp://chat.example",
            "https://chat.example/app",
            "https://a:b@chat.example",
            "https://",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text}");
        }
    }
}
