"""The derivations of docs/how-it-knows.md, predicted and measured. `N passed, N failed`.

    python derivations.py        prints every figure; non-zero when a prediction fails

Each check is a function that yields (what, predicted, measured, tolerance): tolerance 0
where the codes were enumerated, five standard errors where values were drawn, and a bound
in words ("below 0.2") where the document claims no more.
"""

import math
import sys

import ml_dtypes as ml
import numpy as np

F32 = np.float32
DRAWN = 1 << 23
WIDTH = 0.02  # standard deviation of the drawn weights
BF16_STEPS = 128  # codes of a binade
CODES = {
    "E4M3": ml.float8_e4m3fn, "E5M2": ml.float8_e5m2, "E3M2": ml.float6_e3m2fn, "E2M3": ml.float6_e2m3fn,
    "E2M1": ml.float4_e2m1fn,
}  # fmt: skip


def weights(seed, width=WIDTH, count=DRAWN):
    rng = np.random.Generator(np.random.PCG64(seed))
    return (rng.standard_normal(count, dtype=F32) * F32(width)).astype(F32)


def bf16(values):
    return values.astype(ml.bfloat16)


def f16(values):
    return values.astype(np.float16).astype(F32)


def tf32(values):
    """Ten bits of mantissa, ties away from zero, as the hardware does it."""
    bits = values.view(np.uint32) + np.uint32(0x1000)
    return (bits & np.uint32(0xFFFFE000)).view(F32)


def codes(values):
    """BF16 codes without their signs."""
    return values.view(np.uint16) & np.uint16(0x7FFF)


def positive_bf16():
    """Every positive finite BF16 value, as f64."""
    return np.arange(1, 0x7F80, dtype=np.uint16).view(ml.bfloat16).astype(np.float64)


def share_even(stored, binade):
    """Share of even codes among the values of a binade, and how many these are."""
    of = codes(stored)
    of = of[of >> 7 == binade + 127]
    return (of & 1 == 0).mean(), of.size


def five_errors(share, count):
    return 5 * math.sqrt(share * (1 - share) / count)


def second_rounding():
    """P(even) = 1/2 + 2^-(d+1), by rounding every integer of 7 + d bits to 7."""
    for dropped in (1, 2, 3, 4, 6):
        kept = np.rint(np.arange(1 << (7 + dropped)) / 2**dropped)  # rint: ties to even
        yield f"rounding off {dropped} bits", 0.5 + 2.0 ** -(dropped + 1), (kept % 2 == 0).mean(), 0


def binade_profiles():
    """The signature of each history, from 2^-10 down."""
    wide = weights(1, width=2.0**-12)  # so that every binade is well filled and flat
    histories = {
        "FP32 → BF16": (bf16(wide), {}),
        "FP32 → FP16 → BF16": (bf16(f16(wide)), {-14: 0.5625, -15: 0.625, -16: 0.75, -17: 0.5, -18: 1.0}),
        "FP32 → TF32 → BF16": (bf16(tf32(wide)), dict.fromkeys(range(-20, -13), 0.5625)),
        "BF16 → FP16 → BF16": (bf16(f16(bf16(wide).astype(F32))), {}),
    }
    for name, (stored, predicted) in histories.items():
        for binade in range(-14, -19, -1):
            # Rounding BF16 to a coarser grid leaves even codes, too.
            if name.startswith("BF16") and binade < -17:
                predicted = {**predicted, binade: 1.0}
            share = predicted.get(binade, 0.5)
            even, count = share_even(stored, binade)
            # The density falls within a binade: by less than 0.002 of what is measured here.
            yield f"{name}, even at 2^{binade}", share, even, five_errors(share, count) + 0.002


def theta(counts):
    """Excess of even codes over blocks of four, as `parity.rs` has it; `counts` by code."""
    first = np.arange(4, counts.size - 3, 4)
    even = counts[first] + counts[first + 2]
    odd = counts[first + 1] + (counts[first - 1] + counts[first + 3]) / 2
    return (even - odd).sum() / (even + odd).sum()


def other_roundings():
    """Truncated and stochastic BF16 has as many odd codes as even ones, after FP16 too."""
    wide = weights(12)
    noise = np.random.Generator(np.random.PCG64(13)).integers(0, 1 << 16, wide.size, np.uint32)
    for name, source in (("FP32", wide), ("FP16", f16(wide))):
        for how, added in (("truncated", np.uint32(0)), ("stochastic", noise)):
            top = (source.view(np.uint32) + added >> np.uint32(16)).astype(np.uint16)
            for binade in (-6, -8, -10):
                even, count = share_even(top.view(ml.bfloat16), binade)
                yield f"{name} → BF16 {how}, even at 2^{binade}", 0.5, even, five_errors(0.5, count) + 0.002


