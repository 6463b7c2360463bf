//! The index that says which shard holds which tensor (`model.safetensors.index.json`).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::header::{Header, MAX_HEADER_BYTES};
use super::json;
use super::problems::Problems;
use super::shown::{count, shown};
use crate::error::Error;
use crate::report::Problem;

/// Which file of a checkpoint holds which tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardIndex {
    /// The index file as the user named it.
    pub file: String,
    /// From a tensor's name to the plain name of the file that holds it.
    pub weight_map: BTreeMap<String, String>,
}

impl ShardIndex {
    /// Reads the index `bytes` of the file `file_name`.
    ///
    /// # Errors
    /// Where it is over 100,000,000 bytes, no UTF-8, no JSON object with a
    /// `weight_map` of names, lists a tensor twice, or names a shard by anything
    /// but a plain file name: `../x` would reach out of the folder.
    pub fn parse(file_name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let fail = |place: String, what: String| Error::Index {
            file: file_name.to_owned(),
            what,
            place,
        };
        let length = bytes.len() as u64;
        if length > MAX_HEADER_BYTES {
            let what =
                format!("the index has {length} bytes, over the limit of {MAX_HEADER_BYTES}");
            return Err(fail(format!("byte {MAX_HEADER_BYTES}"), what));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let place = format!("byte {}", error.valid_up_to());
            fail(place, "the index is not UTF-8".into())
        })?;
        let index: Index = serde_json::from_str(text).map_err(|error| {
            let place = format!("byte {}", json::byte_of(text, &error));
            fail(
                place,
                format!("this is no shard index: {}", json::what(&error)),
            )
        })?;
        let weight_map = index.weight_map.0;
        if let Some((tensor, shard)) = weight_map.iter().find(|(_, shard)| !is_plain(shard)) {
            let place = format!("weight_map, tensor {}", shown(tensor));
            let what = format!("the shard {} is not a plain file name", shown(shard));
            return Err(fail(place, what));
        }
        Ok(Self {
            file: file_name.to_owned(),
            weight_map,
        })
    }

    /// The files that hold the tensors, sorted, each once.
    pub fn shards(&self) -> Vec<&str> {
        let shards: BTreeSet<&str> = self.weight_map.values().map(String::as_str).collect();
        shards.into_iter().collect()
    }

    /// Holds the index against the headers of the files that are there: shards
    /// that are missing, and tensors that are not in the shard that should hold
    /// them. A file may be given with its folder, the last part of its name counts.
    pub fn check(&self, headers: &[(&str, &Header)]) -> Vec<Problem> {
        let found = Found::new(headers);
        let mut problems = Problems::new(&self.file);
        // Such a map is there already: another type would be more code to download.
        let mut missing: BTreeMap<String, usize> = BTreeMap::new();
        for (tensor, shard) in &self.weight_map {
            if !found.files.contains(shard.as_str()) {
                *missing.entry(shard.clone()).or_default() += 1;
                continue;
            }
            let homes = found
                .homes
                .get(tensor.as_str())
                .map_or(&[][..], Vec::as_slice);
            if !homes.contains(&shard.as_str()) {
                let what = misplaced(shard, homes.first().copied());
                problems.of_tensor(tensor, "weight_map".into(), what);
            }
        }
        for (shard, tensors) in missing {
            let tensors = count(tensors as u64, "tensor");
            let what = format!("the shard {} with {tensors} is missing", shown(&shard));
            problems.of_file("weight_map".into(), what);
        }
        problems.finish()
    }
}

fn misplaced(shard: &str, home: Option<&str>) -> String {
    let shard = shown(shard);
    match home {
        Some(home) => format!(
            "the index says that it is in {shard}, it is in {}",
            shown(home)
        ),
        None => format!("the index says that it is in {shard}, which does not list it"),
    }
}

/// What the headers hold.
struct Found<'a> {
    files: HashSet<&'a str>,
    /// The files that hold a tensor, those in which it could not be read included:
    /// that problem has been told.
    homes: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Found<'a> {
    fn new(headers: &[(&'a str, &'a Header)]) -> Self {
        let mut homes: HashMap<&str, Vec<&str>> = HashMap::new();
        for &(path, header) in headers {
            let readable = header.tensors.iter().map(|tensor| tensor.name.as_str());
            let others = header.problems.iter().filter_map(|p| p.tensor.as_deref());
            for tensor in readable.chain(others) {
                homes.entry(tensor).or_default().push(file_name(path));
            }
        }
        Self {
            files: headers.iter().map(|(path, _)| file_name(path)).collect(),
            homes,
        }
    }
}

