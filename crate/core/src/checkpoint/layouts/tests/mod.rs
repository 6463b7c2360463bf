//! Headers as each scheme writes them, and headers that only look alike.

use crate::checkpoint::TensorInfo;
use crate::format::Dtype::{self, *};

use super::find;

mod more_schemes;
mod schemes;

fn tensor(name: &str, dtype: Dtype, shape: &[u64]) -> TensorInfo {
    let elements: u64 = shape.iter().product();
    TensorInfo {
        name: name.to_owned(),
        dtype,
        shape: shape.to_vec(),
        begin: 0,
        end: elements * u64::from(dtype.bits()) / 8,
    }
}

type Row<'a> = (&'a str, Dtype, &'a [u64]);

/// What is said of each tensor, "-" where nothing is, with the scheme's and the
/// role's names before it.
fn told(rows: &[Row]) -> Vec<String> {
    told_with(rows, &|_| None)
}

fn told_with<'a>(rows: &[Row], metadata: &dyn Fn(&str) -> Option<&'a str>) -> Vec<String> {
    let tensors: Vec<TensorInfo> = rows
        .iter()
        .map(|(name, dtype, shape)| tensor(name, *dtype, shape))
        .collect();
    let placed: Vec<_> = tensors.iter().map(|tensor| (0, tensor)).collect();
    let mut told = vec!["-".to_owned(); rows.len()];
    // The metadata outlives the tensors here; a checkpoint owns both.
    for (index, layout) in find(&placed, &|_, key| metadata(key)) {
        told[index] = format!(
            "{} {}: {}",
            layout.scheme.name,
            layout.role.name,
            layout.says()
        );
    }
    told
}

/// That all tensors are of this layout, the first its codes.
#[track_caller]
fn all_are(rows: &[Row], scheme: &str, says: &str, roles: &[&str]) {
    let told = told(rows);
    let codes = format!("{scheme} codes: {says}");
    assert_eq!(told[0], codes, "{told:#?}");
    assert_eq!(told.len(), roles.len() + 1);
    for (told, role) in told[1..].iter().zip(roles) {
        let begin = format!("{scheme} {role}: ");
        assert!(told.starts_with(&begin), "{told} is not {role}");
        assert!(told.ends_with(&format!(" of {says}")), "{told}");
    }
}

#[test]
fn what_only_looks_alike_is_left_alone() {
    let cases: &[&[Row]] = &[
        // Modules and parameters that merely have such names.
        &[
            ("scales.weight", BF16, &[64, 64]),
            ("scales.bias", BF16, &[64]),
        ],
        &[("m.weight", BF16, &[64, 64]), ("m.scales", BF16, &[64, 1])],
        &[
            ("m.weight", BF16, &[64, 64]),
            ("m.weight_scale", BF16, &[64, 1]),
        ],
        &[("m.qweight", I32, &[64, 64])],
        &[("m.weight", U8, &[64, 1]), ("m.weight.absmax", F32, &[2])],
        &[("m", I64, &[64]), ("m_scale", F32, &[1])],
        &[("", F8E4M3, &[64, 64]), ("_scale", I64, &[])],
        // Shapes that don't fit.
        &[
            ("m.weight", F8E4M3, &[576, 7168]),
            ("m.weight_scale_inv", F32, &[4, 56]),
        ],
        &[
            ("m.weight", F8E4M3, &[512, 512]),
            ("m.weight_scale", F32, &[511, 1]),
        ],
        &[
            ("m.weight", U8, &[64, 64]),
            ("m.weight_scale", F8E4M3, &[64, 9]),
        ],
        &[
            ("m.qweight", I32, &[512, 1024]),
            ("m.scales", F16, &[32, 1000]),
        ],
        &[
            ("m.qweight", I32, &[512, 1024]),
            ("m.scales", F16, &[37, 1024]),
        ],
        &[("m_blocks", U8, &[32, 90, 15]), ("m_scales", U8, &[32, 90])],
        &[
            ("m.weight", U32, &[256, 64]),
            ("m.scales", F16, &[255, 8]),
            ("m.biases", F16, &[255, 8]),
        ],
        &[("m.weight", U32, &[256, 64]), ("m.scales", F16, &[256, 8])],
        // Nothing and far too much.
        &[
            ("m.weight", F8E4M3, &[0, 512]),
            ("m.weight_scale_inv", F32, &[0, 4]),
        ],
        &[
            ("m.qweight", I32, &[0, u64::MAX >> 5]),
            ("m.scales", F16, &[0, u64::MAX >> 5]),
        ],
        &[
            ("m.weight_packed", I32, &[0, u64::MAX >> 5]),
            ("m.weight_scale", F16, &[0, 7]),
        ],
    ];
    for rows in cases {
        let told = told(rows);
        assert!(told.iter().all(|told| told == "-"), "{rows:?}: {told:?}");
    }
}

#[test]
fn companions_are_found_in_other_files_and_taken_from_the_own_one() {
    let one = [
        tensor("q.weight", F8E4M3, &[512, 256]),
        tensor("q.weight_scale", F32, &[]),
    ];
    let two = [
        tensor("q.weight", F8E4M3, &[512, 256]),
        tensor("q.weight_scale", F32, &[512, 1]),
    ];
    let roles = |placed: &[(usize, &TensorInfo)]| -> Vec<(usize, String)> {
        let found = find(placed, &|_, _| None);
        found
            .iter()
            .map(|(at, layout)| (*at, layout.says()))
            .collect()
    };
    let shards = roles(&[(0, &one[0]), (1, &one[1])]);
    assert_eq!(shards.len(), 2);
    let parts = roles(&[(0, &one[0]), (1, &two[0]), (0, &one[1]), (1, &two[1])]);
    assert_eq!(parts[0].1, "FP8 E4M3, ModelOpt, one scale for each tensor");
    assert_eq!(
        parts[1].1,
        "FP8 E4M3, compressed-tensors, one scale for each row"
    );
    assert_eq!(parts.len(), 4);
}

#[test]
fn many_tensors_are_quick() {
    let names = |index: usize| {
        format!(
            "model.layers.{}.experts.{}.up_proj",
            index / 256,
            index % 256
        )
    };
    let tensors: Vec<TensorInfo> = (0..25_000)
        .flat_map(|index| {
            let base = names(index);
            [
                tensor(&format!("{base}.qweight"), I32, &[512, 1024]),
                tensor(&format!("{base}.scales"), F16, &[32, 1024]),
                tensor(&format!("{base}.qzeros"), I32, &[32, 128]),
                tensor(&format!("{base}.g_idx"), I32, &[4096]),
            ]
        })
        .collect();
    let placed: Vec<_> = tensors.iter().map(|tensor| (0, tensor)).collect();
    let begin = std::time::Instant::now();
    assert_eq!(find(&placed, &|_, _| None).len(), 100_000);
    assert!(begin.elapsed().as_secs_f64() < 2.0, "{:?}", begin.elapsed());
}
