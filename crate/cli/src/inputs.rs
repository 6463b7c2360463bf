//! From the paths that a user gives to the files that are read.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use floatscope_core::checkpoint::{MAX_HEADER_BYTES, ShardIndex};
use floatscope_core::remote::{Address, HUB};
use floatscope_core::report::Problem;

use crate::numbers::plural;
use crate::places::Place;
use crate::remote::{self, RemoteSource};

/// What names of files end in: they are no repositories.
const FILES: [&str; 9] = [
    SUFFIX, ".json", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".npz", ".onnx",
];
const SUFFIX: &str = ".safetensors";
const INDEX_SUFFIX: &str = ".safetensors.index.json";

/// What there is to read.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Files with tensors, in the order in which they were named or are sorted; each once.
    pub(crate) files: Vec<Place>,
    /// Shard indexes and their bytes.
    pub(crate) indexes: Vec<(PathBuf, Vec<u8>)>,
    /// What could not be used.
    pub(crate) problems: Vec<Problem>,
    /// What a person should know though nothing is wrong.
    pub(crate) notes: Vec<String>,
    seen: BTreeSet<PathBuf>,
}

impl Inputs {
    /// Looks at every path.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        let mut inputs = Self::default();
        for path in paths {
            inputs.add(path);
        }
        inputs
    }

    /// Every file that is read.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let files = self.files.iter().filter_map(|place| match place {
            Place::Path(path) => Some(path),
            Place::Url(_) => None,
        });
        let indexes = self.indexes.iter().map(|(path, _)| path);
        files.chain(indexes).cloned().collect()
    }

    fn add(&mut self, path: &Path) {
        if let Some(address) = address(path) {
            self.add_address(address);
        } else if path.is_dir() {
            self.add_folder(path);
        } else if has_suffix(path, ".json") {
            self.add_index(path);
        } else {
            self.add_file(path.to_owned());
        }
    }

    /// What is at an address.
    fn add_address(&mut self, text: &str) {
        match remote::find(text) {
            Ok(found) => {
                let files = found.files.into_iter().map(RemoteSource::new);
                self.files
                    .extend(files.map(|file| Place::Url(Arc::new(file))));
                let indexes = found.indexes.into_iter();
                self.indexes
                    .extend(indexes.map(|(name, bytes)| (PathBuf::from(name), bytes)));
                let problems = found.problems.into_iter();
                self.problems
                    .extend(problems.map(|problem| match Address::is_url(text) {
                        true => problem,
                        // It may have been meant for a file.
                        false => Problem {
                            what: format!(
                                "there is nothing of this name here, and on {}: {}",
                                remote::hub(),
                                problem.what
                            ),
                            ..problem
                        },
                    }));
            }
            Err(error) => self.problems.push(problem(Path::new(text), &error)),
        }
    }

    fn add_file(&mut self, path: PathBuf) {
        if self.is_new(&path) {
            self.files.push(Place::Path(path));
        }
    }

    /// A folder with an index is what its index says; one without, all its tensor files.
    fn add_folder(&mut self, folder: &Path) {
        let (files, indexes) = match list(folder) {
            Ok(listed) => listed,
            Err(error) => return self.problem(folder, &what(&error)),
        };
        match &indexes[..] {
            [] if files.is_empty() => {
                self.problem(folder, "the folder holds no .safetensors file");
            }
            [] => files.into_iter().for_each(|file| self.add_file(file)),
            indexes => match main_index(indexes) {
                Some(index) => {
                    if let Some(shards) = self.add_index(index) {
                        self.note_left_out(folder, &files, &shards);
                    }
                }
                None => self.problem(folder, &too_many(indexes)),
            },
        }
    }

    /// Adds an index and the shards that it names; those are returned, unless
    /// the index was added before or cannot be used.
    fn add_index(&mut self, path: &Path) -> Option<Vec<PathBuf>> {
        if !self.is_new(path) {
            return None;
        }
        let read = read_index(path);
        let bytes = read
            .map_err(|error| self.problem(path, &what(&error)))
            .ok()?;
        // What is wrong with the index is said by the job, which is given it too.
        let index = ShardIndex::parse(&shown(path), &bytes).ok();
        self.indexes.push((path.to_owned(), bytes));
        let index = index?;
        let names = index.shards().into_iter();
        let shards: Vec<PathBuf> = names.map(|name| path.with_file_name(name)).collect();
        // A shard that is missing is the index's problem, told once with its tensors.
        for shard in shards.iter().filter(|shard| shard.exists()) {
            self.add_file(shard.clone());
        }
        Some(shards)
    }

    fn note_left_out(&mut self, folder: &Path, files: &[PathBuf], shards: &[PathBuf]) {
        let left_out = files.iter().filter(|file| !shards.contains(file));
        let names: Vec<String> = left_out.map(|file| file_name(file)).collect();
        if !names.is_empty() {
            let note = format!(
                "{}: left out, not in the index: {}",
                shown(folder),
                some(&names)
            );
            self.notes.push(note);
        }
    }

    fn is_new(&mut self, path: &Path) -> bool {
        let one_name = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        self.seen.insert(one_name)
    }

    fn problem(&mut self, path: &Path, what: &str) {
        self.problems.push(problem(path, what));
    }
}

