//! Settings: each has a flag and an environment variable, two names of one thing. Nothing else reads the environment.

use crate::address::TrustedProxies;
use crate::bus::RedisUrl;
use crate::keys::SecretKey;
use crate::policy::Policies;
use crate::public_url::PublicUrl;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use tracing_subscriber::EnvFilter;
use umbrachat_protocol::ErasedMessages;
use umbrachat_store::Database;

/// What the command line asks for.
#[derive(Debug)]
pub enum Invocation {
    Serve(Config),
    /// Brings the database up to date and ends.
    Migrate(Config),
    /// Tells clients that the database was restored, and ends.
    Restored(Config),
    /// Prints `openapi.yaml`.
    OpenApi,
    /// Prints `asyncapi.yaml`.
    AsyncApi,
    /// What operators do with accounts, beside the server.
    User(Config, UserCommand),
    /// Copies the embedded database into a new file.
    Backup(Config, PathBuf),
    /// Checks everything that the server needs.
    Doctor(Config),
    /// Asks the server whether it is ready.
    Health(Config),
    /// Help, version, manual or completions: a text to print.
    Print(String),
    /// Writes the manual, one page for each command, into this folder.
    WriteManual(PathBuf),
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum UserCommand {
    /// List the accounts: names, when they were made and last used, how many sessions go on
    List {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Set a new random password and print it this once; all sessions end, and the recovery codes
    ResetPassword {
        /// Username
        name: String,
    },
    /// End all sessions of an account: its tokens and sockets are cut off at once
    EndSessions {
        /// Username
        name: String,
    },
    /// Erase an account and everything that it left, for good
    Erase {
        /// Username
        name: String,
        /// What becomes of what the person has written: erase it, or leave it without its author
        #[arg(long, value_enum, default_value_t = Fate::Erase)]
        messages: Fate,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fate {
    Erase,
    Anonymise,
}

impl From<Fate> for ErasedMessages {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Erase => Self::Erase,
            Fate::Anonymise => Self::Anonymise,
        }
    }
}

/// Everything that can be set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// An address or a name of this machine.
    pub host: String,
    /// 0 takes any free one.
    pub port: u16,
    pub data_dir: PathBuf,
    pub database: Database,
    /// None: in the data folder, where that can be written.
    pub erasure_ledger: Option<PathBuf>,
    /// None: one process, or replicas that do not hear of each other.
    pub redis_url: Option<RedisUrl>,
    /// None: the data folder keeps one.
    pub secret_key: Option<SecretKey>,
    /// None: this machine's local names, at the port that is listened on.
    pub public_url: Option<PublicUrl>,
    /// Whose word counts about where a request comes from.
    pub trusted_proxies: TrustedProxies,
    /// Whether people and addresses are held to their limits.
    pub rate_limits: bool,
    /// Where metrics are served. None: nowhere.
    pub metrics_addr: Option<SocketAddr>,
    pub policies: Policies,
    pub log_format: LogFormat,
    /// In the syntax of `RUST_LOG`.
    pub log_filter: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// One line that says which setting is wrong and why.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// Reads the process's own command line and environment.
pub fn from_process() -> Result<Invocation, ConfigError> {
    parse(std::env::args_os())
}

const DEFAULT_HOST: &str = "127.0.0.1";
const DEFAULT_PORT: &str = "8080";
const DEFAULT_DATA_DIR: &str = "./data";
const DEFAULT_RATE_LIMITS: &str = "on";
const DEFAULT_LOG_FORMAT: &str = "text";
const DEFAULT_LOG_FILTER: &str = "info";
const DATABASE_FILE: &str = "umbrachat.db";

/// A private messenger: API, socket and web client in one process.
#[derive(Debug, Parser)]
#[command(name = "umbrachat", version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Bring the database up to date and end
    Migrate,
    /// Look after accounts, also while the server runs
    #[command(subcommand)]
    User(UserCommand),
    /// Copy the embedded database, as it is at this moment, into a new file, also while the server runs
    Backup { file: PathBuf },
    /// Check settings, secret, database, Redis, clocks and limits, and say what to do
    Doctor,
    /// Ask the server at HOST and PORT whether it is ready; the exit code says it too
    Health,
    /// Say that the database was restored from a backup: clients begin anew. Servers that keep their data folder notice
    /// by themselves
    Restored,
    /// Print the description of the REST API as YAML
    #[command(name = "openapi")]
    OpenApi,
    /// Print the description of the socket as YAML
    #[command(name = "asyncapi")]
    AsyncApi,
    /// Print what completes this command line in a shell
    Completions { shell: Shell },
    /// Print the manual page, or write one page for each command into a folder
    Man { folder: Option<PathBuf> },
}

/// As they came: checked by `Config::try_from`, so that no message ever quotes a secret.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings, as flags or environment variables")]
struct Settings {
    /// Address to listen on
    #[arg(long, env = "HOST", global = true, hide_env_values = true, default_value = DEFAULT_HOST)]
    host: String,
    /// Port to listen on; 0 takes any free one
    #[arg(long, env = "PORT", global = true, hide_env_values = true, default_value = DEFAULT_PORT)]
    port: String,
    /// Folder for the embedded database and the generated secret
    #[arg(long, env = "DATA_DIR", global = true, hide_env_values = true, default_value = DEFAULT_DATA_DIR)]
    data_dir: String,
    #[arg(long, env = "DATABASE_URL", global = true, hide_env_values = true, value_name = "URL")]
    #[arg(help = "postgres://… or sqlite://path [default: sqlite://$DATA_DIR/umbrachat.db]")]
    database_url: Option<String>,
    #[arg(long, env = "ERASURE_LEDGER", global = true, hide_env_values = true, value_name = "FILE")]
    #[arg(help = "File that remembers erasures, for restored backups [default: $DATA_DIR/erasures.ledger]")]
    erasure_ledger: Option<String>,
    #[arg(long, env = "REDIS_URL", global = true, hide_env_values = true, value_name = "URL")]
    #[arg(help = "Bridges replicas: redis://… or rediss://… [default: unset, one process]")]
    redis_url: Option<String>,
    /// At least 32 random bytes as base64 or hex; required with PostgreSQL [default: generated into the data folder]
    #[arg(long, env = "SECRET_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    secret_key: Option<String>,
    /// Origin that browsers use; decides cookies, Origin checks and HSTS [default: http://localhost:$PORT]
    #[arg(long, env = "PUBLIC_URL", global = true, hide_env_values = true, value_name = "ORIGIN")]
    public_url: Option<String>,
    #[arg(long, env = "TRUSTED_PROXIES", global = true, hide_env_values = true, value_name = "NETWORKS")]
    #[arg(help = "Proxies whose x-forwarded-for is believed, such as 10.0.0.0/8,::1 [default: none]")]
    trusted_proxies: Option<String>,
    /// on, or off for load tests: how often a person or an address may do something
    #[arg(long, env = "RATE_LIMITS", global = true, hide_env_values = true, default_value = DEFAULT_RATE_LIMITS)]
    rate_limits: String,
    #[arg(long, env = "METRICS_ADDR", global = true, hide_env_values = true, value_name = "ADDRESS")]
    #[arg(help = "Where Prometheus finds /metrics, such as 127.0.0.1:9090; never public [default: off]")]
    metrics_addr: Option<String>,
    #[arg(long, env = "POLICY_DIR", global = true, hide_env_values = true, value_name = "FOLDER")]
    #[arg(
        help = "Folder of privacy policies, each a YYYY-MM-DD.md that holds from that day [default: built-in]"
    )]
    policy_dir: Option<String>,
    /// text or json
    #[arg(long, env = "LOG_FORMAT", global = true, hide_env_values = true, default_value = DEFAULT_LOG_FORMAT)]
    log_format: String,
    /// What to log: error, warn, info, debug, trace, or a filter such as umbrachat=debug
    #[arg(long, env = "RUST_LOG", global = true, hide_env_values = true, default_value = DEFAULT_LOG_FILTER, value_name = "FILTER")]
    rust_log: String,
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, ConfigError> {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) if error.exit_code() == 0 => return Ok(Invocation::Print(error.render().to_string())),
        Err(error) => return Err(ConfigError(one_line(&error))),
    };
    Ok(match line.command.unwrap_or(Command::Serve) {
        Command::Serve => Invocation::Serve(Config::try_from(line.settings)?.fit_to_serve()?),
        Command::Migrate => Invocation::Migrate(Config::try_from(line.settings)?),
        Command::User(command) => Invocation::User(Config::try_from(line.settings)?, command),
        Command::Backup { file } => Invocation::Backup(Config::try_from(line.settings)?, file),
        Command::Doctor => Invocation::Doctor(Config::try_from(line.settings)?),
        Command::Health => Invocation::Health(Config::try_from(line.settings)?),
        Command::Restored => Invocation::Restored(Config::try_from(line.settings)?),
        Command::OpenApi => Invocation::OpenApi,
        Command::AsyncApi => Invocation::AsyncApi,
        Command::Completions { shell } => Invocation::Print(completions(shell)),
        Command::Man { folder: None } => Invocation::Print(manual()?),
        Command::Man { folder: Some(folder) } => Invocation::WriteManual(folder),
    })
}

