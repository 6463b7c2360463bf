//! What could not be read, and where: one entry of the report's `problems`.

use serde::{Deserialize, Serialize};

/// Something wrong with the input that did not stop the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file as the user named it.
    pub file: String,
    /// The tensor concerned, where it is one tensor's problem.
    pub tensor: Option<String>,
    /// Where in the file or header, in words ("header byte 12", "bytes 96 to 128").
    #[serde(rename = "where")]
    pub place: Option<String>,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.file)?;
        if let Some(tensor) = &self.tensor {
            write!(f, "tensor {tensor:?}: ")?;
        }
        write!(f, "{}", self.what)?;
        match &self.place {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}
