//! The headers of the page in production: said here, once.
//!
//! `serve` sends them, the build writes them to `dist/_headers` (the form
//! static hosts read), and the browser tests read them from there.

use crate::offline::SERVICE_WORKER;

/// One of the page's documents. They differ in where they may connect to, which is why there are several.
pub(crate) struct Document {
    /// Its file in `dist/`.
    pub(crate) file: &'static str,
    /// What it is made of, in `www/`.
    pub(crate) source: &'static str,
    /// What its `<html data-document>` says, for scripts and styles.
    pub(crate) kind: &'static str,
    /// Where it may connect to.
    connect: &'static str,
    /// Which pages may show it in a frame.
    framed_by: &'static str,
}

/// Where a document that reads from an address may connect to.
const ANYWHERE: &str = "'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*";

/// Files of one's own are read where nothing else can be reached, and the browser sees to it: whoever reads
/// from an address does so in another document. Servers on this machine need no TLS.
pub(crate) const DOCUMENTS: [Document; 3] = [
    Document {
        file: "index.html",
        source: "index.html",
        kind: "local",
        connect: "'self'",
        framed_by: "'self'",
    },
    Document {
        file: "remote.html",
        source: "index.html",
        kind: "remote",
        connect: ANYWHERE,
        framed_by: "'self'",
    },
    // What other people's pages show in a frame.
    Document {
        file: "embed.html",
        source: "embed.html",
        kind: "embed",
        connect: ANYWHERE,
        framed_by: "*",
    },
];

impl Document {
    /// What it may do, but for who may frame it: that a document cannot say itself. Anything not named is forbidden.
    pub(crate) fn policy(&self) -> String {
        [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            &format!("connect-src {}", self.connect),
            // Workers are made from blobs and have the policy of the document that made them.
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            // Names in a checkpoint are hostile: no string becomes markup or script.
            "require-trusted-types-for 'script'",
            "trusted-types floatscope",
        ]
        .join("; ")
    }

    /// The page as this document: its policy is in it, so that any host will do.
    pub(crate) fn of_page(&self, html: &str) -> String {
        page_as(html, self.kind, &self.policy())
    }
}

/// The page as a document of this kind that says its policy itself.
pub(crate) fn page_as(html: &str, kind: &str, policy: &str) -> String {
    let meta = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<meta name=\"viewport\""
    );
    let kind = format!("<html lang=\"en\" data-document=\"{kind}\">");
    html.replacen("<html lang=\"en\">", &kind, 1)
        .replacen("<meta name=\"viewport\"", &meta, 1)
}

/// What the page as one file may do: run these scripts and use this style, told by their hashes, and connect nowhere.
pub(crate) fn single_file_policy(scripts: &[String], style: &str) -> String {
    [
        "default-src 'none'",
        &format!("script-src {} 'wasm-unsafe-eval'", scripts.join(" ")),
        &format!("style-src {style}"),
        "img-src data: blob:",
        "connect-src 'none'",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types floatscope floatscope-unpack",
    ]
    .join("; ")
}

/// What the service worker may do: ask its own host for files.
const SERVICE_WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Name and value of every header that the response to a path carries besides its type.
pub(crate) fn headers(path: &str) -> Vec<(&'static str, String)> {
    let document = DOCUMENTS.iter().find(|document| document.file == path);
    let policy = document.map(|document| {
        let policy = format!(
            "{}; frame-ancestors {}",
            document.policy(),
            document.framed_by
        );
        (POLICY, policy)
    });
    let policy =
        policy.or((path == SERVICE_WORKER).then(|| (POLICY, SERVICE_WORKER_POLICY.to_owned())));
    COMMON
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .chain(policy)
        .collect()
}

const POLICY: &str = "Content-Security-Policy";

/// Headers of every response.
const COMMON: &[(&str, &str)] = &[
    ("X-Content-Type-Options", "nosniff"),
    // Other people's pages load the element's script, its worker and its wasm. Nothing here is secret.
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Referrer-Policy", "no-referrer"),
    // File names carry no hash, so a browser asks each time.
    ("Cache-Control", "no-cache"),
];