/// The command line as clap knows it, for whoever describes it.
pub fn command_line() -> clap::Command {
    CommandLine::command()
}

fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command_line(), "umbrachat", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn manual() -> Result<String, ConfigError> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command_line()).render(&mut page);
    rendered.map_err(|error| ConfigError(error.to_string()))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Clap explains in paragraphs; the first one says which and why.
fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    paragraph.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl TryFrom<Settings> for Config {
    type Error = ConfigError;

    fn try_from(settings: Settings) -> Result<Self, ConfigError> {
        // Where something is set to nothing, as compose files do, its default holds.
        let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
        let set = |text: Option<String>| text.filter(|text| !text.is_empty());

        let data_dir = PathBuf::from(or(settings.data_dir, DEFAULT_DATA_DIR));
        let database = match set(settings.database_url) {
            Some(url) => read("DATABASE_URL", &url)?,
            None => Database::Sqlite(data_dir.join(DATABASE_FILE)),
        };
        let log_filter = or(settings.rust_log, DEFAULT_LOG_FILTER);
        EnvFilter::try_new(&log_filter).map_err(|error| ConfigError(format!("RUST_LOG: {error}")))?;
        Ok(Self {
            host: or(settings.host, DEFAULT_HOST),
            port: or(settings.port, DEFAULT_PORT)
                .parse()
                .map_err(|_| ConfigError("PORT: not a number from 0 to 65535".into()))?,
            data_dir,
            database,
            erasure_ledger: set(settings.erasure_ledger).map(PathBuf::from),
            redis_url: set(settings.redis_url).map(|url| read("REDIS_URL", &url)).transpose()?,
            secret_key: set(settings.secret_key).map(|text| read("SECRET_KEY", text.trim())).transpose()?,
            public_url: set(settings.public_url).map(|text| read("PUBLIC_URL", &text)).transpose()?,
            trusted_proxies: read("TRUSTED_PROXIES", &settings.trusted_proxies.unwrap_or_default())?,
            rate_limits: match or(settings.rate_limits, DEFAULT_RATE_LIMITS).as_str() {
                "on" => true,
                "off" => false,
                _ => return Err(ConfigError("RATE_LIMITS: neither on nor off".into())),
            },
            metrics_addr: set(settings.metrics_addr).map(|text| read("METRICS_ADDR", &text)).transpose()?,
            policies: match set(settings.policy_dir) {
                Some(folder) => Policies::in_folder(Path::new(&folder))
                    .map_err(|why| ConfigError(format!("POLICY_DIR: {why}")))?,
                None => Policies::built_in(),
            },
            log_format: read("LOG_FORMAT", &or(settings.log_format, DEFAULT_LOG_FORMAT))?,
            log_filter,
        })
    }
}