def power():
    """Values with which the expected excess lies so many standard errors of counting above zero."""
    for z, predicted in ((4.9, 1537), (4.9 + 2.33, 3346)):
        yield f"values for {z:.2f} standard errors", predicted, (z / 0.125) ** 2, 1


def estimator():
    """A slope of the density cancels and so does a binade's edge; a second rounding shows whole."""
    yield "excess with a density that falls to half", 0.0, theta(np.linspace(2, 1, 129)), 0
    # What rounds to a binade's first code reaches half as far down as up; the code below has half the width.
    edge = np.concatenate([np.full(128, 0.5), [0.75], np.full(127, 1.0)])
    yield "excess of a binade from its edge, rounded to nearest", 0.0, theta(edge[124:]), 0
    edge[128] = 1.0
    yield "excess of a binade from its edge, truncated", 0.25 / (31 * 4 + 3.75), theta(edge[124:]), 1e-4
    for name, rounded, predicted in (("once", lambda x: x, 0.0), ("through FP16", f16, 0.125)):
        of = codes(bf16(rounded(weights(2))))
        normal = of[of >> 7 >= 127 - 14]
        counts = np.bincount(normal, minlength=1 << 15).astype(np.float64)
        yield f"excess of weights rounded {name}", predicted, theta(counts), 5 / math.sqrt(normal.size) + 0.0005


def averages():
    """Means of close BF16 checkpoints forge even codes, and not the profile; they forge short FP32, too."""
    base = weights(3)
    for many in (2, 8):
        checkpoints = [bf16(base + weights(10 + at, width=0.002)).astype(F32) for at in range(many)]
        mean = (np.sum(checkpoints, axis=0, dtype=np.float64) / many).astype(F32)
        shares = [share_even(bf16(mean), binade)[0] for binade in range(-5, -15, -1)]
        print(f"     mean of {many}, even from 2^-5 down: {' '.join(f'{share:.2f}' for share in shares)}")
        yield f"mean of {many}, widest difference between binades", "above 0.05", max(shares) - min(shares), None
        yield f"mean of {many}, odd multiples of 2^-24", "below 0.2", odd_share(bf16(mean)), None
        if many == 2:
            bits = mean.view(np.uint32)
            ten = bits & 0x1FFF == 0
            beyond = bits[ten & (bits & 0xFFFF != 0)]
            yield "mean of 2 as FP32, ten bits hold", "above 0.8", ten.mean(), None
            yield "mean of 2 as FP32, tenth bit in use", "below 0.4", (beyond & 0x2000 != 0).mean(), None
    rounded = tf32(base).view(np.uint32)
    rounded = np.unique(rounded[rounded & 0xFFFF != 0])
    tenth = (rounded & 0x2000 != 0).mean()
    yield "TF32 beyond BF16, tenth bit in use", 4 / 7, tenth, five_errors(4 / 7, rounded.size)


def grid_chance():
    """Of the 128 BF16 values of binade e FP16 holds 2^(e+24): a share of 2^(e+17)."""
    values = positive_bf16()
    _, exponents = np.frexp(values)
    with np.errstate(over="ignore"):
        held = values.astype(np.float16).astype(np.float64) == values
    for binade in range(-24, -15):
        share = min(2.0 ** (binade + 17), 1.0)
        yield f"BF16 values of 2^{binade} that FP16 holds", share, held[exponents - 1 == binade].mean(), 0
    yield "of 2^-25 and below", 0.0, held[exponents - 1 < -24].mean(), 0


def deciding():
    """Below 2^-14 a third of TF32's values are FP16's: Σ 4^-j. How deep each code reaches below its largest."""
    held = tf32(weights(11, width=2.0**-12))
    small = np.abs(held[(held != 0) & (np.abs(held) < 2.0**-14)])
    predicted = sum(4.0**-at for at in range(1, 11))
    measured = (f16(small) == small).mean()
    yield "TF32 values below 2^-14 that FP16 holds", predicted, measured, five_errors(1 / 3, small.size)
    depths = {"E2M1": 3, "E3M2": 8, "E2M3": 5, "E5M2": 31, "E4M3": 17}
    for name, predicted in depths.items():
        limits = ml.finfo(CODES[name])
        depth = math.frexp(float(limits.max))[1] - math.frexp(float(limits.smallest_subnormal))[1]
        yield f"binades from {name}'s largest to its last step", predicted, depth, 0
    short = np.arange(BF16_STEPS) % 16 == 0
    yield "BF16 values of at most four bits", 1 / 16, short.mean(), 0


