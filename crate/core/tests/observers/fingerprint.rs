//! Equal bytes have equal fingerprints, other bytes others.

use floatscope_core::format::Dtype;
use floatscope_core::scan::Span;

use crate::support::*;

/// Bytes that are fingerprinted together.
const BLOCK: usize = 1024;

fn print(bytes: &[u8]) -> u64 {
    seen(Span::whole(Dtype::U8, &[bytes.len() as u64]), bytes).fingerprint
}

#[test]
fn shape_and_type_leave_it_alone() {
    let bytes = Random(1).bytes(5 * BLOCK + 48);
    for dtype in [Dtype::BF16, Dtype::F32, Dtype::F64, Dtype::C64, Dtype::F4] {
        let elements = bytes.len() as u64 * 8 / u64::from(dtype.bits());
        let flat = seen(Span::whole(dtype, &[elements]), &bytes);
        let folded = seen(Span::whole(dtype, &[4, elements / 4]), &bytes);
        assert_eq!(flat.fingerprint, print(&bytes), "{dtype}");
        assert_eq!(folded.fingerprint, print(&bytes), "{dtype}");
    }
}

#[test]
fn one_changed_bit_shows() {
    // Zeros, too: most of a padded tensor.
    for bytes in [Random(2).bytes(3 * BLOCK + 19), vec![0; 2 * BLOCK + 5]] {
        let before = print(&bytes);
        for bit in (0..bytes.len() * 8).step_by(7) {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(print(&changed), before, "bit {bit}");
        }
    }
}

/// What makes another order of the same rows another tensor.
#[test]
fn swapped_parts_show() {
    let bytes = Random(3).bytes(4 * BLOCK);
    let before = print(&bytes);
    for size in [2, 4, 16, 32, 64, 512, BLOCK, 2 * BLOCK] {
        for at in (0..bytes.len() - size).step_by(2 * size) {
            let mut changed = bytes.clone();
            changed[at..at + 2 * size].rotate_left(size);
            assert_ne!(print(&changed), before, "{size} bytes at {at}");
        }
    }
}

#[test]
fn many_tensors_share_none() {
    let mut random = Random(4);
    let mut prints: Vec<u64> = (0..2000).map(|_| print(&random.bytes(600))).collect();
    // One number and zeros, at each place.
    prints.extend((0..500).map(|at| {
        let mut bytes = vec![0; 2000];
        bytes[4 * at] = 1;
        print(&bytes)
    }));
    let before = prints.len();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), before);
}
