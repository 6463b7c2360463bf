//! `cargo xtask serve`: build, then serve `dist/` with the production headers.

use crate::offline::SERVICE_WORKER;
use crate::options::Options;
use crate::{build, headers, shell};
use anyhow::{Context, Result, anyhow};
use std::fs::File;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use tiny_http::{Header, Method, Request, Response, Server};

/// Where the page is served unless something else already listens there.
const USUAL_PORT: u16 = 8137;

/// In place of the page's service worker: a build of today is what is shown today. Where an earlier one was kept,
/// it goes with the last page that uses it.
const KEEPS_NOTHING: &str = "onactivate=()=>registration.unregister();\n";

/// `serve [--port N] [--open] [--installable]`.
pub(crate) fn command(mut options: Options) -> Result<()> {
    let port = options.take_number("--port")?;
    let open = options.take_flag("--open");
    let is_kept = options.take_flag("--installable");
    options.finish()?;
    let server = listen(port)?;
    build::build(&build::dist())?;
    let address = format!("http://{}/", server.server_addr());
    println!("\nFloatscope is at {address}  (Ctrl-C stops it)");
    if open {
        open_browser(&address)?;
    }
    for request in server.incoming_requests() {
        // A visitor who left in the middle of a response is not our concern.
        let _ = answer(request, &build::dist(), is_kept);
    }
    Ok(())
}

fn listen(port: Option<u16>) -> Result<Server> {
    let bind = |port| Server::http(("127.0.0.1", port)).map_err(|error| anyhow!("{error}"));
    match port {
        Some(port) => bind(port).with_context(|| {
            format!("port {port} (`--port N` takes another one; without it, a free one is found)")
        }),
        None => bind(USUAL_PORT).or_else(|_| bind(0)).context("127.0.0.1"),
    }
}

/// `is_kept`: whether browsers may keep the page, as they do on a host.
fn answer(request: Request, folder: &Path, is_kept: bool) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::empty(405).boxed());
    }
    let path = file_path(request.url()).map(|path| folder.join(path));
    let path = path.filter(|path| path.is_file());
    let Some(path) = path else {
        let text = Response::from_string("not found").with_status_code(404);
        return request.respond(with_headers(text.boxed(), ""));
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let kind = headers::mime_type(extension.unwrap_or_default());
    let name = path.strip_prefix(folder).ok().and_then(Path::to_str);
    let name = name.unwrap_or_default();
    let response = if name == SERVICE_WORKER && !is_kept {
        Response::from_string(KEEPS_NOTHING).boxed()
    } else {
        Response::from_file(File::open(&path)?).boxed()
    };
    // A second one of this name takes the first one's place.
    let response = response.with_header(header("Content-Type", kind));
    request.respond(with_headers(response, name))
}

fn with_headers(response: tiny_http::ResponseBox, file: &str) -> tiny_http::ResponseBox {
    let headers = headers::headers(file).into_iter();
    headers.fold(response, |response, (name, value)| {
        response.with_header(header(name, &value))
    })
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("headers are plain ASCII")
}

/// The file a URL means, relative to the served folder, or nothing for one
/// that tries to leave it.
fn file_path(url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = PathBuf::from(percent_decoded(path)?);
    let inside = |part| matches!(part, Component::Normal(_));
    if !path.components().all(inside) {
        return None;
    }
    Some(if path.as_os_str().is_empty() {
        PathBuf::from("index.html")
    } else {
        path
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

fn open_browser(address: &str) -> Result<()> {
    let (program, arguments): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/c", "start"]),
        _ => ("xdg-open", &[]),
    };
    shell::run(Command::new(program).args(arguments).arg(address))
}

#[cfg(test)]
mod tests {
    use super::{Path, Server, answer, file_path, listen};
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[test]
    fn a_url_means_a_file_below_the_folder() {
        let path = |url| file_path(url).map(|path| path.to_string_lossy().into_owned());
        assert_eq!(path("/").as_deref(), Some("index.html"));
        assert_eq!(
            path("/engine/scan.js?x#y").as_deref(),
            Some("engine/scan.js")
        );
        assert_eq!(path("/a%20b").as_deref(), Some("a b"));
    }

    #[test]
    fn a_url_cannot_leave_the_folder() {
        for url in [
            "/../secret",
            "/a/../../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "//etc/passwd",
            "/%2fetc/passwd",
            "/%zz",
            "/%2",
            "/%ff",
            "*",
        ] {
            assert_eq!(file_path(url), None, "{url}");
        }
    }

    #[test]
    fn where_a_port_is_taken_it_is_said_how_to_take_another() {
        let other = Server::http("127.0.0.1:0").unwrap();
        let port = other.server_addr().to_ip().unwrap().port();
        let error = listen(Some(port)).err().unwrap();
        let says = format!("port {port} (`--port N` takes another one;");
        assert!(format!("{error:#}").starts_with(&says), "{error:#}");
    }

    fn response(method: &str, url: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        response_of(method, url, folder, false)
    }

    /// The whole response to one request of the given method and URL.
    fn response_of(method: &str, url: &str, folder: &Path, is_kept: bool) -> String {
        let server = Server::http("127.0.0.1:0").unwrap();
        let address = server.server_addr().to_ip().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| answer(server.recv().unwrap(), folder, is_kept));
            let mut stream = TcpStream::connect(address).unwrap();
            write!(
                stream,
                "{method} {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        })
    }

    #[test]
    fn a_file_comes_with_its_type_and_the_production_headers() {
        let text = response("GET", "/Cargo.toml");
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert!(
            text.contains("Content-Type: application/octet-stream"),
            "{text}"
        );
        for (name, value) in crate::headers::headers("Cargo.toml") {
            assert!(text.contains(&format!("{name}: {value}\r\n")), "{text}");
        }
    }

    #[test]
    fn a_page_that_is_worked_on_is_not_kept_unless_asked_for() {
        let folder = std::env::temp_dir().join(format!("floatscope-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("service-worker.js"), "it();\n").unwrap();
        for (is_kept, text) in [(false, super::KEEPS_NOTHING), (true, "it();\n")] {
            let response = response_of("GET", "/service-worker.js", &folder, is_kept);
            assert!(response.ends_with(&format!("\r\n\r\n{text}")), "{response}");
            assert_eq!(response.matches("Content-Type: ").count(), 1, "{response}");
            assert!(response.contains("connect-src 'self'"), "{response}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_there_and_what_is_not_asked_for_by_get_is_refused() {
        assert!(response("GET", "/no-such-file").starts_with("HTTP/1.1 404"));
        assert!(response("GET", "/../Cargo.toml").starts_with("HTTP/1.1 404"));
        assert!(response("POST", "/Cargo.toml").starts_with("HTTP/1.1 405"));
    }
}
