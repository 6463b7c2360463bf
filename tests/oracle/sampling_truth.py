"""What a report must say of a sampled tensor, from the bytes at the places that it names.

Written from "Samples" in docs/how-it-knows.md. The stretches, one behind the other, are a tensor of their own,
which `expected.py` and `casts.py` know: its figures are the estimates, once counts are expanded. Intervals come from the
stretches, each alone and all but each. Student's points are found from the distribution itself (Abramowitz and
Stegun 26.7.3 and 26.7.4), by halving.
"""

import math
from fractions import Fraction
from functools import lru_cache
from statistics import NormalDist

import numpy as np

import casts
import expected
import formats
from container import Tensor

CONFIDENCE = 0.95
RANKS = 1e-10  # of a share: where rounding may make it another rank
Z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
COUNTS = ["zeros", "negative_zeros", "subnormals", "nan", "pos_inf", "neg_inf", "negatives"]
LEAST = {"mean": -math.inf, "std": 0.0, "rms": 0.0}
ENTROPIES = ["sign_entropy", "exponent_entropy", "mantissa_entropy", "joint_entropy"]
CAST_COUNTS = ["exact", "overflow", "underflow", "subnormal"]
# Their scales need values that a sample does not have.
NEVER = {"f8_e4m3/tensor", "f8_e4m3/128x128", "nvfp4"}
OF_ROWS = {"f8_e4m3/row", "int8/row"}


def central(t, freedom):
    """The share of Student's distribution in −t … t."""
    theta = math.atan(t / math.sqrt(freedom))
    cos, sin = math.cos(theta), math.sin(theta)
    if freedom == 1:
        return 2 * theta / math.pi
    term, total = (cos, cos) if freedom % 2 else (1.0, 1.0)
    for k in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= cos * cos * (k - 1) / k
        total += term
    return 2 / math.pi * (theta + sin * total) if freedom % 2 else sin * total


@lru_cache
def student(stretches):
    """Student's two-sided point with one degree of freedom less than there are stretches."""
    low, high = 1.0, 20.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if central(middle, stretches - 1) < CONFIDENCE else (low, middle)
    return high


def expand(count, sampled, of):
    """What a count stands for, to the nearest integer, a half up."""
    return (2 * count * of + sampled) // (2 * sampled)


def of_share(hits, sampled):
    """Wilson's interval of a share, by the hits of stretches of equal length."""
    return wilson(sum(hits) / sampled, draws(hits, [sampled / len(hits)] * len(hits)))


def draws(hits, values):
    """As many single draws as would differ like these stretches of so many values."""
    k, n = len(hits), sum(values)
    p = sum(hits) / n
    # The mean square of a ratio's residuals, over k − 1, is the variance of their sum over k².
    between = k / (k - 1) * math.fsum((h - p * m) ** 2 for h, m in zip(hits, values)) / n**2
    single = p * (1 - p) / n
    effect = max(1.0, between / single) if single > 0 else 1.0
    return n / effect * (Z / student(k)) ** 2


def wilson(p, n):
    """The two shares that are Z standard errors, taken at themselves, from p: roots of (1 + z²/n)q² − (2p + z²/n)q + p²."""
    a, b = 1 + Z * Z / n, 2 * p + Z * Z / n
    root = math.sqrt(max(0.0, b * b - 4 * a * p * p))
    return max(0.0, (b - root) / (2 * a)), min(1.0, (b + root) / (2 * a))


def jackknife(whole, without, sampled, of):
    """A figure's interval from its values without one stretch each, or None."""
    values = [whole, *without]
    if any(v is None or isinstance(v, str) or not math.isfinite(v) for v in values) or len(without) < 2:
        return None
    k, mean = len(without), math.fsum(without) / len(without)
    error = math.sqrt((k - 1) / k * math.fsum((v - mean) ** 2 for v in without) * (1 - sampled / of))
    return whole - student(k) * error, whole + student(k) * error