/// The MIME type of a file in `dist/`, by its extension.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("wasm", "application/wasm"),
    ("webmanifest", "application/manifest+json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("safetensors", "application/octet-stream"),
];

/// The MIME type that goes with an extension; bytes that mean nothing if unknown.
pub(crate) fn mime_type(extension: &str) -> &'static str {
    let known = TYPES.iter().find(|(known, _)| *known == extension);
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

/// `dist/_headers`: a path pattern, then one indented header a line. No two patterns that fit one path name
/// the same header: hosts differ in what becomes of both.
pub(crate) fn headers_file() -> String {
    let mut file = String::from("/*\n");
    for (name, value) in COMMON {
        file += &format!("  {name}: {value}\n");
    }
    let documents = DOCUMENTS
        .iter()
        .map(|document| (document.file, document.file));
    // A folder is asked for, too.
    let others = [("", "index.html"), (SERVICE_WORKER, SERVICE_WORKER)];
    for (path, as_file) in documents.chain(others) {
        file += &format!("/{path}\n");
        for (name, value) in &headers(as_file)[COMMON.len()..] {
            file += &format!("  {name}: {value}\n");
        }
    }
    for (extension, kind) in TYPES {
        file += &format!("/*.{extension}\n  Content-Type: {kind}\n");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::{COMMON, DOCUMENTS, headers, headers_file};

    #[test]
    fn scripts_come_from_the_page_itself_and_are_never_evaluated() {
        for document in &DOCUMENTS {
            let policy = document.policy();
            let scripts = policy
                .split("; ")
                .find(|rule| rule.starts_with("script-src"));
            assert_eq!(scripts, Some("script-src 'self' 'wasm-unsafe-eval'"));
            for forbidden in ["'unsafe-inline'", "'unsafe-eval'"] {
                assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
            }
        }
    }

    #[test]
    fn where_files_of_ones_own_are_read_nothing_else_can_be_reached() {
        let local = DOCUMENTS.iter().find(|document| document.kind == "local");
        let policy = local.expect("there is one").policy();
        assert!(policy.contains("; connect-src 'self'; "), "{policy}");
        for other in ["http:", "https:", "*"] {
            assert!(!policy.contains(other), "{other} in {policy}");
        }
    }

    #[test]
    fn the_service_worker_reaches_its_own_host_alone() {
        let policy = &headers("service-worker.js")[COMMON.len()..];
        assert!(
            matches!(policy, [(_, policy)] if policy.starts_with("default-src 'none'; connect-src 'self'; ")),
            "{policy:?}"
        );
        let written = format!("\n/service-worker.js\n  {}: {}\n", policy[0].0, policy[0].1);
        assert!(headers_file().contains(&written));
    }

    #[test]
    fn only_what_is_made_for_frames_may_be_framed_by_others() {
        let framed = DOCUMENTS.map(|document| (document.file, document.framed_by));
        let expected = [
            ("index.html", "'self'"),
            ("remote.html", "'self'"),
            ("embed.html", "*"),
        ];
        assert_eq!(framed, expected);
    }

    #[test]
    fn a_document_says_its_policy_itself() {
        let page =
            DOCUMENTS[0].of_page("<html lang=\"en\">\n<meta name=\"viewport\" content=\"x\">");
        assert!(page.starts_with("<html lang=\"en\" data-document=\"local\">\n<meta http-equiv=\"Content-Security-Policy\""), "{page}");
        assert!(
            !page.contains("frame-ancestors"),
            "browsers warn of it there: {page}"
        );
    }

    #[test]
    fn the_file_for_static_hosts_has_patterns_and_indented_headers() {
        let file = headers_file();
        assert!(
            file.starts_with("/*\n  X-Content-Type-Options: nosniff\n"),
            "{file}"
        );
        assert!(
            file.contains("\n/\n  Content-Security-Policy: default-src 'none'; "),
            "{file}"
        );
        assert!(file.contains("\n/*.wasm\n  Content-Type: application/wasm\n"));
        for line in file.lines() {
            let header = line.starts_with("  ") && line.contains(": ");
            assert!(header || line.starts_with('/'), "{line}");
        }
    }
}
