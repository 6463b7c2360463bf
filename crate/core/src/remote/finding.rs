//! From an address to the files with tensors, one question after another.

use serde::Deserialize;

use super::Address;
use crate::checkpoint::ShardIndex;
use crate::report::Problem;

/// A file with tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// As it is called in the report.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// Its length, where the hub says it.
    pub bytes: Option<u64>,
}

/// What there is at an address.
#[derive(Debug, Default)]
pub struct Found {
    /// The checkpoint's name for people.
    pub name: String,
    /// Files with tensors.
    pub files: Vec<RemoteFile>,
    /// What lies beside them and belongs to the model: config.json and tokenizer.json.
    pub beside: Vec<RemoteFile>,
    /// Shard indexes and their bytes.
    pub indexes: Vec<(String, Vec<u8>)>,
    /// What could not be used.
    pub problems: Vec<Problem>,
}

/// Looks for files: say what is [wanted](Self::wants), feed it, and in the end take what was found.
#[derive(Debug)]
pub struct Finding {
    next: Option<Question>,
    found: Found,
    /// Files of the repository, of which an index may choose.
    listed: Vec<RemoteFile>,
}

#[derive(Debug)]
struct Question {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// The hub's listing of a repository.
    Listing {
        hub: String,
        repository: String,
        folder: String,
    },
    /// A shard index, by this name.
    Index { name: String },
}

/// What the hub's API says of a repository; more fields are none of our business.
#[derive(Deserialize)]
struct Listing {
    /// The commit that the revision means now.
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
}

/// What the lab reads besides tensors.
const BESIDE: [&str; 2] = ["config.json", "tokenizer.json"];
const SUFFIX: &str = ".safetensors";
const INDEX_SUFFIX: &str = ".safetensors.index.json";

impl Finding {
    /// Looks at an address.
    pub fn new(address: &Address) -> Self {
        let mut finding = Self {
            next: None,
            found: Found::default(),
            listed: Vec::new(),
        };
        match address {
            Address::File { url } => {
                let name = file_name(url);
                finding.found.name.clone_from(&name);
                finding.found.files.push(RemoteFile {
                    name,
                    url: url.clone(),
                    bytes: None,
                });
            }
            Address::Index { url } => finding.ask_for_index(url, file_name(url)),
            Address::Repository {
                hub,
                name,
                revision,
                folder,
            } => {
                finding.found.name.clone_from(name);
                // A slash in it is no slash of the path.
                let revision = escaped(revision).replace('/', "%2F");
                finding.next = Some(Question {
                    url: format!("{hub}/api/models/{name}/revision/{revision}?blobs=true"),
                    kind: Kind::Listing {
                        hub: hub.clone(),
                        repository: name.clone(),
                        folder: folder.clone(),
                    },
                });
            }
        }
        finding
    }

    /// The URL that is to be read whole; `None` when all is found.
    pub fn wants(&self) -> Option<&str> {
        self.next.as_ref().map(|question| question.url.as_str())
    }

    /// Takes what is there.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(Question { url, kind }) = self.next.take() else {
            return;
        };
        match kind {
            Kind::Listing {
                hub,
                repository,
                folder,
            } => match serde_json::from_slice::<Listing>(bytes) {
                Ok(listing) => self.take_listing(&listing, &hub, &repository, &folder),
                Err(error) => self.problem(
                    &repository,
                    &format!("the hub's answer is no listing of files: {error}"),
                ),
            },
            Kind::Index { name } => self.take_index(&url, name, bytes),
        }
    }

    /// What is wanted cannot be read.
    pub fn failed(&mut self, what: &str) {
        if let Some(Question { kind, .. }) = self.next.take() {
            let name = match kind {
                Kind::Listing { repository, .. } => repository,
                Kind::Index { name } => name,
            };
            self.problem(&name, what);
        }
    }

    /// What was found.
    pub fn finish(self) -> Found {
        self.found
    }

    fn ask_for_index(&mut self, url: &str, name: String) {
        if self.found.name.is_empty() {
            self.found.name = url.rsplit('/').nth(1).unwrap_or(&name).to_owned();
        }
        self.next = Some(Question {
            url: url.to_owned(),
            kind: Kind::Index { name },
        });
    }

    fn problem(&mut self, file: &str, what: &str) {
        self.found.problems.push(Problem {
            file: file.to_owned(),
            tensor: None,
            place: None,
            what: what.to_owned(),
        });
    }

    /// A folder with an index is what its index says; one without, all its tensor files.
    fn take_listing(&mut self, listing: &Listing, hub: &str, repository: &str, folder: &str) {
        let commit = escaped(&listing.sha);
        let base = format!("{hub}/{repository}/resolve/{commit}/");
        let in_folder = listing.siblings.iter().filter(|sibling| {
            let path = sibling.rfilename.rsplit_once('/').map_or("", |path| path.0);
            path == folder
        });
        let (mut files, mut indexes) = (Vec::new(), Vec::new());
        for sibling in in_folder {
            let name = sibling.rfilename.clone();
            let file = RemoteFile {
                url: format!("{base}{}", escaped(&name)),
                bytes: sibling.size,
                name,
            };
            match file.name.as_str() {
                name if name.ends_with(INDEX_SUFFIX) => indexes.push(file),
                name if name.ends_with(SUFFIX) => files.push(file),
                name if BESIDE.contains(&file_name(name).as_str()) => self.found.beside.push(file),
                _ => {}
            }
        }
        let main = |file: &&RemoteFile| file_name(&file.name) == "model.safetensors.index.json";
        match indexes.iter().find(main).or(indexes.first()) {
            Some(index) => {
                self.listed = files;
                self.ask_for_index(&index.url, index.name.clone());
            }
            None if files.is_empty() => {
                let place = if folder.is_empty() {
                    "repository"
                } else {
                    "folder"
                };
                self.problem(
                    repository,
                    &format!("the {place} holds no .safetensors file"),
                );
            }
            None => self.found.files = files,
        }
    }

    fn take_index(&mut self, url: &str, name: String, bytes: &[u8]) {
        // What is wrong with the index is said by the job, which is given it too.
        let index = ShardIndex::parse(&name, bytes);
        let folder = name.rsplit_once('/').map(|path| format!("{}/", path.0));
        let folder = folder.unwrap_or_default();
        let base = url.rsplit_once('/').map_or("", |path| path.0);
        self.found.indexes.push((name, bytes.to_vec()));
        let Ok(index) = index else {
            return;
        };
        for shard in index.shards() {
            let name = format!("{folder}{shard}");
            let listed = self.listed.iter().find(|file| file.name == name);
            // Where there is a list, a shard that is missing is the index's problem.
            if !self.listed.is_empty() && listed.is_none() {
                continue;
            }
            self.found
                .files
                .push(listed.cloned().unwrap_or_else(|| RemoteFile {
                    url: format!("{base}/{}", escaped(shard)),
                    name,
                    bytes: None,
                }));
        }
    }
}

