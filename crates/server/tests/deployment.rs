//! What people host this with says the same as the server: the Dockerfile, the compose file, railway.json, the unit, and
//! which dependencies there are. `cargo xtask image` carries the Dockerfile out; this only reads.

#![expect(clippy::unwrap_used, reason = "a file that cannot be read has failed the test")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn the_image_is_built_from_what_is_there() {
    let stages = stages();
    let ignored = read(".dockerignore");
    for needed in [
        ".cargo/config.toml",
        "Cargo.toml",
        "Cargo.lock",
        "crates",
        "frontend/src",
        "migrations",
        "LICENSE-MIT",
    ] {
        assert!(root().join(needed).exists(), "{needed}");
        let hidden = ignored.lines().any(|line| needed == line || needed.starts_with(&format!("{line}/")));
        assert!(!hidden, "{needed} is not copied into the image");
    }
    let mut names: Vec<&str> = Vec::new();
    for Stage { name, instructions, .. } in &stages {
        for copy in instructions.iter().filter_map(|line| line.strip_prefix("COPY ")) {
            let words: Vec<&str> = copy.split(' ').collect();
            match words.iter().find_map(|word| word.strip_prefix("--from=")) {
                Some(from) => assert!(names.contains(&from), "{copy}: no stage {from} comes before"),
                None => assert_eq!(words[0], ".", "{copy}"),
            }
        }
        names.push(name);
    }
    let last = stages.last().unwrap();
    let program = "COPY --from=build /umbrachat/target/dist/umbrachat /usr/local/bin/umbrachat";
    assert!(last.instructions.iter().any(|line| line == program), "{last:?}");
}

#[test]
fn the_image_is_built_by_commands_that_work() {
    let (packages, profiles) = (packages(), profiles());
    let mut cargo_commands = 0;
    for stage in stages() {
        for run in stage.instructions.iter().filter_map(|line| line.strip_prefix("RUN ")) {
            let words: Vec<&str> = run.split(' ').collect();
            let value_of =
                |flag: &str| words.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1]).next();
            if let Some(package) = value_of("--package") {
                assert!(packages.contains(package), "{run}: there is no package {package}");
            }
            if let Some(profile) = value_of("--profile") {
                assert!(profiles.contains(profile), "{run}: there is no profile {profile}");
            }
            cargo_commands += usize::from(words[0] == "cargo");
        }
    }
    assert!(cargo_commands >= 6, "only {cargo_commands} cargo commands");
    let browser = read("crates/xtask/src/client.rs");
    assert!(browser.contains("\"browser\"") && browser.contains("\"umbrachat-frontend\""));
}

#[test]
fn every_build_is_locked_and_every_base_image_has_a_version() {
    for stage in stages() {
        for run in stage.instructions.iter().filter_map(|line| line.strip_prefix("RUN cargo ")) {
            assert!(run.contains("--locked") || run.starts_with("chef prepare"), "{run}");
        }
        let image = stage.base.rsplit('/').next().unwrap();
        let has_version = image.chars().any(|c| c.is_ascii_digit()) && image.contains(':');
        assert!(stage.is_named_before || (has_version && !image.ends_with(":latest")), "{}", stage.base);
    }
    let compose = compose();
    for (name, service) in compose["services"].as_object().unwrap() {
        let image = service["image"].as_str().unwrap();
        let is_built = service.get("build").is_some();
        let has_version =
            image.split_once(':').is_some_and(|(_, tag)| tag.starts_with(|c: char| c.is_ascii_digit()));
        assert!(is_built || has_version, "{name}: {image}");
    }
    let ignored = read(".gitignore");
    for lock in ["Cargo.lock", "frontend/e2e/package-lock.json", "docs/examples/typescript/package-lock.json"]
    {
        assert!(root().join(lock).exists() && !ignored.contains(lock), "{lock}");
    }
    let requirements = read("docs/examples/python/requirements.txt");
    for line in requirements.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        assert!(line.contains("=="), "{line}");
    }
}

