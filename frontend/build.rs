//! Turns the texts in `locales` into code. A text that one of the languages lacks, or has beside the others, stops the
//! build.

use leptos_i18n_parser::parse_locales::{options::Config, parse_locales};
use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let config = Config::new("en")?.add_locale("de")?;
    let texts = parse_locales(Some(folder), config)?;
    for path in texts.tracked_files.iter().flatten() {
        println!("cargo::rerun-if-changed={path}");
    }
    let (errors, warnings) = texts.diag.borrow();
    if let Some(wrong) =
        errors.iter().map(ToString::to_string).chain(warnings.iter().map(ToString::to_string)).next()
    {
        return Err(wrong.into());
    }
    drop((errors, warnings));
    let code = leptos_i18n_codegen::gen_code(&texts, None, false, None, false)?;
    fs::write(PathBuf::from(variable("OUT_DIR")?).join("i18n.rs"), code.to_string())?;
    Ok(())
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
    let value = env::var(name);
    Ok(value?)
}
