//! How much each change does by itself.

use serde::Serialize;

use super::Forward;
use super::compared::Compared;
use crate::report::Number;

/// One change from a to b, made alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribution {
    /// Such as `inv_freq=bf16`.
    pub change: String,
    /// Mean of |logits with it alone − logits of a|.
    pub logits_mean_abs: Number,
    /// That over the mean |b − a|; shares need not add up to 1. `null` where b does not differ.
    pub share: Option<Number>,
}

impl Forward {
    /// What each change does, the largest first: of several only if that was asked for.
    pub(super) fn attribution(&self) -> Vec<Attribution> {
        let changes = self.options.a.changes_to(&self.options.b);
        let [a, b] = self.logits();
        let all = Compared::of(a, b).mean_abs;
        let alone: Vec<f64> = match (changes.len(), &self.runs[2..]) {
            (1, _) => vec![all],
            (_, runs) => {
                let runs = runs.iter();
                runs.map(|run| Compared::of(a, &run.logits).mean_abs)
                    .collect()
            }
        };
        let changes = changes.iter().zip(alone).map(|((key, policy), mean_abs)| {
            let entries = policy.entries();
            let value = entries.iter().find(|(known, _)| known == key);
            Attribution {
                change: format!("{key}={}", value.map_or("", |(_, value)| value)),
                logits_mean_abs: Number::Real(mean_abs),
                share: (all > 0.0).then_some(Number::Real(mean_abs / all)),
            }
        });
        let mut changes: Vec<_> = changes.collect();
        let size = |it: &Attribution| it.logits_mean_abs.to_f64();
        changes.sort_by(|one, other| size(other).total_cmp(&size(one)));
        changes
    }
}