#[test]
fn the_image_runs_as_nobody_with_a_root_that_cannot_be_written() {
    let stages = stages();
    let image = &stages.last().unwrap().instructions;
    let user = image.iter().find_map(|line| line.strip_prefix("USER ")).expect("a user");
    let (uid, gid) = user.split_once(':').unwrap();
    assert!(uid.parse::<u32>().unwrap() > 0 && gid.parse::<u32>().unwrap() > 0, "{user}");
    // What it writes is in one folder, which is that user's.
    assert!(image.iter().any(|line| line.starts_with("COPY ") && line.contains(&format!("--chown={user}"))));
    assert!(variables(image).contains(&("DATA_DIR".to_owned(), "/data".to_owned())));

    let compose = compose();
    for name in ["umbrachat", "proxy", "redis"] {
        let service = &compose["services"][name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["security_opt"][0], "no-new-privileges:true", "{name}");
        assert!(service.get("privileged").is_none() && service.get("user").is_none(), "{name}");
    }
    assert_eq!(compose["services"]["umbrachat"]["cap_drop"][0], "ALL");
    assert_eq!(compose["services"]["umbrachat"]["volumes"][0], "umbrachat:/data");
    let unit = read("deploy/systemd/umbrachat.service");
    for line in ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
}

#[test]
fn image_compose_and_railway_say_what_the_server_understands() {
    let settings = settings();
    let stages = stages();
    let image = &stages.last().unwrap().instructions;
    let variables = variables(image);
    for (name, _) in &variables {
        assert!(settings.contains(name), "the image sets {name}, which the server does not know");
    }
    let port = &variables.iter().find(|(name, _)| name == "PORT").unwrap().1;
    assert!(image.contains(&format!("EXPOSE {port}")));
    assert!(image.contains(&"STOPSIGNAL SIGTERM".to_owned()));
    assert!(read("deploy/caddy/Caddyfile").contains(&format!("umbrachat {port}")));

    let compose = compose();
    let server = &compose["services"]["umbrachat"];
    for name in server["environment"].as_object().unwrap().keys() {
        assert!(settings.contains(name), "compose sets {name}, which the server does not know");
    }
    assert!(server["deploy"]["replicas"].as_u64().unwrap() >= 2);
    let subnet = &compose["networks"]["inside"]["ipam"]["config"][0]["subnet"];
    assert_eq!(&server["environment"]["TRUSTED_PROXIES"], subnet);
    assert!(server.get("ports").is_none(), "people come through the proxy");

    let says = |command: &str| {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let asked =
            Command::new(env!("CARGO_BIN_EXE_umbrachat")).args(&words).arg("--help").output().unwrap();
        assert!(asked.status.success(), "{command}");
    };
    let health = image.iter().find(|line| line.starts_with("HEALTHCHECK ")).unwrap();
    assert!(health.ends_with(r#"CMD ["/usr/local/bin/umbrachat", "health"]"#), "{health}");
    says("umbrachat health");
    let railway: Value = serde_json::from_str(&read("railway.json")).unwrap();
    says(railway["deploy"]["startCommand"].as_str().unwrap());
}

#[test]
fn whatever_a_service_waits_for_tells_how_it_is() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        assert_eq!(service["restart"], "unless-stopped", "{name}");
        for (other, how) in service.get("depends_on").and_then(Value::as_object).into_iter().flatten() {
            assert_eq!(how["condition"], "service_healthy", "{name} waits for {other}");
            // The server's own image brings its check along.
            assert!(services[other].get("healthcheck").is_some() || other == "umbrachat", "{other}");
        }
        for network in service["networks"].as_array().unwrap() {
            assert!(compose["networks"].get(network.as_str().unwrap()).is_some(), "{name}: {network}");
        }
        for volume in service.get("volumes").and_then(Value::as_array).into_iter().flatten() {
            let source = volume.as_str().unwrap().split(':').next().unwrap();
            let is_there = match source.strip_prefix("./") {
                Some(file) => root().join(file).exists(),
                None => compose["volumes"].get(source).is_some(),
            };
            assert!(is_there, "{name}: {source}");
        }
    }
    assert_eq!(compose["networks"]["inside"]["internal"], true);
}