impl Config {
    /// Everything as it is with nothing set, but kept in this folder and at any free port.
    pub fn quiet(data_dir: &Path) -> Self {
        Self {
            host: DEFAULT_HOST.to_owned(),
            port: 0,
            data_dir: data_dir.to_owned(),
            database: Database::Sqlite(data_dir.join(DATABASE_FILE)),
            erasure_ledger: None,
            redis_url: None,
            secret_key: None,
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            rate_limits: true,
            metrics_addr: None,
            policies: Policies::built_in(),
            log_format: LogFormat::Text,
            log_filter: "off".to_owned(),
        }
    }

    /// Replicas that share a database must share a secret too, so none is made up beside PostgreSQL.
    fn fit_to_serve(self) -> Result<Self, ConfigError> {
        if matches!(self.database, Database::Postgres(_)) && self.secret_key.is_none() {
            let why = "SECRET_KEY: required with PostgreSQL; `openssl rand -base64 32` makes one";
            return Err(ConfigError(why.into()));
        }
        Ok(self)
    }
}

fn read<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, ConfigError> {
    text.parse().map_err(|why| ConfigError(format!("{name}: {why}")))
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("neither text nor json"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn run(arguments: &[&str]) -> Result<Invocation, ConfigError> {
        parse(std::iter::once("umbrachat").chain(arguments.iter().copied()).map(OsString::from))
    }

    fn served(arguments: &[&str]) -> Config {
        match run(arguments) {
            Ok(Invocation::Serve(config)) => config,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn with_nothing_set_it_serves_locally_on_sqlite() {
        let config = served(&[]);
        assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8080));
        assert_eq!(config.database, Database::Sqlite(PathBuf::from("./data/umbrachat.db")));
        assert!(config.secret_key.is_none() && config.public_url.is_none());
        assert_eq!((config.log_format, config.log_filter.as_str()), (LogFormat::Text, "info"));
    }

    #[test]
    fn flags_may_stand_before_or_after_the_command() {
        for arguments in [["--port", "9", "serve"], ["serve", "--port", "9"]] {
            assert_eq!(served(&arguments).port, 9);
        }
        assert_eq!(
            served(&["--data-dir", "/x"]).database,
            Database::Sqlite(PathBuf::from("/x/umbrachat.db"))
        );
    }

    #[test]
    fn what_is_set_to_nothing_keeps_its_default() {
        let config = served(&[
            "--port=",
            "--redis-url=",
            "--secret-key=",
            "--public-url=",
            "--log-format=",
            "--trusted-proxies=",
            "--rate-limits=",
            "--policy-dir=",
        ]);
        assert_eq!(config.port, 8080);
        assert!(config.secret_key.is_none());
    }

    #[test]
    fn a_bad_value_is_one_line_that_names_the_setting() {
        for (arguments, says) in [
            (&["--port", "http"][..], "PORT: not a number"),
            (&["--port", "70000"], "PORT: not a number"),
            (&["--redis-url", "http://:hunter2@localhost"], "REDIS_URL: not an address"),
            (&["--database-url", "mysql://localhost"], "DATABASE_URL: "),
            (&["--database-url", "postgres://localhost/x"], "SECRET_KEY: required"),
            (&["--secret-key", "hunter2"], "SECRET_KEY: neither"),
            (&["--secret-key", "c2hvcnQ="], "SECRET_KEY: shorter"),
            (&["--public-url", "chat.example"], "PUBLIC_URL: not a URL"),
            (&["--trusted-proxies", "proxy.example"], "TRUSTED_PROXIES: \"proxy.example\" is no address"),
            (&["--rate-limits", "some"], "RATE_LIMITS: neither"),
            (&["--metrics-addr", "9090"], "METRICS_ADDR: "),
            (&["--policy-dir", "/no/such/folder"], "POLICY_DIR: cannot read"),
            (&["--log-format", "xml"], "LOG_FORMAT: neither"),
            (&["--rust-log", "umbrachat=loudly"], "RUST_LOG: "),
            (&["--no-such-flag"], "unexpected argument '--no-such-flag'"),
            (&["sreve"], "unrecognized subcommand 'sreve'"),
        ] {
            let error = run(arguments).unwrap_err().to_string();
            assert!(error.starts_with(says), "{arguments:?}: {error}");
            assert!(!error.contains('\n'), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn postgresql_needs_a_secret_to_serve_but_not_to_migrate() {
        let url = ["--database-url", "postgres://localhost/x"];
        served(&[url[0], url[1], "--secret-key", KEY]);
        assert!(matches!(run(&["migrate", url[0], url[1]]), Ok(Invocation::Migrate(_))));
    }

    #[test]
    fn no_secret_shows_in_debug_output() {
        assert!(!format!("{:?}", served(&["--secret-key", KEY])).contains(KEY));
    }

    #[test]
    fn help_tells_every_setting_with_its_default() {
        let Ok(Invocation::Print(help)) = run(&["--help"]) else { panic!("no help") };
        for setting in [
            "HOST",
            "PORT",
            "DATA_DIR",
            "DATABASE_URL",
            "ERASURE_LEDGER",
            "REDIS_URL",
            "SECRET_KEY",
            "PUBLIC_URL",
            "TRUSTED_PROXIES",
            "RATE_LIMITS",
            "METRICS_ADDR",
            "POLICY_DIR",
            "LOG_FORMAT",
            "RUST_LOG",
        ] {
            let line = help.lines().find(|line| line.contains(&format!("[env: {setting}"))).expect(setting);
            assert!(line.contains("[default: "), "{line}");
        }
    }
}
