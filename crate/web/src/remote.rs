//! What is at an address: core says what to ask for and what an answer means, JavaScript asks.

use floatscope_core::remote::{self, Answer, Asked, Known, delay_ms};
#[cfg(feature = "scan")]
use floatscope_core::remote::{Address, Finding, HUB, RemoteFile};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;

/// Looks for the files at an address.
#[cfg(feature = "scan")]
#[wasm_bindgen]
pub struct RemoteFinding(Finding);

#[cfg(feature = "scan")]
#[derive(Serialize)]
struct FoundFile {
    name: String,
    url: String,
    bytes: Option<u64>,
}

#[cfg(feature = "scan")]
impl FoundFile {
    fn of(file: RemoteFile) -> Self {
        let RemoteFile { name, url, bytes } = file;
        Self { name, url, bytes }
    }
}

#[cfg(feature = "scan")]
#[derive(Serialize)]
struct FoundFiles {
    name: String,
    files: Vec<FoundFile>,
    beside: Vec<FoundFile>,
    indexes: Vec<(String, String)>,
    problems: Vec<(String, String)>,
}

#[cfg(feature = "scan")]
#[wasm_bindgen]
impl RemoteFinding {
    /// Looks at an address; "" is the usual hub.
    ///
    /// # Errors
    /// Where the text is no address.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str, hub: &str) -> Result<Self, String> {
        let hub = if hub.is_empty() { HUB } else { hub };
        let address = Address::parse(text, hub)?;
        Ok(Self(Finding::new(&address)))
    }

    /// The URL that is to be read whole; nothing when all is found.
    pub fn wants(&self) -> Option<String> {
        self.0.wants().map(str::to_owned)
    }

    /// Takes what is there.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.0.feed(bytes);
    }

    /// What is wanted cannot be read.
    pub fn failed(&mut self, what: &str) {
        self.0.failed(what);
    }

    /// What was found, as JSON: name, files, what lies beside them, indexes and problems.
    pub fn finish(self) -> String {
        let found = self.0.finish();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let problems = found.problems.into_iter();
        let files = FoundFiles {
            name: found.name,
            files: found.files.into_iter().map(FoundFile::of).collect(),
            beside: found.beside.into_iter().map(FoundFile::of).collect(),
            indexes: found
                .indexes
                .iter()
                .map(|(name, bytes)| (name.clone(), text(bytes)))
                .collect(),
            problems: problems
                .map(|problem| (problem.file, problem.what))
                .collect(),
        };
        floatscope_core::report::to_json(&files)
    }
}

/// What was asked for, what is known of the file, and what came.
#[derive(Deserialize)]
struct Exchange {
    begin: f64,
    end: f64,
    has_token: bool,
    /// The whole of a small file was asked for.
    is_whole: bool,
    known_bytes: Option<f64>,
    known_version: Option<String>,
    status: u16,
    content_range: Option<String>,
    content_length: Option<f64>,
    content_type: Option<String>,
    etag: Option<String>,
    retry_after: Option<String>,
}

/// What follows from it.
#[derive(Serialize)]
struct Judgement {
    /// Why the body is not what was asked for.
    what: Option<String>,
    /// Whether to ask again may help.
    again: bool,
    /// After so long, where the server says it.
    wait_ms: Option<u64>,
    bytes: Option<u64>,
    version: Option<String>,
}

/// Judges an answer before its body is read; both are JSON.
///
/// # Errors
/// Where the text is no exchange.
#[wasm_bindgen]
pub fn judge_answer(exchange: &str) -> Result<String, String> {
    let exchange: Exchange = serde_json::from_str(exchange).map_err(|error| error.to_string())?;
    let mut known = Known {
        bytes: exchange.known_bytes.map(|bytes| bytes as u64),
        version: exchange.known_version,
    };
    let asked = Asked {
        range: exchange.begin as u64..exchange.end as u64,
        has_token: exchange.has_token,
    };
    let answer = Answer {
        status: exchange.status,
        content_range: exchange.content_range,
        content_length: exchange.content_length.map(|bytes| bytes as u64),
        content_type: exchange.content_type,
        etag: exchange.etag,
        retry_after: exchange.retry_after,
    };
    let judged = match exchange.is_whole {
        true => answer.judge_whole(exchange.has_token),
        false => answer.judge(&asked, &mut known),
    };
    let trouble = judged.err();
    let again = trouble.as_ref().map(|trouble| trouble.again);
    let judgement = Judgement {
        again: again.is_some_and(|again| again.is_some()),
        wait_ms: again.flatten().flatten(),
        what: trouble.map(|trouble| trouble.what),
        bytes: known.bytes,
        version: known.version,
    };
    Ok(floatscope_core::report::to_json(&judgement))
}

/// Why a file's first bytes are not those of what was meant, where the address is to blame; nothing where it is not.
#[wasm_bindgen]
pub fn judge_beginning(bytes: &[u8]) -> Option<String> {
    let judged = remote::judge_beginning(bytes);
    judged.err().map(|trouble| trouble.what)
}

/// How long to wait after so many failures in a row; nothing when to give up.
#[wasm_bindgen]
pub fn retry_delay_ms(failures: u32, server_says_ms: Option<f64>, spread: f64) -> Option<f64> {
    let says = server_says_ms.map(|wait| wait as u64);
    delay_ms(failures, says, spread as u64).map(|delay| delay as f64)
}
