//! Reads ranges of files at an address, and finds the files of a repository.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use floatscope_core::checkpoint::UNKNOWN_BYTES;
use floatscope_core::remote::{
    Address, Answer, Asked, Finding, Found, HUB, Known, RemoteFile, Trouble, delay_ms,
};
use ureq::http::Response;
use ureq::{Agent, Body, BodyReader, ResponseExt};

/// Read first, so that most headers need one request.
const HEAD_BYTES: u64 = 256 << 10;
/// Read of a file that is compared, one request after another.
const AHEAD_BYTES: u64 = 8 << 20;
/// A listing or an index is not longer.
const MOST_TEXT_BYTES: u64 = 100 << 20;
/// Bytes handed on at a time.
const CHUNK_BYTES: usize = 64 << 10;
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
        .trim_end_matches('/')
        .to_owned()
}

/// What is common to all requests.
struct Client {
    agent: Agent,
    hub: String,
    /// Sent to the hub and to nobody else.
    token: Option<String>,
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
        request.call().map_err(|error| unreachable(&error))
    }
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

/// A file at an address.
#[derive(Debug)]
pub(crate) struct RemoteSource {
    /// As it is called in the report.
    pub(crate) name: String,
    url: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Known,
    /// Where the hub sent us: it need not be asked each time.
    moved_to: Option<String>,
    /// The file's first bytes.
    head: Vec<u8>,
    /// A response that is read bit by bit, and the next byte that it brings.
    ahead: Option<(u64, BodyReader<'static>)>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.known.fmt(f)
    }
}