def grid_odds():
    """Under a flat density a tiny value is worth Σ j·2^-j = 2 bits: 10 of them make 6 decades."""
    stored = bf16(f16(weights(4, width=2.0**-12))).astype(np.float64)
    tiny = np.abs(stored[(stored != 0) & (np.abs(stored) < 2.0**-17)])
    _, exponents = np.frexp(tiny)
    worth = -(exponents - 1 + 17)
    # FP16 has seven binades here, not infinitely many.
    predicted = sum(at * 2.0 ** (7 - at) for at in range(1, 8)) / 127
    yield "bits against chance of a tiny value", predicted, worth.mean(), 5 * worth.std() / math.sqrt(worth.size) + 0.02
    yield "tiny values that make 10^6", "below 12", 6 / (worth.mean() * math.log10(2)), None


def odd_share(stored):
    """Odd multiples of 2^-24 among the multiples below 2^-17."""
    steps = np.abs(stored.astype(np.float64)) * 2.0**24
    on = steps[(steps > 0) & (steps < 128) & (steps == np.rint(steps))]
    return (on % 2 == 1).mean()


def odd_multiples():
    """Half of what FP32 leaves on the grid, a third of what BF16 does."""
    wide = weights(5, width=2.0**-12)
    count = int((np.abs(wide) < 2.0**-17).sum())
    yield "FP32 → FP16, odd multiples", 64 / 127, odd_share(bf16(f16(wide))), five_errors(0.5, count) + 0.002
    # In the binade of 2^(j-24) there are 2^(7-j) BF16 values a step. Of those that round to an
    # odd multiple one is missing, of an even one there is one more: both ties go there.
    odd = sum(2**at * (1 - 2.0 ** (at - 7)) / 2 for at in range(1, 7))
    predicted = (odd + 1) / 127  # with 1 itself, alone in its binade
    of_bf16 = odd_share(bf16(f16(bf16(wide).astype(F32))))
    yield "BF16 → FP16, odd multiples", predicted, of_bf16, five_errors(0.33, count) + 0.005


def uniform_initialisation():
    """24 random bits make multiples of 2^-24 or 2^-23 by themselves; a range that is no power of two does not."""
    rng = np.random.Generator(np.random.PCG64(6))
    unit = rng.integers(0, 1 << 24, 1 << 24).astype(F32) * F32(2.0**-24)
    for bound, share in ((1.0, 1.0), (0.5, 1.0), (0.0441941738, "below 0.9")):
        stored = bf16((unit * F32(2) - F32(1)) * F32(bound)).astype(np.float64)
        tiny = stored[(stored != 0) & (np.abs(stored) < 2.0**-17)] * 2.0**24
        yield f"uniform on ±{bound:.3g}, on FP16's grid", share, (tiny == np.rint(tiny)).mean(), 0
    yield "kurtosis of a uniform tensor", 1.8, float(np.mean((unit - 0.5) ** 4) / np.mean((unit - 0.5) ** 2) ** 2), 0.01


def witnesses():
    """Values under a threshold, of 10^9 normal weights of width 0.02: density at zero times threshold."""
    density = 2 / (WIDTH * math.sqrt(2 * math.pi))
    drawn = np.abs(weights(7).astype(np.float64))
    for name, threshold in (("1e-10", 1e-10), ("2^-24", 2.0**-24), ("2^-17", 2.0**-17)):
        print(f"     expected under {name} in 10^9 values of width {WIDTH}: {density * threshold * 1e9:.4g}")
    share = density * 2.0**-17
    yield "share under 2^-17", share, (drawn < 2.0**-17).mean(), five_errors(share, DRAWN)


def significands():
    """Different mantissa fields that the codes of a format, times any power of two, have."""
    for name, predicted in {"E4M3": 8, "E5M2": 4, "E3M2": 4, "E2M3": 8, "E2M1": 2}.items():
        dtype = CODES[name]
        values = np.arange(1 << ml.finfo(dtype).bits, dtype=np.uint8).view(dtype).astype(np.float64)
        yield f"significands of {name}", predicted, fields(values), 0
    yield "of INT4 without zero", 4, fields(np.arange(1, 9)), 0
    yield "of INT8 without zero", 64, fields(np.arange(1, 129)), 0
    e4m3 = np.arange(1, 0x7F, dtype=np.uint8).view(ml.float8_e4m3fn).astype(np.float64)
    products = np.outer(e4m3, [0.5, 1, 1.5, 2, 3, 4, 6])
    yield "of NVFP4: E4M3 times E2M1", 13, fields(products), 0
    yield "of BF16", BF16_STEPS, fields(positive_bf16()[BF16_STEPS:]), 0
    norm = bf16(1 + weights(8, width=0.005, count=2048)).astype(np.float64)
    yield "of a norm 1 ± 0.005 of 2,048 native values", "below 10", fields(norm), None


