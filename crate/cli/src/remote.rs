//! Asks servers: finds the files at an address, and has the file's ranges read by [`RemoteSource`].

use std::io;
use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use floatscope_core::remote::{Address, Answer, Finding, Found, HUB, Trouble, delay_ms};
use ureq::http::Response;
use ureq::{Agent, Body};

pub(crate) use source::RemoteSource;

mod kept;
mod source;

/// A listing or an index is not longer.
const MOST_TEXT_BYTES: u64 = 100 << 20;
/// A server that sends nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// The hub that was named on the command line.
static NAMED_HUB: OnceLock<String> = OnceLock::new();

/// Looks repositories up on this hub from now on.
pub(crate) fn use_hub(hub: &str) {
    // Said once, by the command line.
    let _ = NAMED_HUB.set(hub.to_owned());
}

/// The hub that is named on the command line or in the environment, or the usual one.
pub(crate) fn hub() -> String {
    let from_environment = || std::env::var("HF_ENDPOINT").ok();
    let named = NAMED_HUB.get().cloned().or_else(from_environment);
    let hub = named.filter(|hub| !hub.is_empty());
    hub.unwrap_or_else(|| HUB.to_owned())
        .trim()
        .trim_end_matches('/')
        .to_owned()
}

/// What is common to all requests.
struct Client {
    agent: Agent,
    hub: String,
    /// Sent to the hub and to nobody else.
    token: Option<String>,
    /// Whether any server ever answered: before that, what cannot be reached is most likely misspelt.
    has_answered: AtomicBool,
}

impl Client {
    fn get() -> &'static Self {
        static CLIENT: OnceLock<Client> = OnceLock::new();
        CLIENT.get_or_init(|| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                .timeout_connect(Some(PATIENCE))
                .timeout_recv_response(Some(PATIENCE))
                .timeout_per_read(Some(PATIENCE))
                .user_agent(concat!("floatscope/", env!("CARGO_PKG_VERSION")))
                // Bytes as they are: a range of something compressed is of no use.
                .accept_encoding("identity")
                .max_idle_connections_per_host(32);
            let token = std::env::var("HF_TOKEN").ok();
            Client {
                agent: config.build().into(),
                hub: hub(),
                token: token.filter(|token| !token.is_empty()),
                has_answered: AtomicBool::new(false),
            }
        })
    }

    fn token_for(&self, url: &str) -> Option<&str> {
        let of_hub = url.strip_prefix(&self.hub)?.starts_with('/');
        self.token.as_deref().filter(|_| of_hub)
    }

    fn ask(&self, url: &str, range: Option<&Range<u64>>) -> Result<Response<Body>, Trouble> {
        let mut request = self.agent.get(url);
        if let Some(Range { start, end }) = range {
            request = request.header("Range", format!("bytes={start}-{}", end - 1));
        }
        if let Some(token) = self.token_for(url) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let answer = request.call();
        let has_answered = self
            .has_answered
            .fetch_or(answer.is_ok(), Ordering::Relaxed);
        answer.map_err(|error| match has_answered || is_connected(&error) {
            true => unreachable(&error),
            false => Trouble {
                again: None,
                ..unreachable(&error)
            },
        })
    }
}

/// Whether somebody was there before it went wrong.
fn is_connected(error: &ureq::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let ended = [
        BrokenPipe,
        ConnectionAborted,
        ConnectionReset,
        UnexpectedEof,
    ];
    matches!(error, ureq::Error::Io(error) if ended.contains(&error.kind()))
}

/// Nothing was answered.
fn unreachable(error: &ureq::Error) -> Trouble {
    let (what, may_change) = match error {
        ureq::Error::HostNotFound => ("there is no such host".to_owned(), true),
        ureq::Error::Timeout(_) => ("the server does not answer".to_owned(), true),
        ureq::Error::Io(error) => (crate::inputs::what(error), true),
        ureq::Error::ConnectionFailed => ("the server cannot be reached".to_owned(), true),
        ureq::Error::TooManyRedirects => ("it redirects without end".to_owned(), false),
        error => (error.to_string(), false),
    };
    Trouble {
        what,
        again: may_change.then_some(None),
    }
}

fn answer_of(response: &Response<Body>) -> Answer {
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    Answer {
        status: response.status().as_u16(),
        content_range: header("content-range"),
        content_length: header("content-length").and_then(|text| text.parse().ok()),
        content_type: header("content-type"),
        etag: header("etag"),
        retry_after: header("retry-after"),
    }
}

/// Tries until it works, or until trying again is of no use.
fn persist<T>(spread: u64, mut attempt: impl FnMut() -> Result<T, Trouble>) -> io::Result<T> {
    let mut failures = 0;
    loop {
        let trouble = match attempt() {
            Ok(result) => return Ok(result),
            Err(trouble) => trouble,
        };
        failures += 1;
        wait_after(&trouble, failures, spread)?;
    }
}

/// Waits before the next attempt.
///
/// # Errors
/// The trouble, where there is no next one.
fn wait_after(trouble: &Trouble, failures: u32, spread: u64) -> io::Result<()> {
    let delay = trouble
        .again
        .and_then(|says| delay_ms(failures, says, spread));
    match delay {
        Some(delay) => {
            std::thread::sleep(Duration::from_millis(delay));
            Ok(())
        }
        None if failures > 1 => {
            let what = format!("{} (tried {failures} times)", trouble.what);
            Err(io::Error::other(what))
        }
        None => Err(io::Error::other(trouble.what.clone())),
    }
}

/// The files at an address.
///
/// # Errors
/// Where the text is no address.
pub(crate) fn find(text: &str) -> Result<Found, String> {
    let address = Address::parse(text, &hub())?;
    let mut finding = Finding::new(&address);
    while let Some(url) = finding.wants().map(str::to_owned) {
        match read_whole(&url) {
            Ok(bytes) => finding.feed(&bytes),
            Err(error) => finding.failed(&crate::inputs::what(&error)),
        }
    }
    Ok(finding.finish())
}

fn read_whole(url: &str) -> io::Result<Vec<u8>> {
    let client = Client::get();
    persist(url.len() as u64, || {
        let mut response = client.ask(url, None)?;
        answer_of(&response).judge_whole(client.token_for(url).is_some())?;
        let body = response.body_mut().with_config().limit(MOST_TEXT_BYTES);
        body.read_to_vec().map_err(|error| unreachable(&error))
    })
}