/// The last part of a path, on any system.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Whether a shard's name stays in its folder on every system.
fn is_plain(name: &str) -> bool {
    let outside = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    !name.is_empty() && name != "." && name != ".." && !name.contains(outside)
}

#[derive(Deserialize)]
struct Index {
    weight_map: WeightMap,
}

/// A map of strings that refuses to hold a key twice.
struct WeightMap(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for WeightMap {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(WeightMapVisitor).map(Self)
    }
}

struct WeightMapVisitor;

impl<'de> Visitor<'de> for WeightMapVisitor {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a weight_map from tensors to files")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = BTreeMap::new();
        while let Some((tensor, shard)) = map.next_entry::<String, String>()? {
            let twice = names.contains_key(&tensor).then(|| shown(&tensor));
            names.insert(tensor, shard);
            if let Some(tensor) = twice {
                return Err(A::Error::custom(format_args!(
                    "weight_map lists {tensor} twice"
                )));
            }
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::parse_header;

    fn header(json: &str, body_bytes: u64) -> Header {
        let file_bytes = 8 + json.len() as u64 + body_bytes;
        parse_header("f", json.as_bytes(), file_bytes).expect("a readable header")
    }

    const INDEX: &str = r#"{"metadata":{"total_size":30.0,"x":[]},
        "weight_map":{"a":"m-2.safetensors","b":"m-1.safetensors","c":"m-1.safetensors","d":"m-3.safetensors"}}"#;

    #[test]
    fn an_index_knows_its_shards() {
        let index = ShardIndex::parse("m.index.json", INDEX.as_bytes()).expect("an index");
        assert_eq!(
            index.shards(),
            ["m-1.safetensors", "m-2.safetensors", "m-3.safetensors"]
        );
        assert_eq!(index.weight_map.len(), 4);
        let bare = ShardIndex::parse("i", br#"{"weight_map":{}}"#).expect("an index");
        assert_eq!(bare.shards().len(), 0);
    }

    #[test]
    fn an_index_is_held_against_the_headers() {
        let index = ShardIndex::parse("i", INDEX.as_bytes()).expect("an index");
        let first = header(r#"{"a":["U8",[1],[0,1]],"b":["F7",[1],[1,2]]}"#, 2);
        let second = header("{}", 0);
        let found = index.check(&[
            ("dir/m-1.safetensors", &first),
            ("m-2.safetensors", &second),
        ]);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        // "b" is there, if unreadable: that has been told by its header.
        assert_eq!(
            found,
            [
                "i: tensor \"a\": the index says that it is in \"m-2.safetensors\", it is in \"m-1.safetensors\" (weight_map)",
                "i: tensor \"c\": the index says that it is in \"m-1.safetensors\", which does not list it (weight_map)",
                "i: the shard \"m-3.safetensors\" with 1 tensor is missing (weight_map)",
            ]
        );
    }

    #[test]
    fn shards_are_plain_file_names() {
        for name in ["../x", "/x", "x/y", "x\\\\y", "c:x", "..", ".", "", "a\\nb"] {
            let json = format!(r#"{{"weight_map":{{"a":"{name}"}}}}"#);
            let message = ShardIndex::parse("i", json.as_bytes())
                .expect_err(name)
                .to_string();
            assert!(
                message.contains("is not a plain file name (weight_map, tensor \"a\")"),
                "{message}"
            );
        }
    }

    #[test]
    fn an_index_is_no_longer_than_a_header_may_be() {
        let spaces = vec![b' '; MAX_HEADER_BYTES as usize + 1];
        let message = |bytes: &[u8]| {
            ShardIndex::parse("i", bytes)
                .expect_err("spaces")
                .to_string()
        };
        assert!(message(&spaces).contains("over the limit of 100000000"));
        assert!(message(&spaces[1..]).contains("this is no shard index"));
    }

    #[test]
    fn bad_indexes_say_where() {
        let cases: [(&[u8], &str); 6] = [
            (
                b"",
                "i: this is no shard index: EOF while parsing a value (byte 0)",
            ),
            (
                b"{}",
                "i: this is no shard index: missing field `weight_map` (byte 1)",
            ),
            (
                b"{\"weight_map\":\n {\"a\":1}}",
                "expected a string (byte 21)",
            ),
            (
                b"{\"weight_map\":[]}",
                "expected a weight_map from tensors to files",
            ),
            (
                b"{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}",
                "weight_map lists \"a\" twice",
            ),
            (b"\"\xff\"", "i: the index is not UTF-8 (byte 1)"),
        ];
        for (json, says) in cases {
            let message = ShardIndex::parse("i", json).expect_err(says).to_string();
            assert!(message.contains(says), "{message}");
        }
    }
}
