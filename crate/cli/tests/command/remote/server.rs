//! A small server on loopback that behaves as it is told: well, or badly in one of the ways of the world.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it does with requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Ranges, ETags.
    Good,
    /// Ends every third connection in the middle of the body.
    DropsEveryThird,
    /// Sends all of it to who asks for a part.
    NoRanges,
    /// Wants fewer requests, twice.
    Busy,
    /// Wants a token.
    Closed,
    /// Another file with another ETag after so many requests.
    ChangesWithTag(usize),
    /// The same without telling.
    ChangesInSilence(usize),
    /// Neither length nor ETag is told, as a page of another origin often sees it.
    Reticent,
    /// Calls all that it has a web page, and sends all of it.
    SendsPages,
    /// Sends who asks to another server.
    Redirects(u16),
}

/// A request: its path with query, the range, and the token.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) range: Option<(usize, usize)>,
    pub(crate) token: Option<String>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    seen: Vec<Seen>,
}

/// Runs until the test ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Serves these files, each by its path.
    pub(crate) fn start(manners: Manners, files: &[(&str, Vec<u8>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let files = files
            .iter()
            .map(|(path, bytes)| ((*path).to_owned(), bytes.clone()));
        let state = Arc::new(Mutex::new(State {
            files: files.collect(),
            seen: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                // Who leaves in the middle is no concern of the server.
                std::thread::spawn(move || drop(serve(stream, manners, &state)));
            }
        });
        Self { port, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().expect("no thread panics").seen.clone()
    }
}

/// Answers the requests of one connection.
fn serve(stream: TcpStream, manners: Manners, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(request) = read_request(&mut reader)? {
        let (number, file) = {
            let mut state = state.lock().expect("no thread panics");
            state.seen.push(request.clone());
            let path = request.path.split('?').next().unwrap_or_default();
            (state.seen.len(), state.files.get(path).cloned())
        };
        let is_over = answer(&mut stream, &request, file, number, manners)?;
        if is_over {
            break;
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut seen = Seen {
        path,
        range: None,
        token: None,
    };
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            return Ok(Some(seen));
        };
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let range = value.trim_start_matches("bytes=").split_once('-');
                seen.range = range.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            }
            "authorization" => seen.token = Some(value.to_owned()),
            _ => {}
        }
    }
}

/// Whether the connection is to be closed.
fn answer(
    stream: &mut TcpStream,
    request: &Seen,
    file: Option<Vec<u8>>,
    number: usize,
    manners: Manners,
) -> std::io::Result<bool> {
    let plain = |status: &str, headers: &str| {
        format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n{headers}\r\n")
    };
    let refusal = match manners {
        Manners::Busy if number <= 2 => Some(plain("429 Too Many Requests", "Retry-After: 0\r\n")),
        Manners::Closed if request.token.as_deref() != Some("Bearer secret") => {
            Some(plain("401 Unauthorized", ""))
        }
        Manners::Redirects(port) => {
            let place = format!("Location: http://127.0.0.1:{port}{}\r\n", request.path);
            Some(plain("302 Found", &place))
        }
        _ if file.is_none() => Some(plain("404 Not Found", "")),
        _ => None,
    };
    if let Some(refusal) = refusal {
        stream.write_all(refusal.as_bytes())?;
        return Ok(false);
    }
    let mut bytes = file.unwrap_or_default();
    let has_changed = match manners {
        Manners::ChangesWithTag(after) | Manners::ChangesInSilence(after) => number > after,
        _ => false,
    };
    if has_changed {
        // Its first tensor has another name.
        bytes[12] ^= 1;
    }
    let tag = match manners {
        Manners::ChangesInSilence(_) | Manners::Reticent => String::new(),
        _ => format!("ETag: \"{has_changed}\"\r\n"),
    };
    let total = bytes.len();
    let range = request
        .range
        .filter(|_| !matches!(manners, Manners::NoRanges | Manners::SendsPages));
    let (status, body) = match range {
        Some((first, _)) if first >= total => {
            stream.write_all(plain("416 Range Not Satisfiable", "").as_bytes())?;
            return Ok(false);
        }
        Some((first, last)) => ("206 Partial Content", &bytes[first..total.min(last + 1)]),
        None => ("200 OK", &bytes[..]),
    };
    let part = match range {
        Some((first, _)) if manners != Manners::Reticent => {
            format!(
                "Content-Range: bytes {first}-{}/{total}\r\n",
                first + body.len() - 1
            )
        }
        _ => String::new(),
    };
    let kind = match manners {
        Manners::SendsPages => "Content-Type: text/html; charset=utf-8\r\n",
        _ => "",
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{part}{tag}{kind}\r\n"
    )?;
    if manners == Manners::DropsEveryThird && number.is_multiple_of(3) {
        stream.write_all(&body[..length / 2])?;
        return Ok(true);
    }
    stream.write_all(body)?;
    Ok(false)
}
