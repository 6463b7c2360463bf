//! What a panic says, for the page to repeat: a trap alone says "unreachable".

use std::cell::RefCell;
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
            LAST.with(|last| *last.borrow_mut() = Some(info.to_string()));
        }));
    });
}

/// What the panic said that ended this instance, if one did.
#[wasm_bindgen]
pub fn last_panic() -> Option<String> {
    LAST.with(|last| last.borrow().clone())
}
