//! One file at an address, read by ranges.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard};

use floatscope_core::checkpoint::UNKNOWN_BYTES;
use floatscope_core::remote::{Asked, Known, RemoteFile, Trouble, judge_beginning};
use ureq::{BodyReader, ResponseExt};

use super::kept::Kept;
use super::{Client, answer_of, wait_after};

/// Read first, so that most headers need one request.
const HEAD_BYTES: u64 = 256 << 10;
/// Read of a file that is compared, one request after another.
const AHEAD_BYTES: u64 = 8 << 20;
/// Responses that wait for who reads on in them.
const MOST_AHEAD: usize = 16;
/// Bytes handed on at a time.
const CHUNK_BYTES: usize = 64 << 10;

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
    /// Responses that are read bit by bit, and the next byte that each brings: threads read in several places.
    ahead: Vec<(u64, BodyReader<'static>)>,
    /// What will be looked at again, where that is wanted.
    kept: Option<Kept>,
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
    /// Where it cannot be read, or the address is none of a file.
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
        judge_beginning(&head).map_err(|trouble| io::Error::other(trouble.what))?;
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

    /// Keeps what is streamed from now on, so that nothing of a sample is asked for twice.
    pub(crate) fn keep(&self) {
        self.state().kept.get_or_insert_default();
    }

    /// Hands on the bytes of a range as they come, and goes on in the middle after a failure.
    ///
    /// # Errors
    /// Where it cannot be read to its end.
    pub(crate) fn stream(&self, range: Range<u64>, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let held = self.state().kept.as_ref().and_then(|kept| kept.get(&range));
        if let Some(parts) = held {
            parts.iter().for_each(|part| each(part.bytes()));
            return Ok(());
        }
        let has_room = |kept: &mut Kept| kept.has_room(&range);
        if !self.state().kept.as_mut().is_some_and(has_room) {
            return self.read(range, each, false);
        }
        let mut bytes = Vec::new();
        let mut both = |part: &[u8]| {
            bytes.extend_from_slice(part);
            each(part);
        };
        self.read(range.clone(), &mut both, false)?;
        if let Some(kept) = &mut self.state().kept {
            kept.put(range.start, bytes);
        }
        Ok(())
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
        let mut held = self.response_at(offset);
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
        if let Some(body) = held {
            let ahead = &mut self.state().ahead;
            ahead.push((offset + filled as u64, body));
            if ahead.len() > MOST_AHEAD {
                // Nobody has read on in it for the longest time.
                ahead.remove(0);
            }
        }
        Ok(filled)
    }

    /// The response that goes on there.
    fn response_at(&self, offset: u64) -> Option<BodyReader<'static>> {
        let ahead = &mut self.state().ahead;
        let place = ahead.iter().position(|(at, _)| *at == offset)?;
        Some(ahead.remove(place).1)
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