impl RemoteSource {
    /// Nothing is asked for yet.
    pub(crate) fn new(file: RemoteFile) -> Self {
        let known = Known {
            bytes: file.bytes,
            version: None,
        };
        Self {
            name: file.name,
            url: file.url,
            state: Mutex::new(State {
                known,
                ..State::default()
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread panics with it")
    }

    /// Reads the first bytes, and so learns the file's length.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn open(&self) -> io::Result<()> {
        let end = self
            .state()
            .known
            .bytes
            .unwrap_or(HEAD_BYTES)
            .min(HEAD_BYTES);
        let mut head = Vec::new();
        if end > 0 {
            self.read(0..end, &mut |bytes| head.extend_from_slice(bytes), true)?;
        }
        let mut state = self.state();
        // An end that came early is the file's end where nobody says its length.
        if (head.len() as u64) < end {
            state.known.bytes.get_or_insert(head.len() as u64);
        }
        state.head = head;
        Ok(())
    }

    /// Length in bytes, or [`UNKNOWN_BYTES`].
    pub(crate) fn bytes(&self) -> u64 {
        self.state().known.bytes.unwrap_or(UNKNOWN_BYTES)
    }

    /// Whether a change would be noticed by what the server says.
    fn has_version(&self) -> bool {
        self.state().known.version.is_some()
    }

    /// Reads the first bytes again where the server tells no versions apart.
    ///
    /// # Errors
    /// Where they are others now.
    pub(crate) fn check_again(&self) -> io::Result<()> {
        if self.has_version() {
            return Ok(());
        }
        let before = std::mem::take(&mut self.state().head);
        self.open()?;
        match self.state().head == before {
            true => Ok(()),
            false => Err(io::Error::other(
                "the file was changed while it was read: its first bytes are others now",
            )),
        }
    }

    /// Hands on the bytes of a range as they come, and goes on in the middle after a failure.
    ///
    /// # Errors
    /// Where it cannot be read to its end.
    pub(crate) fn stream(&self, range: Range<u64>, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        self.read(range, each, false)
    }

    fn read(
        &self,
        range: Range<u64>,
        each: &mut dyn FnMut(&[u8]),
        may_be_short: bool,
    ) -> io::Result<()> {
        let (mut at, mut failures) = (range.start, 0);
        let mut buffer = vec![0; CHUNK_BYTES];
        while at < range.end {
            let trouble = match self.request(at..range.end) {
                Err(trouble) => trouble,
                Ok(mut body) => loop {
                    match body.read(&mut buffer) {
                        // Where nobody says its length, the file ends where the answer does.
                        Ok(0) if may_be_short && self.state().known.bytes.is_none() => {
                            return Ok(());
                        }
                        Ok(0) => break dropped(at),
                        Ok(read) => {
                            // Not one byte more than what was asked for.
                            let read = read.min((range.end - at) as usize);
                            each(&buffer[..read]);
                            at += read as u64;
                            failures = 0;
                        }
                        Err(error) => {
                            let what = crate::inputs::what(&error);
                            break Trouble {
                                what,
                                ..dropped(at)
                            };
                        }
                    }
                    if at == range.end {
                        return Ok(());
                    }
                    if may_be_short && self.state().known.bytes.is_some_and(|bytes| at >= bytes) {
                        return Ok(());
                    }
                },
            };
            failures += 1;
            wait_after(&trouble, failures, at)?;
        }
        Ok(())
    }

    /// Fills the buffer from an offset. Who reads on where the last call ended goes on in its response.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let held = self.held(buffer, offset);
        if held > 0 {
            return Ok(held);
        }
        let held = self.state().ahead.take();
        let mut held = held.filter(|(at, _)| *at == offset).map(|held| held.1);
        let (mut filled, mut failures) = (0, 0);
        while filled < buffer.len() {
            let at = offset + filled as u64;
            let body = match held.take() {
                Some(body) => Ok(body),
                None => self.request(at..self.bytes().min(at + AHEAD_BYTES)),
            };
            let trouble = match body {
                Err(trouble) => trouble,
                Ok(mut body) => match body.read(&mut buffer[filled..]) {
                    Ok(0) if filled > 0 || failures == 0 => {
                        // The response is at its end, and the next one follows.
                        if at >= self.bytes() {
                            return Ok(filled);
                        }
                        failures += 1;
                        continue;
                    }
                    Ok(0) => dropped(at),
                    Ok(read) => {
                        filled += read;
                        failures = 0;
                        held = Some(body);
                        continue;
                    }
                    Err(error) => Trouble {
                        what: crate::inputs::what(&error),
                        ..dropped(at)
                    },
                },
            };
            failures += 1;
            wait_after(&trouble, failures, at)?;
        }
        self.state().ahead = held.map(|body| (offset + filled as u64, body));
        Ok(filled)
    }

    /// Bytes of the file's first ones that are there already, all or none of what is wanted.
    fn held(&self, buffer: &mut [u8], offset: u64) -> usize {
        let state = self.state();
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(there) = begin
            .checked_add(buffer.len())
            .and_then(|end| state.head.get(begin..end))
        else {
            return 0;
        };
        buffer.copy_from_slice(there);
        buffer.len()
    }

    /// Asks for a range; the body is that range, or its beginning.
    fn request(&self, range: Range<u64>) -> Result<BodyReader<'static>, Trouble> {
        let client = Client::get();
        let moved_to = self.state().moved_to.clone();
        let url = moved_to.as_deref().unwrap_or(&self.url);
        let response = client.ask(url, Some(&range))?;
        let answer = answer_of(&response);
        if moved_to.is_some() && answer.status >= 400 {
            // Such addresses expire.
            self.state().moved_to = None;
            return self.request(range);
        }
        let asked = Asked {
            range,
            has_token: client.token_for(&self.url).is_some(),
        };
        let mut state = self.state();
        answer.judge(&asked, &mut state.known)?;
        let now_at = response.get_uri().to_string();
        if now_at != self.url {
            state.moved_to = Some(now_at);
        }
        Ok(response.into_body().into_reader())
    }
}

fn dropped(at: u64) -> Trouble {
    Trouble {
        what: format!("the connection ended at byte {at}"),
        again: Some(None),
    }
}
