//! What a person gives: the address of a file, of an index, or of a repository on a hub.

use std::net::Ipv6Addr;

use crate::checkpoint::shown;

/// The hub that repositories are looked up on, unless another is named.
pub const HUB: &str = "https://huggingface.co";

/// Where a checkpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file with tensors.
    File {
        /// Its URL.
        url: String,
    },
    /// A shard index; shards lie beside it.
    Index {
        /// Its URL.
        url: String,
    },
    /// A repository of a hub.
    Repository {
        /// The hub, without a slash at its end.
        hub: String,
        /// "ORG/MODEL", or the name alone for the oldest ones.
        name: String,
        /// A branch, a tag or a commit.
        revision: String,
        /// A folder in it, without a slash at its end; "" is the whole.
        folder: String,
    },
}

impl Address {
    /// From a URL, or from `ORG/MODEL` with or without `@REVISION`.
    ///
    /// # Errors
    /// Says in a sentence what it, or the hub, should be.
    pub fn parse(text: &str, hub: &str) -> Result<Self, String> {
        let text = text.trim();
        let hub = hub_url(hub)?;
        if let Some(rest) = text.strip_prefix("hf://") {
            return Self::of_repository(rest, hub);
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return match scheme {
                "http" | "https" => Self::of_url(text, hub),
                _ => Err(format!(
                    "{scheme}:// is not read, only http:// and https://"
                )),
            };
        }
        Self::of_repository(text, hub)
    }

    /// Whether a text that is no file's path can only mean something remote.
    pub fn is_url(text: &str) -> bool {
        ["http://", "https://", "hf://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
    }

    fn of_repository(text: &str, hub: &str) -> Result<Self, String> {
        let (name, revision) = text.split_once('@').unwrap_or((text, "main"));
        let is_part = |part: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !part.is_empty() && part.chars().all(is_letter) && part.trim_matches('.') == part
        };
        let parts: Vec<&str> = name.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| is_part(part)) || revision.is_empty() {
            let what = "it must be the URL of a .safetensors file or of an index, or a repository as ORG/MODEL";
            return Err(format!("{text}: {what}"));
        }
        Ok(Self::repository(hub, name, revision, ""))
    }

    fn repository(hub: &str, name: &str, revision: &str, folder: &str) -> Self {
        Self::Repository {
            hub: hub.to_owned(),
            name: name.to_owned(),
            revision: revision.to_owned(),
            folder: folder.trim_matches('/').to_owned(),
        }
    }

    fn of_url(url: &str, hub: &str) -> Result<Self, String> {
        let url = url.split('#').next().unwrap_or(url);
        let (path, _) = url.split_once('?').unwrap_or((url, ""));
        let host = path.split('/').nth(2).unwrap_or_default();
        if host.is_empty() {
            return Err(format!("{url}: it has no host"));
        }
        if !is_host(host) {
            return Err(format!("{url}: {} is no name of a host", shown(host)));
        }
        if let Some(of_hub) = path
            .strip_prefix(hub)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            return Ok(Self::of_hub(url, of_hub.trim_end_matches('/'), hub));
        }
        Ok(Self::of_file(url, path))
    }

    fn of_file(url: &str, path: &str) -> Self {
        let url = url.to_owned();
        match path.ends_with(".json") {
            true => Self::Index { url },
            false => Self::File { url },
        }
    }

    /// A page of the hub: a repository's, a folder's in it, or a file's.
    fn of_hub(url: &str, path: &str, hub: &str) -> Self {
        let parts: Vec<&str> = path.splitn(5, '/').collect();
        match parts[..] {
            [org, model] => Self::repository(hub, &format!("{org}/{model}"), "main", ""),
            [org, model, "tree", revision] => {
                Self::repository(hub, &format!("{org}/{model}"), revision, "")
            }
            [org, model, "tree", revision, folder] => {
                Self::repository(hub, &format!("{org}/{model}"), revision, folder)
            }
            // The page about a file; `resolve` is the file itself.
            [org, model, "blob" | "raw", revision, file] => {
                let url = format!("{hub}/{org}/{model}/resolve/{revision}/{file}");
                Self::of_file(&url, file)
            }
            _ => Self::of_file(url, path),
        }
    }
}

/// The hub, without a slash at its end. What is no URL would fail where it is asked, in words of whoever asks.
fn hub_url(hub: &str) -> Result<&str, String> {
    let url = hub.trim().trim_end_matches('/');
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| url.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split('/').next());
    match host.is_some_and(is_host) {
        true => Ok(url),
        false => Err(format!(
            "the hub {} is no URL: a hub's URL looks like {HUB}",
            shown(hub)
        )),
    }
}