def fields(values):
    values = np.abs(np.asarray(values, np.float64).ravel())
    values = values[np.isfinite(values) & (values != 0)]
    return np.unique(np.frexp(values)[0]).size


def ties():
    """Multiples of one and a half steps: every code if either side of a tie will do, two in three if not."""
    steps = np.arange(1, 1 << 12) * 1.5
    codes_of = np.arange(1, 6001)
    either = np.union1d(np.floor(steps + 0.5), np.ceil(steps - 0.5))
    yield "codes reached, ties to either side", 1.0, np.isin(codes_of, either).mean(), 0
    yield "codes reached, ties to even", 2 / 3, np.isin(codes_of, np.rint(steps)).mean(), 1e-12
    reached = np.unique(bf16(np.arange(170, 256) * F32(1.5 / 255)).astype(np.float64))
    of_bf16 = np.arange(128, 193) / 128
    yield "BF16 codes from 1 to 1.5 that 255 steps up to 1.5 reach", 1.0, np.isin(of_bf16, reached).mean(), 0


def holes():
    """C(m, k)/C(h, k): k different codes of m, all among h, met that often by drawing."""
    rng = np.random.Generator(np.random.PCG64(9))
    reachable, accepted, distinct, draws = 16, 8, 4, 400_000
    chance = math.comb(accepted, distinct) / math.comb(reachable, distinct)
    picked = np.argsort(rng.random((draws, reachable)), axis=1)[:, :distinct]
    met = (picked < accepted).all(axis=1).mean()
    yield "4 different codes of 16 all among 8", chance, met, five_errors(chance, draws)


def wilson(hits, n):
    """The interval of `Fraction::of_sample`."""
    z, share = 1.959963984540054, hits / n
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    centre, by = share + z * z / (2 * n), 1 + z * z / n
    return (centre - half) / by, (centre + half) / by


def interval():
    """How often Wilson's interval for 95 % holds the share, by summing the binomial distribution."""
    for n in (20, 300):
        hits = np.arange(n + 1)
        low, high = wilson(hits, n)
        logs = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in hits])
        shares = np.linspace(0.02, 0.98, 481)
        covered = [
            np.exp(logs + hits * math.log(p) + (n - hits) * math.log1p(-p))[(low <= p) & (p <= high)].sum()
            for p in shares
        ]
        yield f"coverage of the interval, n = {n}, mean", 0.95, float(np.mean(covered)), 0.01
        yield f"coverage of the interval, n = {n}, least", "above 0.85", min(covered), None


def collisions():
    """NH with words of w bits: two messages collide for at most 2^-w of the keys. All of w = 4."""
    w = 4
    key = np.arange(1 << w)
    left, right = np.meshgrid(key, key, indexing="ij")
    hashes = np.empty((1 << 2 * w, 1 << 2 * w), np.int64)
    for message in range(1 << 2 * w):
        a, b = message >> w, message & ((1 << w) - 1)
        hashes[message] = (((left + a) % (1 << w)) * ((right + b) % (1 << w))).ravel()
    most = max((hashes[at + 1 :] == hashes[at]).mean(axis=1).max() for at in range(len(hashes) - 1))
    yield "most keys under which two messages collide, words of 4 bits", 2.0**-w, float(most), 0


CHECKS = [
    second_rounding, binade_profiles, other_roundings, power, estimator, averages, grid_chance, deciding, grid_odds,
    odd_multiples, uniform_initialisation, witnesses, significands, ties, holes, interval, collisions,
]  # fmt: skip


def holds(predicted, measured, tolerance):
    if isinstance(predicted, str):
        word, bound = predicted.split()
        return measured > float(bound) if word == "above" else measured < float(bound)
    return abs(measured - predicted) <= tolerance


def check():
    """Every figure as (line, whether it holds)."""
    for derivation in CHECKS:
        for what, predicted, measured, tolerance in derivation():
            shown = predicted if isinstance(predicted, str) else f"{predicted:.4f}"
            yield f"{what}: predicted {shown}, measured {measured:.4f}", holds(predicted, measured, tolerance)


def main():
    passed = failed = 0
    for line, right in check():
        passed, failed = passed + right, failed + (not right)
        print(f"{'ok  ' if right else 'FAIL'} {line}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
