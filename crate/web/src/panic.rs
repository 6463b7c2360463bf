//! What a panic says, for the page to repeat: a trap alone says "unreachable".

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::sync::Once;

use wasm_bindgen::prelude::wasm_bindgen;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the message of a panic from now on.
pub(crate) fn keep_message() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            LAST.with(|last| *last.borrow_mut() = Some(sentence(info)));
        }));
    });
}

/// "index out of bounds: … (scan/tables.rs, line 12)".
fn sentence(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let what = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let what = what.unwrap_or("a panic without words");
    match info.location() {
        Some(place) => format!("{what} ({}, line {})", source(place.file()), place.line()),
        None => what.to_owned(),
    }
}

/// The path below `src`: what is above it depends on where it was built.
fn source(path: &str) -> &str {
    // Folder by folder: a search for text is code to download.
    let (mut below, mut rest) = (path, path);
    while let Some((folder, file)) = rest.split_once('/') {
        if folder == "src" {
            below = file;
        }
        rest = file;
    }
    below
}

/// What the panic said that ended this instance, if one did.
#[wasm_bindgen]
pub fn last_panic() -> Option<String> {
    LAST.with(|last| last.borrow().clone())
}
