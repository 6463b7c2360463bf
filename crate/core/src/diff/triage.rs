//! What to look at: beside the weights, or where they are the same.

use serde::Serialize;

use super::figures::Kind;
use super::overview::{PairCounts, SideReport};
use super::pairing::{HEAD, Held, Mismatch};
use super::summary::Summary;
use crate::report::{counted, grouped, listed};

/// Names that are told.
const MOST: usize = 10;

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// Its key.
    pub about: &'static str,
    /// In a sentence.
    pub says: String,
    /// The tensors concerned, ten at most.
    pub tensors: Vec<String>,
    /// How many there are.
    pub count: u64,
}

/// What hints are made of.
pub(super) struct Facts<'a> {
    pub(super) held: &'a [Held; 2],
    pub(super) sides: &'a [SideReport; 2],
    pub(super) counts: PairCounts,
    pub(super) only: &'a [Vec<String>; 2],
    pub(super) shape_mismatch: &'a [Mismatch],
    pub(super) tied: Option<&'a Summary>,
    /// Names of the pairs that nothing explains.
    pub(super) differing: Vec<&'a str>,
}

/// All that there are, the most telling first.
pub(super) fn hints(facts: &Facts) -> Vec<Hint> {
    let mut hints = Vec::new();
    hints.extend(run_time(facts));
    hints.extend(retrained(facts));
    hints.extend(tied_head(facts));
    hints.extend(inv_freq(facts));
    hints.extend(kept_in_f32(facts));
    hints.extend(config(facts));
    hints.extend(transposed(facts));
    hints
}

impl Hint {
    fn new<'a>(
        about: &'static str,
        says: String,
        tensors: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut told = Vec::new();
        let mut count = 0;
        for name in tensors {
            count += 1;
            if told.len() < MOST {
                told.push(name.to_owned());
            }
        }
        Self {
            about,
            says,
            tensors: told,
            count,
        }
    }
}

/// The weights are the same: what differs is made at run time.
fn run_time(facts: &Facts) -> Option<Hint> {
    let counts = facts.counts;
    let all_same = counts.compared > 0 && counts.identical == counts.compared && counts.failed == 0;
    let all_same = all_same && facts.shape_mismatch.is_empty();
    all_same.then(|| {
        let weights = match facts.only.iter().all(Vec::is_empty) {
            true => "The weights",
            false => "The weights that both have",
        };
        let says = format!(
            "{weights} are the same, bit for bit. If the outputs differ, the difference is made at run time: by rotary \
            frequencies that were computed in FP32 or rounded (from_pretrained with a dtype against .to), by tensors that a \
            loader keeps in FP32, by the dtype in config.json, or by kernels that add up in another order."
        );
        Hint::new("run_time", says, [])
    })
}

/// A few tensors are others, and all the rest is the same.
fn retrained(facts: &Facts) -> Option<Hint> {
    let (counts, differing) = (facts.counts, facts.differing.len() as u64);
    let rest_is_same = counts.identical + counts.equal + differing == counts.compared;
    (rest_is_same && differing > 0 && differing * 4 <= counts.compared).then(|| {
        let says = match differing {
            1 => "Only one tensor differs, and the rest is the same: it alone was trained, edited or damaged.".to_owned(),
            _ => format!(
                "Only {} tensors differ, and the rest is the same: they alone were trained or edited.",
                grouped(differing)
            ),
        };
        Hint::new("retrained", says, facts.differing.iter().copied())
    })
}

/// A head that only one side stores.
fn tied_head(facts: &Facts) -> Option<Hint> {
    let head = |side: usize| facts.only[side].iter().find(|name| name.ends_with(HEAD));
    let (side, name) = [0, 1]
        .into_iter()
        .find_map(|side| Some((side, head(side)?)))?;
    let [here, there] = if side == 0 { ["A", "B"] } else { ["B", "A"] };
    let what = match facts.tied {
        Some(Summary {
            kind: Kind::Identical,
            ..
        }) => {
            format!(
                "is {there}'s embedding, bit for bit, so nothing is missing there if it ties them"
            )
        }
        Some(Summary {
            best: Some((.., says)),
            ..
        }) => {
            format!("goes with {there}'s embedding ({says}), which is its head if it ties them")
        }
        Some(_) => format!("is not {there}'s embedding: to tie them there would give another head"),
        None => format!("has no embedding of {there} to go with"),
    };
    let config = facts.sides[1 - side].config.as_ref();
    let tied = match config.and_then(|config| config.tie_word_embeddings) {
        Some(true) => format!(" ({there}'s config.json says so)"),
        Some(false) => format!(" (but {there}'s config.json says that it does not)"),
        None => String::new(),
    };
    let says = format!("{name} is stored in {here} only. It {what}{tied}.");
    Some(Hint::new("tied_head", says, [name.as_str()]))
}

