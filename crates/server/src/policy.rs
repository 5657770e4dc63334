//! The privacy policies that people agree to. Each version is a markdown file, named by the day from which it holds; an
//! operator can put a folder of their own in the place of the built-in ones.

use crate::hex;
use sha2::{Digest, Sha256};
use similar::{Algorithm, ChangeTag, capture_diff_slices};
use std::path::Path;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use umbrachat_protocol::{PolicyVersion, PrivacyPolicy, Timestamp};
use umbrachat_store::PolicyReference;

/// A policy that is longer than this would not be read by anybody.
const BYTES_MAX: usize = 256 * 1024;

const BUILT_IN: &[(&str, &str)] = &[("2026-11-23.md", include_str!("../policies/2026-11-23.md"))];

/// Every version, the oldest first. There is at least one.
#[derive(Clone, Debug)]
pub struct Policies(Vec<PrivacyPolicy>);

impl Policies {
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        Self::from_files(files).expect("the built-in policies are in order")
    }

    /// The files `YYYY-MM-DD.md` of a folder; others are left alone.
    ///
    /// # Errors
    /// One line that says what is wrong with the folder.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if day_of(&name).is_some() {
                files.push((name, std::fs::read(entry.path()).map_err(unreadable)?));
            }
        }
        if files.is_empty() {
            return Err(format!("there is no file such as 2026-11-23.md in {}", folder.display()));
        }
        Self::from_files(files)
    }

    fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, String> {
        let policy = |(name, bytes): (String, Vec<u8>)| {
            let day = day_of(&name).ok_or_else(|| format!("{name} is not named by a day"))?;
            if bytes.len() > BYTES_MAX {
                return Err(format!("{name} is longer than {BYTES_MAX} bytes"));
            }
            let markdown = String::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))?;
            if markdown.trim().is_empty() {
                return Err(format!("{name} is empty"));
            }
            Ok(PrivacyPolicy {
                version: day.to_owned(),
                effective_from: midnight(day).ok_or_else(|| format!("{day} is not a day"))?,
                sha256: hex::encode(&Sha256::digest(&markdown)),
                markdown,
            })
        };
        let mut policies = files.into_iter().map(policy).collect::<Result<Vec<_>, _>>()?;
        policies.sort_by(|one, other| one.version.cmp(&other.version));
        Ok(Self(policies))
    }

    /// The newest that holds already. A clock that stands before all of them gets the first.
    pub fn current(&self, now: Timestamp) -> &PrivacyPolicy {
        self.0.iter().rfind(|policy| policy.effective_from <= now).unwrap_or(&self.0[0])
    }

    /// A version that holds or has held.
    pub fn version(&self, version: &str, now: Timestamp) -> Option<&PrivacyPolicy> {
        self.so_far(now).iter().find(|policy| policy.version == version)
    }

    /// Those that hold or have held, the newest first, with what each changed.
    pub fn history(&self, now: Timestamp) -> Vec<PolicyVersion> {
        let so_far = self.so_far(now);
        let before = std::iter::once(None).chain(so_far.iter().map(Some));
        let versions = so_far.iter().zip(before).map(|(policy, before)| PolicyVersion {
            version: policy.version.clone(),
            effective_from: policy.effective_from,
            sha256: policy.sha256.clone(),
            changes: before.map(|before| difference(&before.markdown, &policy.markdown)),
        });
        let mut versions: Vec<_> = versions.collect();
        versions.reverse();
        versions
    }

    fn so_far(&self, now: Timestamp) -> &[PrivacyPolicy] {
        let current = self.current(now);
        let count = self.0.iter().position(|policy| policy.version == current.version);
        &self.0[..=count.expect("the current one is among them")]
    }
}

/// Which text it is that somebody agrees to.
pub fn reference(policy: &PrivacyPolicy) -> PolicyReference {
    PolicyReference { version: policy.version.clone(), sha256: policy.sha256.clone() }
}

/// What is new and what is gone, as markdown, in the order of the text.
fn difference(old: &str, new: &str) -> String {
    let (old, new) = (units(old), units(new));
    let mut parts = Vec::new();
    for operation in capture_diff_slices(Algorithm::Myers, &old, &new) {
        for (tag, units) in operation.iter_slices(&old[..], &new[..]) {
            let title = match tag {
                ChangeTag::Equal => continue,
                ChangeTag::Delete => "**No longer there:**",
                ChangeTag::Insert => "**New:**",
            };
            let quoted =
                units.iter().map(|unit| unit.lines().map(|line| format!("> {line}")).collect::<Vec<_>>());
            let quoted: Vec<String> = quoted.map(|lines| lines.join("\n")).collect();
            parts.push(format!("{title}\n\n{}", quoted.join("\n>\n")));
        }
    }
    parts.join("\n\n")
}

