//! The headers of the page in production: said here, once.
//!
//! `serve` sends them, the build writes them to `dist/_headers` (the form
//! static hosts read), and the browser tests read them from there.

/// What the page may do. Anything not named is forbidden.
const POLICY: &[&str] = &[
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    // The privacy of local files: no request can leave for another origin.
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
    // Names in a checkpoint are hostile: no string becomes markup or script.
    "require-trusted-types-for 'script'",
    "trusted-types floatscope",
];

/// Name and value of every header that a response carries besides its type.
pub(crate) fn headers() -> Vec<(&'static str, String)> {
    vec![
        ("Content-Security-Policy", POLICY.join("; ")),
        ("X-Content-Type-Options", "nosniff".into()),
        ("Referrer-Policy", "no-referrer".into()),
        // File names carry no hash, so a browser asks each time.
        ("Cache-Control", "no-cache".into()),
    ]
}

/// The MIME type of a file in `dist/`, by its extension.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("wasm", "application/wasm"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("safetensors", "application/octet-stream"),
];

/// The MIME type that goes with an extension; bytes that mean nothing if unknown.
pub(crate) fn mime_type(extension: &str) -> &'static str {
    let known = TYPES.iter().find(|(known, _)| *known == extension);
    known.map_or("application/octet-stream", |(_, kind)| kind)
}

/// `dist/_headers`: a path pattern, then one indented header a line.
pub(crate) fn headers_file() -> String {
    let mut file = String::from("/*\n");
    for (name, value) in headers() {
        file += &format!("  {name}: {value}\n");
    }
    for (extension, kind) in TYPES {
        file += &format!("/*.{extension}\n  Content-Type: {kind}\n");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::{POLICY, headers_file};

    #[test]
    fn scripts_come_from_the_page_itself_and_are_never_evaluated() {
        let policy = POLICY.join("; ");
        for forbidden in ["'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*"] {
            assert!(!policy.contains(forbidden), "{forbidden} in {policy}");
        }
    }

    #[test]
    fn the_file_for_static_hosts_has_patterns_and_indented_headers() {
        let file = headers_file();
        assert!(file.starts_with("/*\n  Content-Security-Policy: default-src 'none'; "));
        assert!(file.contains("\n/*.wasm\n  Content-Type: application/wasm\n"));
        for line in file.lines() {
            let header = line.starts_with("  ") && line.contains(": ");
            assert!(header || line.starts_with("/*"), "{line}");
        }
    }
}
