//! Takes everything away that the server holds about somebody, and checks that it is whole.
//!
//! `cargo run -p umbrachat-client --example export -- http://localhost:8080 ana 'the-lamp-hums-at-3' [FILE]`

use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::process::ExitCode;
use std::time::Instant;
use umbrachat_client::Client;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (server, username, password, file) = match &arguments[..] {
        [server, username, password] => (server, username, password, None),
        [server, username, password, file] => (server, username, password, Some(file)),
        _ => {
            eprintln!("usage: export SERVER USERNAME PASSWORD [FILE]");
            return ExitCode::FAILURE;
        }
    };
    match export(server, username, password, file).await {
        Ok(summary) => {
            eprintln!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn export(
    server: &str,
    username: &str,
    password: &str,
    file: Option<&String>,
) -> Result<String, Box<dyn Error>> {
    let client = Client::builder(server).device_name("export").sign_in(username, password).await?;
    let started = Instant::now();
    let mut download = client.export().await?;
    let file = file.cloned().or_else(|| download.file_name().map(str::to_owned));
    let file = file.unwrap_or_else(|| "umbrachat.json".to_owned());
    let mut output = BufWriter::new(File::create(&file)?);
    let mut check = Check::default();
    while let Some(bytes) = download.chunk().await? {
        output.write_all(&bytes)?;
        check.take(&bytes);
    }
    output.flush()?;
    let bytes = check.bytes;
    check.finish()?;
    client.sign_out().await?;
    Ok(format!("{file}: {bytes} bytes in {:.1} s, and its digest is right", started.elapsed().as_secs_f64()))
}

/// Hashes every line but the last, which tells what that must give.
#[derive(Default)]
struct Check {
    hash: Sha256,
    line: Vec<u8>,
    bytes: usize,
}

impl Check {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        for byte in bytes {
            // A new line has begun, so the one before was not the last.
            if self.line.last() == Some(&b'\n') {
                self.hash.update(&self.line);
                self.line.clear();
            }
            self.line.push(*byte);
        }
    }

    fn finish(self) -> Result<(), String> {
        let mut hex = String::new();
        for byte in self.hash.finalize() {
            write!(hex, "{byte:02x}").expect("a string takes whatever is written to it");
        }
        let expected = format!("\"sha256\":\"{hex}\"}}\n");
        if self.line == expected.as_bytes() { Ok(()) } else { Err("the export is not whole".to_owned()) }
    }
}