/// What changes as one: a paragraph, or a row of a table.
fn units(markdown: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in markdown.lines().map(str::trim_end) {
        let is_row = line.starts_with('|');
        match units.last_mut().filter(|_| goes_on && !is_row && !line.is_empty()) {
            Some(paragraph) => {
                paragraph.push('\n');
                paragraph.push_str(line);
            }
            None if line.is_empty() => {}
            None => units.push(line.to_owned()),
        }
        goes_on = !line.is_empty() && !is_row;
    }
    units
}

/// `2026-11-23` of `2026-11-23.md`.
fn day_of(file: &str) -> Option<&str> {
    let day = file.strip_suffix(".md")?;
    midnight(day).map(|_| day)
}

fn midnight(day: &str) -> Option<Timestamp> {
    let time = OffsetDateTime::parse(&format!("{day}T00:00:00Z"), &Rfc3339).ok()?;
    Some(Timestamp::default().plus_seconds(time.unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(files: &[(&str, &str)]) -> Result<Policies, String> {
        Policies::from_files(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())))
    }

    #[test]
    fn a_policy_knows_its_version_date_and_hash() {
        let all = Policies::built_in();
        let policy = all.current(Timestamp(i64::MAX));
        assert_eq!(policy.effective_from.to_string(), format!("{}T00:00:00Z", policy.version));
        assert_eq!(policy.sha256, hex::encode(&Sha256::digest(&policy.markdown)));
        assert_eq!(policy.sha256.len(), 64);
        assert!(policy.markdown.starts_with("# Privacy policy"));
    }

    #[test]
    fn every_policy_that_was_written_is_built_in() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        let written = Policies::in_folder(&folder).unwrap();
        assert_eq!(written.0, Policies::built_in().0);
    }

    #[test]
    fn a_version_holds_from_its_day_on() {
        let all = policies(&[("2027-01-01.md", "new"), ("2026-01-01.md", "old")]).unwrap();
        let eve = midnight("2027-01-01").unwrap().plus_seconds(-1);
        assert_eq!(all.current(eve).markdown, "old");
        assert_eq!(all.current(eve.plus_seconds(1)).markdown, "new");
        assert_eq!(all.current(Timestamp(0)).markdown, "old", "a clock that is wrong finds a policy too");
        assert!(all.version("2027-01-01", eve).is_none(), "nobody can agree to what does not hold yet");
        assert_eq!(all.history(eve).len(), 1);
        assert_eq!(all.version("2026-01-01", eve.plus_seconds(1)).unwrap().markdown, "old");
    }

    #[test]
    fn what_changed_is_shown_word_for_word() {
        let old = "# Policy\n\nWe keep\nnames.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nThe end.";
        let new =
            "# Policy\n\nWe keep\nnames and faces.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nThe end.";
        let all = policies(&[("2026-01-01.md", old), ("2026-06-01.md", new)]).unwrap();
        let history = all.history(Timestamp(i64::MAX));
        assert_eq!(history[1].changes, None);
        assert_eq!(
            history[0].changes.as_deref().unwrap(),
            "**No longer there:**\n\n> We keep\n> names.\n\n**New:**\n\n> We keep\n> names and faces.\n\n**New:**\n\n> | 3 | 4 |"
        );
    }

    #[test]
    fn a_folder_that_is_no_folder_of_policies_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Policies::in_folder(&folder.path().join("nowhere")).is_err());
        std::fs::write(folder.path().join("README.md"), "not a policy").unwrap();
        assert!(Policies::in_folder(folder.path()).unwrap_err().contains("2026-11-23.md"));
        std::fs::write(folder.path().join("2026-02-30.md"), "there is no such day").unwrap();
        assert!(Policies::in_folder(folder.path()).is_err());
        std::fs::write(folder.path().join("2026-03-01.md"), "ours").unwrap();
        assert_eq!(Policies::in_folder(folder.path()).unwrap().current(Timestamp(0)).markdown, "ours");
        std::fs::write(folder.path().join("2026-03-02.md"), [0xff]).unwrap();
        assert!(Policies::in_folder(folder.path()).unwrap_err().contains("UTF-8"));
        std::fs::write(folder.path().join("2026-03-02.md"), " \n").unwrap();
        assert!(Policies::in_folder(folder.path()).unwrap_err().contains("empty"));
    }
}
