//! With which numerics a forward pass is run: one policy, in the words of the command.

use serde::{Serialize, Serializer};

use crate::cast::{CASTS, Cast};
use crate::lab::Accumulate;

/// The precision that results are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 24 bits: nothing is rounded that FP32 arithmetic has not rounded already.
    F32,
    /// 8 bits.
    Bf16,
    /// 11 bits, and overflow beyond 65,504.
    F16,
}

impl Precision {
    const ALL: [Self; 3] = [Self::F32, Self::Bf16, Self::F16];

    /// Its name in policies.
    pub fn key(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
        }
    }

    /// Its name in sentences.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "FP32",
            Self::Bf16 => "BF16",
            Self::F16 => "FP16",
        }
    }

    fn parse(key: &str, value: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.key() == value);
        found.ok_or_else(|| format!("{key}={value}: it must be f32, bf16 or f16"))
    }
}

/// What becomes of the weights before they are multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// As they are in the file.
    Stored,
    /// There and back through a cast of the table.
    Cast(&'static Cast),
}

impl Weights {
    /// Its name in policies.
    pub fn key(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Cast(cast) => cast.key,
        }
    }

    fn parse(value: &str) -> Result<Self, String> {
        if value == "stored" {
            return Ok(Self::Stored);
        }
        Cast::of_key(value).map(Self::Cast).ok_or_else(|| {
            let keys: Vec<&str> = CASTS.iter().map(|cast| cast.key).collect();
            let keys = keys.join(", ");
            format!("weights={value}: it must be stored or one of {keys}")
        })
    }
}

/// The numerics of one run. What they mean, step by step, stands in `docs/how-it-knows.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// What the rotary frequencies are rounded to when the model is loaded.
    pub inv_freq: Precision,
    /// What every module's result is rounded to, and the weights with it.
    pub activations: Precision,
    /// In what RMSNorm computes.
    pub norm: Precision,
    /// In what softmax computes.
    pub softmax: Precision,
    /// How the products of a sum are added up.
    pub accumulate: Accumulate,
    /// What becomes of the weights first.
    pub weights: Weights,
}

impl Policy {
    /// `from_pretrained(dtype=torch.bfloat16)` in eager mode: the rotary frequencies stay FP32.
    pub const FROM_PRETRAINED: Self = Self {
        inv_freq: Precision::F32,
        activations: Precision::Bf16,
        norm: Precision::F32,
        softmax: Precision::F32,
        accumulate: Accumulate::F32,
        weights: Weights::Stored,
    };

    /// `.to(torch.bfloat16)`, which rounds them, too.
    pub const TO_BF16: Self = Self {
        inv_freq: Precision::Bf16,
        ..Self::FROM_PRETRAINED
    };

    /// Reads `KEY=VALUE,…`; what is not said is as in [`FROM_PRETRAINED`](Self::FROM_PRETRAINED).
    ///
    /// # Errors
    /// Names the part that is not understood, and what it may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut policy = Self::FROM_PRETRAINED;
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("{part}: a policy is a list of KEY=VALUE"))?;
            if seen.contains(&key) {
                return Err(format!("{key} is said twice"));
            }
            seen.push(key);
            policy.set(key, value)?;
        }
        Ok(policy)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "inv_freq" => self.inv_freq = Precision::parse(key, value)?,
            "activations" => self.activations = Precision::parse(key, value)?,
            "norm" => self.norm = Precision::parse(key, value)?,
            "softmax" => self.softmax = Precision::parse(key, value)?,
            "accumulate" => self.accumulate = Accumulate::parse(value)?,
            "weights" => self.weights = Weights::parse(value)?,
            _ => {
                let keys = self.entries().map(|(key, _)| key).join(", ");
                return Err(format!("{key}: the keys of a policy are {keys}"));
            }
        }
        Ok(())
    }

    /// Its keys and their values.
    pub fn entries(&self) -> [(&'static str, String); 6] {
        [
            ("inv_freq", self.inv_freq.key().to_owned()),
            ("activations", self.activations.key().to_owned()),
            ("norm", self.norm.key().to_owned()),
            ("softmax", self.softmax.key().to_owned()),
            ("accumulate", self.accumulate.key()),
            ("weights", self.weights.key().to_owned()),
        ]
    }

    /// Each thing in which the other differs, and this policy with that alone changed.
    pub(super) fn changes_to(&self, other: &Self) -> Vec<(&'static str, Self)> {
        let mut changes = Vec::new();
        for ((key, mine), (_, theirs)) in self.entries().into_iter().zip(other.entries()) {
            if mine != theirs {
                let mut changed = *self;
                let set = changed.set(key, &theirs);
                set.expect("a policy's own entries are understood");
                changes.push((key, changed));
            }
        }
        changes
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_pytorch_runs_it() {
        assert_eq!(Policy::parse(""), Ok(Policy::FROM_PRETRAINED));
        assert_eq!(Policy::parse("inv_freq=bf16"), Ok(Policy::TO_BF16));
        let policy = Policy::parse("softmax=bf16, weights=mxfp4,accumulate=f64").expect("is good");
        let entries = policy
            .entries()
            .map(|(key, value)| format!("{key}={value}"));
        let expected =
            "inv_freq=f32,activations=bf16,norm=f32,softmax=bf16,accumulate=f64,weights=mxfp4";
        assert_eq!(entries.join(","), expected);
        assert_eq!(Policy::parse(expected), Ok(policy));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let cases = [
            ("inv_freq", "inv_freq: a policy is a list of KEY=VALUE"),
            ("inv_freq=f8", "inv_freq=f8: it must be f32, bf16 or f16"),
            ("norm=f32,norm=f32", "norm is said twice"),
            (
                "dtype=bf16",
                "dtype: the keys of a policy are inv_freq, activations, norm, softmax, accumulate, weights",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(Policy::parse(text), Err(expected.to_owned()));
        }
        let error = Policy::parse("weights=f8").expect_err("there is no such cast");
        assert!(
            error.starts_with("weights=f8: it must be stored or one of tf32, f16, bf16, f8_e4m3")
        );
    }

    #[test]
    fn changes_are_made_one_at_a_time() {
        let other = Policy::parse("inv_freq=bf16,activations=f32").expect("is good");
        let changes = Policy::FROM_PRETRAINED.changes_to(&other);
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0], ("inv_freq", Policy::TO_BF16));
        assert_eq!(changes[1].1.inv_freq, Precision::F32);
        assert_eq!(changes[1].1.activations, Precision::F32);
    }
}
