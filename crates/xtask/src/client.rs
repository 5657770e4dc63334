//! The browser client: from the crate in `frontend` to the files in `frontend/dist`.
//!
//! `frontend/dist` holds `index.html`, and under `assets/` everything else with a hash of its content in its name, each
//! file also compressed as `.br` and `.gz`, and `.stamp` with the fingerprint of what it was all made of.
//!
//! `frontend/index.html` names the style sheet as `/styles/main.css` and a file of `frontend/public` by its path from
//! there (`/favicon.svg`); both become the hashed names. The lines that load the program are added to its head.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;
use wasm_bindgen_cli_support::Bindgen;

use crate::bundle::Bundle;
use crate::setup::wasm;
use crate::{command, emoji, fingerprint, report, stylesheet, workspace};

const PACKAGE: &str = "umbrachat-frontend";
/// The name of the program in its bindings and assets.
const NAME: &str = "umbrachat";

/// The file of `frontend/public` that keeps its name.
const WORKER: &str = "sw.js";

/// What the client is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For people: as small as it gets.
    Release,
    /// For whoever works on it: built in seconds, uncompressed.
    Development,
}

impl Mode {
    fn profile(self) -> &'static str {
        match self {
            Mode::Release => "browser",
            Mode::Development => "browser-dev",
        }
    }
}

/// Builds the client into `frontend/dist`, unless what is there was made of the same sources.
pub(crate) fn build(mode: Mode) -> Result<()> {
    // Two xtasks at once would mix their files.
    fs::create_dir_all(workspace::target().join("browser"))?;
    let lock = fs::File::create(workspace::target().join("browser/xtask.lock"))?;
    lock.lock().context("cannot lock target/browser")?;

    let fingerprint = fingerprint::of_client(mode.profile())?;
    let dist = workspace::client_dist();
    if fs::read_to_string(dist.join(".stamp")).is_ok_and(|stamp| stamp == fingerprint) {
        report::step("The client is up to date");
        return Ok(());
    }

    let mut cargo = wasm::cargo_build()?;
    report::step("Compiling the client for browsers");
    command::run(cargo.args(["--package", PACKAGE, "--profile", mode.profile()]))?;

    report::step("Assembling frontend/dist");
    let bundle = assemble(&wasm::output_folder(mode.profile()))?;
    // Without its stamp, a client that was left half-written is built again.
    remove(fs::remove_file(dist.join(".stamp")))?;
    bundle.write(&dist, mode == Mode::Release)?;
    fs::write(dist.join(".stamp"), fingerprint).context("cannot write frontend/dist/.stamp")
}

/// Puts together what cargo has left in `output` and the files of `frontend`.
fn assemble(output: &Path) -> Result<Bundle> {
    let mut bundle = Bundle::default();
    let frontend = workspace::frontend();
    add_public_files(&mut bundle, &frontend.join("public"))?;
    bundle.add("/emoji.txt", emoji::list(None).into_bytes());
    let german = frontend.join("emoji/de.txt");
    let german = fs::read_to_string(&german).with_context(|| format!("cannot read {}", german.display()))?;
    bundle.add("/emoji-de.txt", emoji::list(Some(&emoji::Names::read(&german))).into_bytes());

    let css = bundle.link(&stylesheet::join(&frontend.join("styles"))?);
    let css = (!css.is_empty()).then(|| bundle.add("/styles/main.css", css.into_bytes()));

    let program = add_program(&mut bundle, &output.join(PACKAGE).with_extension("wasm"))?;

    let page = frontend.join("index.html");
    let page = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let mut page = bundle.link(&page);
    let stylesheet = match css.filter(|css| !page.contains(css)) {
        Some(css) => format!("<link rel=\"stylesheet\" href=\"{css}\">\n"),
        None => String::new(),
    };
    let Program { start, modules, wasm } = program;
    let preload = |module: String| format!("<link rel=\"modulepreload\" href=\"{module}\">\n");
    let modules = modules.into_iter().map(preload).collect::<Vec<_>>().concat();
    let head = format!(
        "{stylesheet}\
         <link rel=\"preload\" href=\"{wasm}\" as=\"fetch\" type=\"application/wasm\" crossorigin>\n\
         {modules}\
         <script type=\"module\" src=\"{start}\"></script>\n"
    );
    let end_of_head = page.find("</head>").context("frontend/index.html has no </head>")?;
    page.insert_str(end_of_head, &head);
    bundle.add_page(page);
    let worker = frontend.join("public").join(WORKER);
    let worker = fs::read_to_string(&worker).with_context(|| format!("cannot read {}", worker.display()))?;
    bundle.add_worker(WORKER, &worker);
    Ok(bundle)
}

/// Adds the files of `folder`; those that may name others come last, so that they are given the others' new names.
fn add_public_files(bundle: &mut Bundle, folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut paths = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        // The worker comes last of all: it names everything.
        if entry.file_type().is_file() && entry.file_name() != WORKER {
            paths.push(entry.into_path());
        }
    }
    let names_others = |path: &Path| path.extension().is_some_and(|extension| extension == "webmanifest");
    paths.sort_by_key(|path| names_others(path));
    for path in paths {
        let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let content = if names_others(&path) {
            bundle.link(&String::from_utf8(content)?).into_bytes()
        } else {
            content
        };
        let source = path.strip_prefix(folder).expect("the walk stays inside its folder");
        bundle.add(&format!("/{}", source.to_string_lossy()), content);
    }
    Ok(())
}

/// The URLs of what a browser has to load to start the client.
struct Program {
    start: String,
    /// The bindings, and what they import.
    modules: Vec<String>,
    wasm: String,
}

/// Adds the WebAssembly, the JavaScript that binds it to the browser, and the module that starts both.
fn add_program(bundle: &mut Bundle, compiled: &Path) -> Result<Program> {
    let folder = workspace::target().join("browser/bindings");
    remove(fs::remove_dir_all(&folder))?;
    Bindgen::new()
        .input_path(compiled)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&folder)
        .with_context(|| format!("cannot write the bindings of {}", compiled.display()))?;

    let wasm = bundle.add(&format!("{NAME}.wasm"), fs::read(folder.join(format!("{NAME}_bg.wasm")))?);
    let mut bindings = fs::read_to_string(folder.join(format!("{NAME}.js")))?;
    let mut modules = Vec::new();
    for entry in WalkDir::new(folder.join("snippets")).sort_by_file_name().into_iter().flatten() {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&folder).expect("the walk stays inside its folder");
            let name = format!("./{}", name.to_string_lossy());
            let url = bundle.add(&name, fs::read(entry.path())?);
            // The program asks for its modules by their first names, so only where they come from is another.
            for quote in ['"', '\''] {
                let from = |source: &str| format!("from {quote}{source}{quote}");
                bindings = bindings.replace(&from(&name), &from(&url));
            }
            modules.push(url);
        }
    }
    let bindings = bundle.add(&format!("{NAME}.js"), bindings.into_bytes());
    // A module of its own, because the content security policy allows no script inside the page.
    let start = format!("import init from \"{bindings}\";\nawait init({{ module_or_path: \"{wasm}\" }});\n");
    let start = bundle.add("start.js", start.into_bytes());
    modules.push(bindings);
    Ok(Program { start, modules, wasm })
}

/// What was to be removed and is not there is as good as removed.
fn remove(result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