class Sampled:
    """A tensor's stretches as tensors: all, each alone, all but each."""

    def __init__(self, tensor, sample):
        self.tensor, self.fmt = tensor, tensor.format
        self.stretch, self.firsts = sample["stretch"], sample["firsts"]
        self.rows, self.columns = casts.matrix(tensor.shape)
        self.of, self.elements = self.rows * self.columns, self.stretch * len(self.firsts)
        bits = self.fmt.bits
        self.cut = [tensor.data[f * bits // 8 : (f + self.stretch) * bits // 8] for f in self.firsts]
        self.is_cut = self.rows == 1 or self.stretch % self.columns != 0 or any(f % self.columns for f in self.firsts)
        whole = self.joined(range(len(self.firsts)))
        if self.is_cut and self.rows == 1:
            whole = Tensor(whole.name, whole.dtype, [1, self.elements], whole.data)
        self.whole = whole

    def joined(self, which):
        which = list(which)
        columns = self.stretch if self.is_cut else self.columns
        shape = [len(which) * self.stretch // columns, columns]
        return Tensor(self.tensor.name, self.tensor.dtype, shape, b"".join(bytes(self.cut[at]) for at in which))

    def looks(self):
        every = range(len(self.firsts))
        alone = [self.joined([at]) for at in every]
        return alone, [self.joined(other for other in every if other != at) for at in every]

    def castable(self):
        """Keys of the casts that a sample knows, or None for what is not cast."""
        if self.fmt.kind != "float" or not self.fmt.info.is_signed:
            return None
        out = NEVER | (OF_ROWS if self.is_cut else set()) | ({"nf4/64"} if self.stretch % 64 else set())
        return [key for key in casts.KEYS if key not in out]

    def casts(self):
        """Tallies of the sample, and of each stretch alone."""
        keys = self.castable()
        if keys is None:
            return None, None
        pick = lambda tensor: {key: tally for key, tally in casts.tallies(tensor).items() if key in keys}
        return pick(self.whole), [pick(tensor) for tensor in self.looks()[0]]


def entropies(fmt, codes, of):
    """As a report has them: of more than 16 bits mantissa and joint entropy are bounds, no more than `of` values hold."""
    if fmt.part_bits <= 16:
        return expected.bits(fmt, *expected.census(fmt, codes))
    wide = codes.astype(np.uint64)
    low = fmt.part_bits - 16
    planes = [int(((wide >> np.uint64(bit)) & np.uint64(1)).sum()) for bit in range(fmt.part_bits)]
    of_plane = lambda ones: expected.entropy(np.array([ones, len(codes) - ones]))
    most = lambda bound, width: min(bound, width, math.log2(of))
    if fmt.kind in ("signed", "unsigned"):
        by_planes = math.fsum(map(of_plane, planes))
        by_cells = of_cells(*cells(fmt, codes))
        return dict.fromkeys(ENTROPIES[:3]) | {"joint_entropy": most(min(by_planes, by_cells), fmt.bits)}
    below = math.fsum(map(of_plane, planes[:low]))
    tops, counts = np.unique(wide >> np.uint64(low), return_counts=True)
    m = np.uint64(fmt.mantissa_bits - low)
    field = lambda part: expected.field_entropy(part, counts)
    mantissa = field(tops & np.uint64((1 << int(m)) - 1))
    return {
        "sign_entropy": field(tops >> np.uint64(15)),
        "exponent_entropy": field((tops >> m) & np.uint64((1 << fmt.exponent_bits) - 1)),
        "mantissa_entropy": most(mantissa + below, fmt.mantissa_bits),
        "joint_entropy": most(expected.entropy(counts) + below, fmt.part_bits),
    }


def cells(fmt, codes):
    """Cells of wide integers: the least and the largest magnitude, and the sign, of each."""
    values = codes.view(fmt.dtype).tolist()
    magnitudes = [abs(v) for v in values]
    shifts = [max(0, m.bit_length() - 9) for m in magnitudes]
    lows = [m >> s << s for m, s in zip(magnitudes, shifts)]
    signs = [-1 if v < 0 else 1 for v in values]
    return signs, lows, [low + (1 << s) - 1 for low, s in zip(lows, shifts)]


def of_cells(signs, lows, highs):
    """Entropy of the cells and the bits that tell values of one apart."""
    found = {}
    for cell in zip(signs, lows, highs):
        found[cell] = found.get(cell, 0) + 1
    inside = math.fsum(n * math.log2(high - low + 1) for (_, low, high), n in found.items()) / len(signs)
    return expected.entropy(np.array(list(found.values()))) + inside


def quantile_ends(fmt, part):
    """Lower and upper bound of each quantile, as a report gives them."""
    values = part["stats"]["quantiles"]
    if values is None or fmt.part_bits <= 16:
        return values, values
    ends = {q: bounds_of(fmt, value, part["stats"]) for q, value in values.items()}
    return {q: end[0] for q, end in ends.items()}, {q: end[1] for q, end in ends.items()}


def bounds_of(fmt, value, stats):
    """Of a value what a report knows: its cell, cut to the extremes."""
    if fmt.part_bits <= 16:
        return value, value
    least, most = (int(stats[key]) if fmt.kind in ("signed", "unsigned") else stats[key] for key in ("min", "max"))
    low, high = cell_of(fmt, value)
    return max(least, low), min(most, high)


def ordered(fmt, codes):
    """Finite values, the least first, −0 before 0."""
    values = expected.numbers(fmt, codes)
    values = values[np.isfinite(values)]
    return values[np.lexsort((~np.signbit(values), values))] if values.dtype.kind == "f" else np.sort(values)


def woodruff(fmt, q, whole, alone, stats):
    """A quantile's interval: the quantiles at both ends of the interval of its share. All that either rank beside a
    rounding may give: [(low, high), …]."""
    n = len(whole)
    if n == 0:
        return [None]
    share = Fraction(q)
    upper = bounds_of(fmt, whole[math.ceil(share * n) - 1].item(), stats)[1]
    upper = whole.dtype.type(upper)
    hits = [int(np.searchsorted(values, upper, side="right")) for values in alone]
    low, high = wilson(float(share), draws(hits, [len(values) for values in alone]))
    found = []
    for slack in (0.0, -RANKS, RANKS):
        ranks = math.floor((low + slack) * n), math.floor((high + slack) * n) + 1
        if ranks[0] < 1 or ranks[1] > n:
            found.append(None)
        else:
            ends = [bounds_of(fmt, whole[rank - 1].item(), stats) for rank in ranks]
            found.append((float(ends[0][0]), float(ends[1][1])))
    return found


def cell_of(fmt, value):
    """The least and the largest number of the cell of one value."""
    if fmt.kind in ("signed", "unsigned"):
        value = int(value)
        shift = max(0, abs(value).bit_length() - 9)
        low = abs(value) >> shift << shift
        high = low + (1 << shift) - 1
        return (low, high) if value >= 0 else (-high, -low)
    low_bits = fmt.part_bits - 16
    kind = formats.code_type(fmt.part_bits)
    code = int(np.array([value], fmt.dtype).view(kind)[0])
    ends = [code >> low_bits << low_bits, code | ((1 << low_bits) - 1)]
    return tuple(sorted(float(np.array([end], kind).view(fmt.dtype)[0]) for end in ends))


def views(sampled):
    """(expected figures, entropies, quantile ends) of the whole sample, each stretch, and all but each; by part."""
    fmt = sampled.fmt
    alone, without = sampled.looks()
    parts = ["re", "im"] if fmt.kind == "complex" else [None]
    found = {}
    for at, name in enumerate(parts):

        def look(tensor):
            codes = formats.unpack(fmt, tensor.data)
            codes = codes if name is None else codes[at::2]
            part = expected.part(fmt, codes)
            return part, entropies(fmt, codes, sampled.of), quantile_ends(fmt, part), ordered(fmt, codes)

        found[name] = look(sampled.whole), [look(t) for t in alone], [look(t) for t in without]
    return found


def field_width(fmt, key):
    if fmt.kind not in ("float", "complex"):
        return fmt.part_bits
    widths = dict(zip(ENTROPIES, (fmt.sign_bits, fmt.exponent_bits, fmt.mantissa_bits, fmt.part_bits)))
    return widths[key]


def corrected(fmt, key, whole, without, sampled, of):
    """An entropy without its bias, and its interval; (None, None) where there is none."""
    if whole is None:
        return None, None
    k = len(without)
    most = min(field_width(fmt, key), math.log2(of)) if of else 0.0
    bias = (k - 1) * (whole - math.fsum(without) / k)
    value = min(max(whole + bias, 0.0), most)
    low, high = jackknife(value, without, sampled, of)
    return value, (max(low, 0.0), min(high + max(bias, 0.0), most))


def cast_without(alone, key, at):
    tally = casts.Tally()
    for other, tallies in enumerate(alone):
        if other != at:
            tally += tallies[key]
    return tally.figures()


def zero_rows(sampled):
    """Rows of the sample that hold nothing but zeros."""
    values = formats.decode(sampled.fmt, formats.unpack(sampled.fmt, sampled.whole.data))
    return int((values.reshape(-1, sampled.columns) == 0).all(axis=1).sum())