/// What is named, where that is no file here: a URL, or a repository on a hub. A name whose first part is a
/// folder here is a slip of the pen, and nobody's business elsewhere.
pub(crate) fn address(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    if Address::is_url(text) {
        return Some(text);
    }
    let is_here = path.exists() || path.parent().is_none_or(Path::exists);
    let is_file = FILES.iter().any(|suffix| has_suffix(path, suffix));
    let is_repository = !is_here && !is_file && Address::parse(text, HUB).is_ok();
    is_repository.then_some(text)
}

/// The config.json of a checkpoint: in the folder, or beside the file.
pub(crate) fn config_of(path: &Path) -> Option<PathBuf> {
    let folder = match path.is_dir() {
        true => path.to_owned(),
        false => path.canonicalize().ok()?.parent()?.to_owned(),
    };
    let config = folder.join("config.json");
    config.is_file().then_some(config)
}

/// What is wrong with a file as a whole.
pub(crate) fn problem(path: &Path, what: &str) -> Problem {
    Problem {
        file: shown(path),
        tensor: None,
        place: None,
        what: what.to_owned(),
    }
}

/// The path as the user named it.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// What the system says, as the end of a sentence and without its number.
pub(crate) fn what(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(characters).collect()
}

/// A checkpoint's name for people: the file's, the folder's, or that of the
/// folder around an index.
pub(crate) fn checkpoint_name(paths: &[PathBuf]) -> String {
    let Some((first, others)) = paths.split_first() else {
        return String::new();
    };
    if let Some(text) = address(first) {
        let name = name_of_address(text);
        return match others.len() as u64 {
            0 => name,
            others => format!("{name} and {}", plural(others, "other path")),
        };
    }
    let full = first.canonicalize().unwrap_or_else(|_| first.clone());
    let named = match full.parent() {
        Some(folder) if has_suffix(&full, ".json") => folder,
        _ => &full,
    };
    match others.len() as u64 {
        0 => file_name(named),
        others => format!("{} and {}", file_name(named), plural(others, "other path")),
    }
}

/// "ORG/MODEL", or the last part of a URL's path that says something.
fn name_of_address(text: &str) -> String {
    match Address::parse(text, &remote::hub()) {
        Ok(Address::Repository { name, .. }) => name,
        Ok(Address::File { url }) => part_of_path(&url, 0),
        Ok(Address::Index { url }) => part_of_path(&url, 1),
        Err(_) => text.to_owned(),
    }
}

/// The last part of a URL's path, or one so many before it.
fn part_of_path(url: &str, before: usize) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.rsplit('/').nth(before).unwrap_or(path).to_owned()
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

fn has_suffix(path: &Path, suffix: &str) -> bool {
    let name = path.file_name().map(OsStr::as_encoded_bytes);
    name.is_some_and(|name| name.ends_with(suffix.as_bytes()))
}

/// Tensor files and indexes of a folder, each sorted.
fn list(folder: &Path) -> io::Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let entries = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !path.is_dir());
    paths.sort();
    let of_kind = |suffix: &str| {
        let paths = paths.iter().filter(|path| has_suffix(path, suffix));
        paths.cloned().collect()
    };
    Ok((of_kind(SUFFIX), of_kind(INDEX_SUFFIX)))
}

/// The one index, or the one with the usual name.
fn main_index(indexes: &[PathBuf]) -> Option<&Path> {
    let usual = indexes
        .iter()
        .find(|index| file_name(index) == "model.safetensors.index.json");
    match indexes {
        [only] => Some(only),
        _ => usual.map(PathBuf::as_path),
    }
}

fn too_many(indexes: &[PathBuf]) -> String {
    let names: Vec<String> = indexes.iter().map(|index| file_name(index)).collect();
    format!(
        "the folder holds several indexes, name one: {}",
        some(&names)
    )
}

/// The first names of a list, and how many more there are.
fn some(names: &[String]) -> String {
    const MOST: usize = 5;
    let shown = names[..names.len().min(MOST)].join(", ");
    match names.len().saturating_sub(MOST) as u64 {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// An index or a config, or one byte more than an index may have.
pub(crate) fn read_index(path: &Path) -> io::Result<Vec<u8>> {
    read_short(path, MAX_HEADER_BYTES)
}

/// A file of at most so many bytes, or one byte more than that.
pub(crate) fn read_short(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("this is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_index_is_taken_of_several() {
        let of = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let usual = of(&[
            "m.fp16.safetensors.index.json",
            "model.safetensors.index.json",
        ]);
        assert_eq!(main_index(&usual), Some(usual[1].as_path()));
        let one = of(&["d/odd.safetensors.index.json"]);
        assert_eq!(main_index(&one), Some(one[0].as_path()));
        let two = of(&["a.safetensors.index.json", "b.safetensors.index.json"]);
        assert_eq!(main_index(&two), None);
        assert!(too_many(&two).ends_with("a.safetensors.index.json, b.safetensors.index.json"));
    }

    #[test]
    fn what_the_system_says_ends_a_sentence() {
        let error = io::Error::from_raw_os_error(2);
        assert!(!what(&error).contains("os error"), "{}", what(&error));
        assert!(what(&error).starts_with(char::is_lowercase));
        assert_eq!(what(&io::Error::other("this")), "this");
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..7).map(|at| format!("f{at}")).collect();
        assert_eq!(some(&names), "f0, f1, f2, f3, f4 and 2 more");
        assert_eq!(some(&names[..5]), "f0, f1, f2, f3, f4");
    }
}