/// Rotary frequencies in a file, or computed by who loads it.
fn inv_freq(facts: &Facts) -> Option<Hint> {
    let stored = |side: usize| -> Vec<(&str, &'static str)> {
        let tensors = facts.held[side].iter().flat_map(|(_, tensors)| tensors);
        let stored = tensors.filter(|tensor| tensor.name.ends_with(INV_FREQ));
        stored
            .map(|tensor| (tensor.name.as_str(), tensor.dtype.name()))
            .collect()
    };
    let [a, b] = [stored(0), stored(1)];
    let names = a.iter().chain(&b).map(|(name, _)| *name);
    let dtypes = |stored: &[(&str, &'static str)]| {
        let mut dtypes: Vec<String> = Vec::new();
        for (_, dtype) in stored {
            if !dtypes.iter().any(|known| known == dtype) {
                dtypes.push((*dtype).to_owned());
            }
        }
        listed(&dtypes)
    };
    let says = match (a.is_empty(), b.is_empty()) {
        (true, true) => return no_inv_freq(facts),
        (false, false) if dtypes(&a) == dtypes(&b) => return None,
        (false, false) => format!(
            "Rotary frequencies (inv_freq) are stored as {} in A and as {} in B: positions are turned by other angles.",
            dtypes(&a),
            dtypes(&b)
        ),
        (is_none_in_a, _) => {
            let [here, there] = if is_none_in_a { ["B", "A"] } else { ["A", "B"] };
            let dtypes = dtypes(if is_none_in_a { &b } else { &a });
            format!(
                "Rotary frequencies (inv_freq) are stored in {here} only, as {dtypes}. For {there} they are computed when it \
                 is loaded, in FP32, and .to(dtype) rounds them."
            )
        }
    };
    Some(Hint::new("inv_freq", says, names))
}

const INV_FREQ: &str = "inv_freq";

/// The weights are the same, of a model that must have them.
fn no_inv_freq(facts: &Facts) -> Option<Hint> {
    run_time(facts)?;
    let mut names = facts.held[0].iter().flat_map(|(_, tensors)| tensors);
    names.any(|tensor| tensor.name.contains("self_attn.q_proj")).then(|| {
        let says = "No rotary frequencies (inv_freq) are stored on either side: they are computed when the model is loaded. \
            from_pretrained with a dtype keeps them in FP32, and .to(dtype) rounds them with the weights.";
        Hint::new("inv_freq", says.to_owned(), [])
    })
}

/// Endings of tensors that are usually kept in FP32.
const SENSITIVE: [&str; 6] = [
    INV_FREQ,
    "A_log",
    "dt_bias",
    "e_score_correction_bias",
    "router.weight",
    "mlp.gate.weight",
];

/// Tensors that are usually kept in FP32 and here are on one side only, or on neither.
fn kept_in_f32(facts: &Facts) -> Option<Hint> {
    let narrow = |side: usize| {
        let tensors = facts.held[side].iter().flat_map(|(_, tensors)| tensors);
        let sensitive = tensors.filter(|tensor| {
            let is_sensitive = SENSITIVE.iter().any(|ending| tensor.name.ends_with(ending));
            is_sensitive && tensor.dtype.bits() < 32
        });
        sensitive
            .map(|tensor| tensor.name.as_str())
            .collect::<Vec<_>>()
    };
    let [a, b] = [narrow(0), narrow(1)];
    let (sides, names) = match (a.is_empty(), b.is_empty()) {
        (true, true) => return None,
        (false, true) => ("in A, and not in B", a),
        (true, false) => ("in B, and not in A", b),
        (false, false) => ("on both sides", a),
    };
    let tensors = counted(names.len() as u64, "tensor that is", "tensors that are");
    let verb = if names.len() == 1 { "is" } else { "are" };
    let says = format!("{tensors} usually kept in FP32 {verb} stored in fewer bits {sides}.");
    Some(Hint::new("kept_in_f32", says, names))
}

/// What config.json says against what is stored, and A's against B's.
fn config(facts: &Facts) -> Vec<Hint> {
    let mut hints = Vec::new();
    let dtype = |side: usize| {
        facts.sides[side]
            .config
            .as_ref()
            .and_then(|config| config.dtype.as_deref())
    };
    for (side, letter) in [(0, "A"), (1, "B")] {
        let config = facts.sides[side].config.as_ref();
        let said = config.and_then(|config| Some((config.dtype.as_deref()?, config.stored_as()?)));
        let dtypes = &facts.sides[side].checkpoint.dtypes;
        let most = dtypes.iter().max_by_key(|(_, totals)| totals.bytes);
        if let (Some((said, named)), Some((stored, _))) = (said, most)
            && named != *stored
        {
            let says = format!(
                "{letter}'s config.json says {said}, and most of its bytes are {stored}: a loader that follows config.json converts them."
            );
            hints.push(Hint::new("config_dtype", says, []));
        }
    }
    if let (Some(a), Some(b)) = (dtype(0), dtype(1))
        && a != b
    {
        let says = format!(
            "config.json says {a} for A and {b} for B: loaded by it, they are computed in other types."
        );
        hints.push(Hint::new("config_dtypes", says, []));
    }
    hints
}

/// Shapes that are each other's the other way round.
fn transposed(facts: &Facts) -> Option<Hint> {
    let is_turned = |mismatch: &&Mismatch| {
        let [a, b] = [&mismatch.a.shape, &mismatch.b.shape];
        // Of one shape are complex numbers against real ones.
        a.len() == 2 && a != b && a.iter().rev().eq(b)
    };
    let turned: Vec<&str> = facts
        .shape_mismatch
        .iter()
        .filter(is_turned)
        .map(|mismatch| mismatch.name.as_str())
        .collect();
    (!turned.is_empty()).then(|| {
        let tensors = counted(turned.len() as u64, "tensor has", "tensors have");
        let says = format!("{tensors} rows for columns: one side stores the transpose.");
        Hint::new("transposed", says, turned)
    })
}
