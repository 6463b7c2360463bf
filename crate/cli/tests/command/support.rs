//! Runs the command and makes files for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// What the command did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// None where a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The lines on standard error.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        self.stderr.lines().collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("standard output is one JSON document")
    }
}

/// `floatscope`, not run yet.
pub(crate) fn floatscope() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_floatscope"));
    command.stdin(Stdio::null());
    command
}

/// Runs `floatscope scan`.
pub(crate) fn scan<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Outcome {
    outcome(floatscope().arg("scan").args(arguments))
}

pub(crate) fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().expect("the command starts");
    let text = |bytes| String::from_utf8(bytes).expect("what is printed is UTF-8");
    Outcome {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// A path under the repository's `tests` folder.
pub(crate) fn test_data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests")
        .join(path)
}

/// A folder that is removed when it is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("the folder for tests can be written");
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Writes a file and says where.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file for a test can be written");
        path
    }

    /// Writes a checkpoint of U8 tensors with these names, three bytes each.
    pub(crate) fn checkpoint(&self, name: &str, tensors: &[&str]) -> PathBuf {
        let entries = tensors.iter().enumerate().map(|(at, tensor)| {
            let entry = serde_json::json!({
                "dtype": "U8", "shape": [3], "data_offsets": [at * 3, at * 3 + 3]
            });
            ((*tensor).to_owned(), entry)
        });
        let header: serde_json::Map<String, Value> = entries.collect();
        self.write(
            name,
            container(&Value::Object(header), &vec![7; tensors.len() * 3]),
        )
    }

    /// Writes a shard index from tensors to files.
    pub(crate) fn index(&self, name: &str, weight_map: &[(&str, &str)]) -> PathBuf {
        let map: serde_json::Map<String, Value> = weight_map
            .iter()
            .map(|&(tensor, shard)| (tensor.to_owned(), shard.into()))
            .collect();
        self.write(name, serde_json::json!({ "weight_map": map }).to_string())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The bytes of a safetensors file.
pub(crate) fn container(header: &Value, data: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    file
}

/// The names of the report's tensors.
pub(crate) fn names(report: &Value) -> Vec<&str> {
    let tensors = report["tensors"].as_array().expect("a list of tensors");
    tensors
        .iter()
        .filter_map(|tensor| tensor["name"].as_str())
        .collect()
}