#[test]
fn no_secret_is_in_a_file_that_is_committed() {
    let compose = read("docker-compose.yml");
    for secret in ["SECRET_KEY", "POSTGRES_PASSWORD"] {
        let taken = compose.matches(&format!("${{{secret}")).count();
        let demanded = compose.matches(&format!("${{{secret}:?")).count();
        assert!(
            taken > 0 && taken == demanded,
            "{secret} must come from outside, and be asked for where it does not"
        );
    }
    assert!(read(".gitignore").lines().any(|line| line == ".env"));
    assert!(read(".dockerignore").lines().any(|line| line == ".env"));
    let unit = read("deploy/systemd/umbrachat.service");
    assert!(!unit.contains("SECRET_KEY=") && unit.contains("EnvironmentFile="));
}

/// What Railway's reference says of each field, as far as it is used.
#[test]
fn railway_is_told_in_its_own_words() {
    let railway: Value = serde_json::from_str(&read("railway.json")).unwrap();
    let schema = serde_json::json!({
        "type": "object",
        "required": ["$schema", "build", "deploy"],
        "additionalProperties": false,
        "properties": {
            "$schema": {"const": "https://railway.com/railway.schema.json"},
            "build": {
                "type": "object",
                "required": ["builder", "dockerfilePath"],
                "additionalProperties": false,
                "properties": {
                    "builder": {"enum": ["RAILPACK", "DOCKERFILE"]},
                    "dockerfilePath": {"type": "string"},
                    "watchPatterns": {"type": "array", "items": {"type": "string"}}
                }
            },
            "deploy": {
                "type": "object",
                "required": ["startCommand", "healthcheckPath", "restartPolicyType", "drainingSeconds", "numReplicas"],
                "additionalProperties": false,
                "properties": {
                    "startCommand": {"type": "string"},
                    "numReplicas": {"type": "integer", "minimum": 1},
                    "healthcheckPath": {"type": "string", "pattern": "^/"},
                    "healthcheckTimeout": {"type": "integer", "minimum": 1},
                    "restartPolicyType": {"enum": ["ON_FAILURE", "ALWAYS", "NEVER"]},
                    "restartPolicyMaxRetries": {"type": "integer", "minimum": 1},
                    "overlapSeconds": {"type": "integer", "minimum": 0},
                    "drainingSeconds": {"type": "integer", "minimum": 0}
                }
            }
        }
    });
    let wrong: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&railway)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(root().join(railway["build"]["dockerfilePath"].as_str().unwrap()).exists());
    for pattern in railway["build"]["watchPatterns"].as_array().unwrap() {
        let path = pattern.as_str().unwrap().trim_end_matches("/**");
        assert!(root().join(path).exists(), "{pattern}");
    }
    let path = railway["deploy"]["healthcheckPath"].as_str().unwrap();
    assert!(read("openapi.yaml").contains(&format!("\n  {path}:\n")), "the server has no {path}");
}

#[test]
fn every_dependency_is_used() {
    let manifests: Vec<PathBuf> = packages_folders().iter().map(|folder| folder.join("Cargo.toml")).collect();
    let mut used_anywhere = BTreeSet::new();
    for manifest in &manifests {
        let folder = manifest.parent().unwrap();
        let sources = sources_of(folder);
        let text = fs::read_to_string(manifest).unwrap();
        for name in dependencies(&text) {
            let word = name.replace('-', "_");
            let is_used = sources.iter().any(|source| mentions(source, &word));
            let is_for_a_feature = ONLY_FOR_FEATURES.contains(&name.as_str());
            assert!(is_used || is_for_a_feature, "{}: {name} is not used", manifest.display());
            used_anywhere.insert(name);
        }
    }
    let workspace = read("Cargo.toml");
    let listed = section(&workspace, "[workspace.dependencies]");
    for name in names(&listed) {
        assert!(used_anywhere.contains(&name), "Cargo.toml lists {name}, which no package uses");
    }
}

