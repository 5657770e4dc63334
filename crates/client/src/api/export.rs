//! Taking one's data away.

use crate::http::successful;
use crate::{Client, Result};
use reqwest::{Method, Response, header};
use std::time::Duration;
use umbrachat_protocol::paths;

/// How long a whole export may take, which may be gigabytes.
const PATIENCE: Duration = Duration::from_hours(6);

/// An export on its way. It is written while it is read: whoever reads slowly is waited for, half a minute at a time.
#[derive(Debug)]
pub struct Download {
    response: Response,
}

impl Client {
    /// Everything that the server holds about this person, as one JSON document: see
    /// [`Export`](umbrachat_protocol::Export).
    pub async fn export(&self) -> Result<Download> {
        let request = self.request(Method::GET, paths::EXPORT).timeout(PATIENCE);
        Ok(Download { response: successful(self.send_request(request).await?).await? })
    }
}

impl Download {
    /// What the server would call the file.
    pub fn file_name(&self) -> Option<&str> {
        let disposition = self.response.headers().get(header::CONTENT_DISPOSITION)?.to_str().ok()?;
        disposition.split_once("filename=\"")?.1.strip_suffix('"')
    }

    /// The next bytes; none after the last.
    ///
    /// # Errors
    /// [`crate::Error::Transport`] where it breaks off: what came is not the whole.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.response.chunk().await?.map(Into::into))
    }
}
