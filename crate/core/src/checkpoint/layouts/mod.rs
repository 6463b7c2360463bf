//! Known layouts of quantised checkpoints, told by names, dtypes and shapes.
//!
//! A quantised weight is several tensors: its codes, often packed into wider
//! integers, the scales that turn codes into values, perhaps zero points and an
//! order of columns. Only together, and only where their shapes fit each other,
//! do they make a layout; a module that merely is called `scales` does not.
//! Nothing but headers is needed: no `config.json`, no data.

mod finder;
mod fit;
mod shapes;
mod table;
#[cfg(test)]
mod tests;

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub(crate) use finder::find;

use crate::ancestry::Granularity;

/// Who defines a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// As the report writes it.
    pub name: &'static str,
    /// As people write it.
    pub title: &'static str,
}

/// What one tensor does in a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// As the report writes it.
    pub name: &'static str,
    /// As people call such tensors, in the plural.
    pub title: &'static str,
}

/// One tensor's part in a known layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Who defines it.
    pub scheme: &'static Scheme,
    /// What this tensor does in it.
    pub role: &'static Role,
    /// What the codes are: "INT4", "FP8 E4M3".
    pub format: &'static str,
    /// Bits of a code; `None` where they differ within the tensor.
    pub bits: Option<u8>,
    /// Whether a stored element holds several codes, or part of one.
    pub is_packed: bool,
    /// Which codes share a scale, of the weight as \[outputs, inputs\]; `None`
    /// where the header doesn't say.
    pub granularity: Option<Granularity>,
}

impl Layout {
    /// Whether this tensor holds the codes themselves.
    pub fn is_codes(&self) -> bool {
        self.role == &table::CODES
    }

    /// Codes along the last axis that share a scale; `None` where it is not so.
    pub fn group(&self) -> Option<u16> {
        match self.granularity? {
            Granularity::Block(size) | Granularity::Square(size) => Some(size),
            _ => None,
        }
    }

    /// What the codes are, with where they are from: "packed INT4 (GPTQ)".
    pub fn title(&self) -> String {
        let packed = if self.is_packed { "packed " } else { "" };
        format!("{packed}{} ({})", self.format, self.scheme.title)
    }

    /// In words: "packed INT4, GPTQ, group 128", "scales of packed INT4, GPTQ, group 128".
    pub fn says(&self) -> String {
        let mut says = String::new();
        if !self.is_codes() {
            says = format!("{} of ", self.role.title);
        }
        if self.is_packed {
            says.push_str("packed ");
        }
        says.push_str(self.format);
        says.push_str(", ");
        says.push_str(self.scheme.title);
        says.push_str(&match self.granularity {
            None => String::new(),
            Some(Granularity::Block(size)) => format!(", group {size}"),
            Some(Granularity::Square(size)) => format!(", blocks of {size}×{size}"),
            Some(Granularity::Element) => ", no scale".to_owned(),
            Some(other) => format!(", one scale for each {other}"),
        });
        says
    }

    /// A sentence for what the tensor is.
    pub fn sentence(&self) -> String {
        let subject = if self.is_codes() {
            "These are codes: "
        } else {
            "These are the "
        };
        format!("{subject}{}.", self.says())
    }
}

impl Serialize for Layout {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut fields = out.serialize_struct("Layout", 7)?;
        fields.serialize_field("scheme", self.scheme.name)?;
        fields.serialize_field("role", self.role.name)?;
        fields.serialize_field("format", self.format)?;
        fields.serialize_field("bits", &self.bits)?;
        fields.serialize_field("group", &self.group())?;
        fields.serialize_field("granularity", &self.granularity)?;
        fields.serialize_field("says", &self.says())?;
        fields.end()
    }
}
