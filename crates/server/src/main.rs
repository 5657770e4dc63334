//! The command line.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use umbrachat::config::{self, Config, Invocation};
use umbrachat::routes::docs::{ASYNCAPI, OPENAPI};
use umbrachat::{app, cli, logging};
use umbrachat_store::Clock;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match config::from_process() {
        Ok(Invocation::Serve(config)) => serve(config).await,
        Ok(Invocation::Migrate(config)) => migrate(config).await,
        Ok(Invocation::Restored(config)) => restored(config).await,
        Ok(Invocation::OpenApi) => print(&OPENAPI),
        Ok(Invocation::AsyncApi) => print(&ASYNCAPI),
        Ok(Invocation::User(config, command)) => cli::users::run(&config, command).await,
        Ok(Invocation::Backup(config, file)) => cli::backup::run(&config, &file).await,
        Ok(Invocation::Doctor(config)) => cli::doctor::run(&config).await,
        Ok(Invocation::Health(config)) => cli::health::ask(&config).await,
        Ok(Invocation::Print(text)) => print(&text),
        Ok(Invocation::WriteManual(folder)) => write_manual(&folder),
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
            // Where even the standard error is closed, the exit code alone has to tell.
            let _ = writeln!(io::stderr(), "umbrachat: {line}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), String> {
    logging::start(config.log_format, &config.log_filter);
    let running = app::start(config, Clock::system()).await.map_err(|error| error.to_string())?;
    running.wait().await.map_err(|error| error.to_string())
}

async fn migrate(config: Config) -> Result<(), String> {
    logging::start(config.log_format, &config.log_filter);
    app::migrate(&config, Clock::system()).await.map_err(|error| error.to_string())
}

fn write_manual(folder: &Path) -> Result<(), String> {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(config::command_line(), folder));
    written.map_err(|error| format!("{}: {error}", folder.display()))
}

async fn restored(config: Config) -> Result<(), String> {
    logging::start(config.log_format, &config.log_filter);
    app::restored(&config, Clock::system()).await.map_err(|error| error.to_string())
}

fn print(text: &str) -> Result<(), String> {
    io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
}