/// Named by nobody's code, because what is wanted of it is a feature: the SQLite that is built in.
const ONLY_FOR_FEATURES: [&str; 1] = ["libsqlite3-sys"];

#[derive(Debug)]
struct Stage {
    name: String,
    base: String,
    /// Whether the base is a stage of the same file.
    is_named_before: bool,
    instructions: Vec<String>,
}

fn stages() -> Vec<Stage> {
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let mut stages: Vec<Stage> = Vec::new();
    for line in joined.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")) {
        if let Some(from) = line.strip_prefix("FROM ") {
            let (base, name) = from.split_once(" AS ").unwrap_or((from, "image"));
            let is_named_before = stages.iter().any(|stage| stage.name == base);
            let (base, name) = (base.to_owned(), name.to_owned());
            stages.push(Stage { name, base, is_named_before, instructions: Vec::new() });
        } else if let (Some(stage), false) = (stages.last_mut(), line.is_empty()) {
            stage.instructions.push(line);
        }
    }
    assert!(stages.len() >= 3, "the Dockerfile has stages");
    stages
}

fn variables(instructions: &[String]) -> Vec<(String, String)> {
    let lines = instructions.iter().filter_map(|line| line.strip_prefix("ENV "));
    let pairs = lines.flat_map(|line| line.split(' ')).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn compose() -> Value {
    yaml_serde::from_str(&read("docker-compose.yml")).unwrap()
}

/// What `umbrachat --help` lists.
fn settings() -> BTreeSet<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_umbrachat")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let names = help.split("[env: ").skip(1).map(|rest| rest.split([']', '=']).next().unwrap_or_default());
    names.map(str::to_owned).collect()
}

fn packages_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.push(root().join("frontend"));
    folders.retain(|folder| folder.join("Cargo.toml").exists());
    folders
}

fn packages() -> BTreeSet<String> {
    let manifests =
        packages_folders().into_iter().map(|folder| fs::read_to_string(folder.join("Cargo.toml")).unwrap());
    let name = |manifest: String| {
        let line = manifest.lines().find_map(|line| line.strip_prefix("name = \"").map(str::to_owned));
        line.unwrap().trim_end_matches('"').to_owned()
    };
    manifests.map(name).collect()
}

fn profiles() -> BTreeSet<String> {
    let manifest = read("Cargo.toml");
    let names = manifest.lines().filter_map(|line| line.strip_prefix("[profile.")?.strip_suffix(']'));
    names.map(str::to_owned).collect()
}

/// The names in every table of dependencies of a package.
fn dependencies(manifest: &str) -> Vec<String> {
    let heads = manifest.lines().filter(|line| line.starts_with('[') && line.ends_with("dependencies]"));
    heads.flat_map(|head| names(&section(manifest, head))).collect()
}

fn section(manifest: &str, head: &str) -> String {
    let (_, rest) = manifest.split_once(&format!("{head}\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    lines.collect::<Vec<_>>().join("\n")
}

fn names(section: &str) -> Vec<String> {
    let lines = section.lines().filter(|line| !line.starts_with(['#', ' ']) && line.contains('='));
    lines.map(|line| line.split([' ', '=', '.']).next().unwrap().to_owned()).collect()
}

/// Everything that a package compiles, outside of comments.
fn sources_of(folder: &Path) -> Vec<String> {
    let mut sources = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                let is_made = path.ends_with("node_modules") || path.ends_with("dist");
                waiting.extend((!is_made).then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
                sources.push(code.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    sources
}

/// Whether a word stands by itself in the code.
fn mentions(source: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    source.match_indices(word).any(|(place, _)| {
        let before = source[..place].chars().next_back();
        let after = source[place + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn a_word_is_told_from_a_part_of_another() {
    assert!(mentions("use url::Url;", "url"));
    assert!(!mentions("use serde_urlencoded;", "url") && !mentions("let curl = 1;", "url"));
    let manifest =
        "[dependencies]\na-b = \"1\"\nc.workspace = true\n\n[dev-dependencies]\nd = { path = \"e\" }\n";
    assert_eq!(dependencies(manifest), ["a-b", "c", "d"]);
}
