//! The client's style sheets, joined into one.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The content of all style sheets in `folder`, in the order in which `main.css` imports them, then its own rules.
/// Without a `main.css`: in the order of their names.
///
/// # Errors
/// When a file cannot be read, is imported but missing, or is there and never imported.
pub(crate) fn join(folder: &Path) -> Result<String> {
    let mut names: Vec<String> = match fs::read_dir(folder) {
        Ok(entries) => entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?,
        Err(_) => return Ok(String::new()),
    };
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "css"));
    names.sort();
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    if !names.iter().any(|name| name == "main.css") {
        return names.iter().map(|name| read(name)).collect();
    }

    let (imported, own_rules) = split_imports(&read("main.css")?)?;
    if let Some(unused) = names.iter().find(|name| *name != "main.css" && !imported.contains(name)) {
        bail!("{} is not imported by main.css", folder.join(unused).display());
    }
    let mut joined = imported.iter().map(|name| read(name)).collect::<Result<String>>()?;
    joined.push_str(&own_rules);
    Ok(joined)
}

/// The names that a style sheet imports, and the rest of it.
fn split_imports(css: &str) -> Result<(Vec<String>, String)> {
    let mut imported = Vec::new();
    let mut rest = String::new();
    for line in css.lines() {
        let Some(import) = line.trim().strip_prefix("@import ") else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let name = import.trim_end_matches(';').trim();
        let name = name.strip_prefix("url(").and_then(|name| name.strip_suffix(')')).unwrap_or(name);
        let name = name.trim_matches(['"', '\'']).trim_start_matches("./");
        if name.contains(['"', '\'', ' ', '/']) {
            bail!(
                "main.css: only imports like `@import \"name.css\";` are understood, not `{}`",
                line.trim()
            );
        }
        imported.push(name.to_owned());
    }
    Ok((imported, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_taken_out_in_their_order() {
        let css = "@import \"tokens.css\";\n@import url('./base.css');\nbody { margin: 0 }\n";
        let (imported, rest) = split_imports(css).unwrap();
        assert_eq!(imported, ["tokens.css", "base.css"]);
        assert_eq!(rest, "body { margin: 0 }\n");
    }

    #[test]
    fn an_import_that_depends_on_a_condition_is_refused() {
        assert!(split_imports("@import \"print.css\" print;").is_err());
    }
}
