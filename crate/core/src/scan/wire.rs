//! What workers send each other in bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that are not what they should be: a fault of the program, not of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a message between workers cannot be read: {0}")]
pub struct WireError(pub String);

/// Serialises a message. Nothing that is sent can fail to be serialised.
pub fn to_bytes<T: Serialize + ?Sized>(message: &T) -> Vec<u8> {
    // Not `expect`: it would print the failure, which is code to download.
    postcard::to_allocvec(message).unwrap_or_else(|_| unreachable!("messages hold plain data only"))
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
/// If the bytes are not such a message.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    postcard::from_bytes(bytes)
        .map_err(|_| WireError("it is cut short or of another kind".to_owned()))
}
