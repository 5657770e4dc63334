//! Makes cargo embed the web client anew when it was built anew.

fn main() -> std::io::Result<()> {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/../../frontend/dist");
    // A folder that is missing would count as changed at every build.
    std::fs::create_dir_all(client)?;
    let mut out = std::io::stdout();
    std::io::Write::write_all(&mut out, format!("cargo::rerun-if-changed={client}\n").as_bytes())
}