/// The last part of a URL's path.
fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.is_empty() {
        path.to_owned()
    } else {
        name.to_owned()
    }
}

/// As it can stand in a URL's path; slashes stay.
fn escaped(path: &str) -> String {
    let mut escaped = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                escaped.push(char::from(byte));
            }
            _ => {
                let digit = |value: u8| char::from_digit(u32::from(value), 16).expect("four bits");
                escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::HUB;

    fn finding(text: &str) -> Finding {
        Finding::new(&Address::parse(text, HUB).expect("an address"))
    }

    fn urls(found: &Found) -> Vec<&str> {
        found.files.iter().map(|file| file.url.as_str()).collect()
    }

    const LISTING: &str = r#"{"id": "a/b", "sha": "c0ffee", "siblings": [
        {"rfilename": "README.md", "size": 5},
        {"rfilename": "one.safetensors", "size": 100},
        {"rfilename": "x/two #.safetensors", "size": 200},
        {"rfilename": "x/model.safetensors.index.json", "size": 7}]}"#;

    #[test]
    fn a_file_is_found_without_a_question() {
        let finding = finding("https://x.org/m.safetensors?download=true");
        assert_eq!(finding.wants(), None);
        let found = finding.finish();
        assert_eq!(
            (found.name.as_str(), urls(&found)),
            (
                "m.safetensors",
                vec!["https://x.org/m.safetensors?download=true"]
            )
        );
    }

    #[test]
    fn a_repository_is_listed_and_pinned_to_its_commit() {
        let mut finding = finding("a/b@refs/pr/1");
        assert_eq!(
            finding.wants(),
            Some("https://huggingface.co/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true")
        );
        finding.feed(LISTING.as_bytes());
        assert_eq!(finding.wants(), None);
        let found = finding.finish();
        assert_eq!(
            urls(&found),
            ["https://huggingface.co/a/b/resolve/c0ffee/one.safetensors"]
        );
        assert_eq!(
            (found.name.as_str(), found.files[0].bytes),
            ("a/b", Some(100))
        );
    }

    #[test]
    fn an_index_in_a_folder_says_which_shards_and_the_list_which_are_there() {
        let mut finding = finding("https://huggingface.co/a/b/tree/main/x");
        finding.feed(LISTING.as_bytes());
        assert_eq!(
            finding.wants(),
            Some("https://huggingface.co/a/b/resolve/c0ffee/x/model.safetensors.index.json")
        );
        finding.feed(br#"{"weight_map": {"t": "two #.safetensors", "u": "gone.safetensors"}}"#);
        let found = finding.finish();
        assert_eq!(
            urls(&found),
            ["https://huggingface.co/a/b/resolve/c0ffee/x/two%20%23.safetensors"]
        );
        assert_eq!(
            (found.indexes[0].0.as_str(), found.files[0].name.as_str()),
            ("x/model.safetensors.index.json", "x/two #.safetensors")
        );
    }

    #[test]
    fn shards_of_an_index_lie_beside_it() {
        let mut finding = finding("https://x.org/m/model.safetensors.index.json");
        finding.feed(br#"{"weight_map": {"t": "a.safetensors", "u": "b.safetensors"}}"#);
        let found = finding.finish();
        assert_eq!(found.name, "m");
        assert_eq!(
            urls(&found),
            [
                "https://x.org/m/a.safetensors",
                "https://x.org/m/b.safetensors"
            ]
        );
    }

    #[test]
    fn what_goes_wrong_is_a_problem_with_a_name() {
        for (answer, says) in [
            (Ok("{}"), "no listing of files"),
            (
                Ok(r#"{"sha": "1", "siblings": []}"#),
                "holds no .safetensors file",
            ),
            (Err("there is no such file (status 404)"), "status 404"),
        ] {
            let mut finding = finding("a/b");
            match answer {
                Ok(text) => finding.feed(text.as_bytes()),
                Err(what) => finding.failed(what),
            }
            let found = finding.finish();
            assert!(
                found.problems[0].to_string().contains(says),
                "{:?}",
                found.problems
            );
            assert_eq!(found.problems[0].file, "a/b");
        }
    }
}