/// Whether a server can be called that, perhaps with a port, and with a user before it.
fn is_host(text: &str) -> bool {
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let (name, port) = match text.rsplit_once(':') {
        // The colons of an address in brackets are its own.
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (text, ""),
    };
    let is_port = port.is_empty() || port.parse::<u16>().is_ok();
    let inner = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let is_name = match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => !name.is_empty() && !name.chars().any(is_foreign),
    };
    is_port && is_name
}

/// What stands in no name of a host.
fn is_foreign(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "\"#%/:<>?[\\]^`{|}".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: &str = "http://localhost:8080";

    fn file(url: &str) -> Result<Address, String> {
        Ok(Address::File {
            url: url.to_owned(),
        })
    }

    fn repository(hub: &str, name: &str, revision: &str, folder: &str) -> Result<Address, String> {
        Ok(Address::repository(hub, name, revision, folder))
    }

    #[test]
    fn what_people_paste_is_understood() {
        let parse = |text: &str| Address::parse(text, HUB);
        let resolved = "https://huggingface.co/a/b/resolve/v1/model.safetensors";
        let cases = [
            (
                "https://x.org/m.safetensors",
                file("https://x.org/m.safetensors"),
            ),
            (
                "https://x.org/m.safetensors?a=b.json",
                file("https://x.org/m.safetensors?a=b.json"),
            ),
            ("a/b", repository(HUB, "a/b", "main", "")),
            (" a/b@v1.0 ", repository(HUB, "a/b", "v1.0", "")),
            (
                "hf://a/b@refs/pr/3",
                repository(HUB, "a/b", "refs/pr/3", ""),
            ),
            (
                "https://huggingface.co/a/b",
                repository(HUB, "a/b", "main", ""),
            ),
            (
                "https://huggingface.co/a/b/",
                repository(HUB, "a/b", "main", ""),
            ),
            (
                "https://huggingface.co/a/b/tree/v1",
                repository(HUB, "a/b", "v1", ""),
            ),
            (
                "https://huggingface.co/a/b/tree/main/x/y",
                repository(HUB, "a/b", "main", "x/y"),
            ),
            (
                "https://huggingface.co/a/b/blob/v1/model.safetensors",
                file(resolved),
            ),
            (resolved, file(resolved)),
        ];
        for (text, means) in cases {
            assert_eq!(parse(text), means, "{text}");
        }
        let index = parse("https://x.org/a/model.safetensors.index.json?x=1");
        assert!(matches!(index, Ok(Address::Index { .. })));
    }

    #[test]
    fn a_mirror_is_a_hub_like_the_other() {
        let parse = |text: &str| Address::parse(text, "http://localhost:8080/");
        assert_eq!(parse("a/b"), repository(NEAR, "a/b", "main", ""));
        assert_eq!(
            parse("http://localhost:8080/a/b/tree/v2"),
            repository(NEAR, "a/b", "v2", "")
        );
        assert_eq!(
            parse("https://huggingface.co/a/b"),
            file("https://huggingface.co/a/b")
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_words() {
        for text in [
            "",
            "a",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "s3://a/b",
            "https://",
            "a b/c",
            "<a>/b",
            "http://[::/m.safetensors",
            "http://a b/m.safetensors",
            "http://x.org:99999/m.safetensors",
        ] {
            let refused = Address::parse(text, HUB);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
    }

    #[test]
    fn a_hub_that_is_no_url_is_refused_with_words() {
        for hub in [
            "",
            "foo",
            "hub.org",
            "ftp://hub.org",
            "https://",
            "https:///x",
            "http://[::",
            "https://a b",
            "http://:80",
            "http://hub.org:port",
            "https://hub?.org",
        ] {
            for text in ["a/b", "https://x.org/m.safetensors"] {
                let says = format!(
                    "the hub {} is no URL: a hub's URL looks like {HUB}",
                    shown(hub)
                );
                assert_eq!(Address::parse(text, hub), Err(says));
            }
        }
        for hub in [
            "http://localhost",
            "http://127.0.0.1:80",
            "http://[::1]",
            "http://[::1]:80/",
            " https://hub.org/mirror ",
            "https://me:pass@hub.org:8",
        ] {
            let found = Address::parse("a/b", hub);
            assert_eq!(
                found,
                repository(hub.trim().trim_end_matches('/'), "a/b", "main", "")
            );
        }
    }
}
