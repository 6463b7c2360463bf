//! What the page's service worker keeps: the files of this build and no others.

use crate::{embed, single_file};
use anyhow::{Context, Result};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The service worker's file.
pub(crate) const SERVICE_WORKER: &str = "service-worker.js";

/// What no page asks for: headers are for the host, types for who writes scripts, and the element for other people's pages.
fn is_kept(path: &str) -> bool {
    let others = ["_headers", SERVICE_WORKER, single_file::NAME];
    !others.contains(&path) && !embed::FILES.contains(&path) && !path.ends_with(".d.ts")
}

/// Writes at the top of the service worker which files it keeps, each with the hash that a browser checks, and
/// the build's name, which is a hash of all of it.
pub(crate) fn list(out: &Path) -> Result<()> {
    let mut files = Map::new();
    add(out, "", &mut files)?;
    let script = out.join(SERVICE_WORKER);
    let source = fs::read_to_string(&script).context(SERVICE_WORKER)?;
    let build = named(&files, &source);
    let list = format!("const BUILD={},FILES={};\n", json!(build), json!(files));
    Ok(fs::write(script, list + &source)?)
}

fn add(folder: &Path, before: &str, files: &mut Map<String, Value>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            add(&entry.path(), &format!("{path}/"), files)?;
        } else if is_kept(&path) {
            let hash = Sha256::digest(fs::read(entry.path())?);
            let hash = format!("sha256-{}", BASE64_STANDARD.encode(hash));
            files.insert(path, hash.into());
        }
    }
    Ok(())
}

/// Sixteen digits, enough to tell builds apart.
fn named(files: &Map<String, Value>, source: &str) -> String {
    let hash = Sha256::digest(json!([files, source]).to_string());
    hash.iter().take(8).fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

#[cfg(test)]
mod tests {
    use super::{SERVICE_WORKER, list};
    use crate::shell;
    use std::fs;

    /// What is written for a folder with these files.
    fn listed(name: &str, files: &[(&str, &str)]) -> String {
        let folder = std::env::temp_dir().join(format!("floatscope-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("engine")).unwrap();
        for (path, text) in files {
            fs::write(folder.join(path), text).unwrap();
        }
        fs::write(folder.join(SERVICE_WORKER), "it();\n").unwrap();
        list(&folder).unwrap();
        let text = fs::read_to_string(folder.join(SERVICE_WORKER)).unwrap();
        fs::remove_dir_all(folder).unwrap();
        text
    }

    #[test]
    fn the_files_are_listed_with_their_hashes_and_headers_and_types_are_not() {
        let text = listed(
            "list",
            &[
                ("engine/a.js", ""),
                ("engine/a.d.ts", ""),
                ("_headers", "x"),
                ("floatscope.html", "x"),
            ],
        );
        let files = "FILES={\"engine/a.js\":\"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"};\nit();\n";
        assert!(text.ends_with(files), "{text}");
    }

    #[test]
    fn another_byte_is_another_build() {
        let build = |text| listed("build", &[("index.html", text)])[..32].to_owned();
        assert!(build("a").starts_with("const BUILD=\""), "{:?}", build("a"));
        assert_eq!(build("a"), build("a"));
        assert_ne!(build("a"), build("b"));
    }

    #[test]
    fn the_manifest_has_the_colours_of_the_page() {
        let www = |file| fs::read_to_string(shell::root().join("www").join(file)).unwrap();
        let style = www("style.css");
        let papers = style.split("--paper: ").skip(1).map(|rest| &rest[..7]);
        let [light, dark] = papers.collect::<Vec<_>>()[..] else {
            panic!("two papers")
        };
        let manifest: serde_json::Value =
            serde_json::from_str(&www("manifest.webmanifest")).unwrap();
        for key in ["theme_color", "background_color"] {
            assert_eq!(manifest[key], light);
        }
        let page = www("index.html");
        for (scheme, colour) in [("light", light), ("dark", dark)] {
            let meta = format!("content=\"{colour}\" media=\"(prefers-color-scheme: {scheme})\"");
            assert!(page.contains(&meta), "{meta}");
        }
    }
}
