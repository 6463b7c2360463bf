"""Writes tests/fixtures: small checkpoints that try hard, and what must be said of them.

    python make_fixtures.py            writes the files, expected.json and expected_casts.json
    python make_fixtures.py --check    compares with what is committed

Random numbers are integers of PCG64, and "bell" values are sums of twelve of
them, so that no platform's logarithm decides a byte.
"""

import json
import sys
from pathlib import Path

import numpy as np

import cast_cases
import container
import expected
import expected_casts
import formats
from committed import settle
from formats import FORMATS
from ingredients import bell, encode, generator, tensor, whole_bytes

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
# Files whose casts are committed; of the others, which say little more of casts, check.py computes them.
WITH_CASTS = ["casts", "every_code", "dtypes", "distributions", "shapes", "cancellation", "integers"]
FLOATS = [f for f in FORMATS.values() if f.kind == "float"]


def random_codes(fmt, count, *key):
    """Uniform bits, so every class of number occurs."""
    width = formats.code_type(fmt.part_bits).itemsize
    parts = count * (2 if fmt.kind == "complex" else 1)
    raw = generator("random", fmt.name, count, *key).bytes(parts * width)
    codes = np.frombuffer(raw, formats.code_type(fmt.part_bits))
    return codes & codes.dtype.type((1 << fmt.part_bits) - 1)


def scale_of(fmt):
    """A standard deviation that uses the range of the format but does not leave it."""
    return {"F4": 1.5, "F6_E2M3": 1.5, "F6_E3M2": 3.0, "F8_E8M0": 9.0, "BOOL": 1.0}.get(
        fmt.name, {"unsigned": 1.0, "signed": 30.0}.get(fmt.kind, 0.05)
    )


def bell_codes(fmt, count, *key):
    rng = generator("bell", fmt.name, count, *key)
    values = bell(rng, count * (2 if fmt.kind == "complex" else 1)) * scale_of(fmt)
    if fmt.kind == "bool":
        values = values > 0.5
    elif fmt.kind == "unsigned":
        values = np.abs(values) * 40
    elif fmt.name == "F8_E8M0":
        values = np.exp2(np.round(values))
    return encode(fmt, np.asarray(values))


# The files.


def every_code():
    """Every code of F16, BF16 and the formats of at most 8 bits once, in a scrambled order."""
    tensors = []
    for fmt in (f for f in FORMATS.values() if f.bits <= 8 or f.name in ("F16", "BF16")):
        codes = formats.all_codes(fmt)
        order = (np.arange(len(codes)) * 40503 + 12345) % len(codes)
        tensors.append(tensor(fmt.name, fmt, codes[order]))
    return container.save_by_hand(tensors)


def dtypes():
    """A bell and uniform bits in each of the 22 dtypes."""
    tensors = []
    for fmt in FORMATS.values():
        tensors.append(tensor(f"bell.{fmt.name}", fmt, bell_codes(fmt, 480), [15, 32]))
        tensors.append(tensor(f"random.{fmt.name}", fmt, random_codes(fmt, 768), [2, 12, 32]))
    return container.save_by_hand(tensors, metadata={"format": "pt"})


def package_dtypes():
    """The bells again, as the safetensors package itself writes them (it cannot write F6)."""
    writable = [FORMATS[name] for name in container.PACKAGE_NAMES]
    tensors = [tensor(f.name, f, bell_codes(f, 256, "package"), [8, 32]) for f in writable]
    return container.save(tensors, metadata={"format": "np"})


def special_codes(fmt):
    """NaNs of both signs and several payloads, infinities, zeros, subnormals and limits of both signs."""
    top = 1 << (fmt.part_bits - fmt.sign_bits)
    ones = (1 << fmt.mantissa_bits) - 1
    inf = top - 1 - ones
    magnitudes = [0, 1, 2, ones, ones + 1, inf - 1, inf, inf + 1, inf + (ones + 1) // 2, top - 2, top - 1]
    magnitudes = sorted({min(max(code, 0), top - 1) for code in magnitudes})
    signs = [0, top] if fmt.sign_bits else [0]
    codes = [sign + code for code in magnitudes for sign in signs]
    repeats = 1 + np.arange(len(codes)) % 5  # so that no two codes are equally frequent by design
    codes = np.repeat(np.array(codes, formats.code_type(fmt.part_bits)), repeats)
    return whole_bytes(fmt, codes)


def distributions_of(fmt, count=100):
    """(name, codes of parts) for one float format."""
    word = formats.code_type(fmt.part_bits)
    rng = generator("distributions", fmt.name)
    info = formats.finfo(fmt)
    negative_zero = 1 << (fmt.part_bits - 1)
    spread = np.resize([0.5, 0.75, 1.0], count) * float(info.max)
    yield "special", special_codes(fmt)
    yield "constant", np.repeat(encode(fmt, np.array([1.5])), count)
    yield "one", encode(fmt, np.full(2 if fmt.kind == "complex" else 8, -3.0))
    yield "largest", np.repeat(encode(fmt, np.array([float(info.max)])), count)
    yield "huge", encode(fmt, spread * np.resize([1, 1, -1, 1, -1], count))
    yield "near_one", encode(fmt, 1 + bell(rng, count) * 1e-3)
    if fmt.name == "F8_E8M0":
        return
    yield "zeros", np.zeros(count, word)
    yield "tiny", rng.integers(0, 1 << min(fmt.mantissa_bits, 62), count).astype(word) | (
        rng.integers(0, 2, count).astype(word) << word.type(fmt.part_bits - 1)
    )
    if fmt.info.has_nz:
        yield "both_zeros", np.resize(np.array([0, negative_zero, negative_zero], word), count)
        yield "negative_zeros", np.full(count, negative_zero, word)
    if fmt.info.num_nans:
        yield "all_nan", np.full(count, fmt.info.code_of_nan, word)
    if fmt.info.num_posinfs:
        infinities = [fmt.info.code_of_posinf, fmt.info.code_of_neginf, fmt.info.code_of_neginf]
        yield "all_infinite", np.resize(np.array(infinities, word), count)
        yield "one_finite", np.array([*infinities, *encode(fmt, np.array([-0.5])).tolist()], word)


def distributions():
    """The corners of every float format."""
    tensors = []
    for fmt in [*FLOATS, FORMATS["C64"]]:
        for name, codes in distributions_of(fmt):
            shape = [len(codes) // 2] if fmt.kind == "complex" else None
            tensors.append(tensor(f"{fmt.name}.{name}", fmt, whole_bytes(fmt, codes), shape))
    return container.save_by_hand(tensors)


RAGGED = {
    "BF16": [1, 2, 3, 5, 7, 8, 9, 15, 17, 31, 33, 63, 65, 127, 129, 4095, 4096, 4097, 12289, 16384, 16385],
    "F16": [1, 7, 4095, 4097],
    "F8_E4M3": [1, 3, 15, 17, 4095, 4097, 16383],
    "U8": [1, 31, 4097, 65537],
    "I16": [1, 5, 4097],
    "F4": [2, 6, 14, 34, 4094, 4098, 8194, 16386],
    "F6_E2M3": [4, 12, 20, 4092, 4100, 12292],
    "F6_E3M2": [4, 28, 4092, 4100],
    "F32": [1, 2, 3, 4, 5, 7, 9, 15, 17, 33, 63, 127, 4095, 4096, 4097, 8193],
    "I32": [1, 3, 5, 4097],
    "F64": [1, 2, 3, 5, 9, 4097],
    "I64": [1, 3, 4097],
    "C64": [1, 2, 3, 4097],
}


def ragged():
    """Lengths around the tile of 4,096 elements, the vector widths and the sparse path's limits."""
    tensors = []
    for name, lengths in RAGGED.items():
        fmt = FORMATS[name]
        for count in lengths:
            tensors.append(tensor(f"{name}.{count}", fmt, bell_codes(fmt, count), [count]))
    return container.save_by_hand(tensors)


def shapes():
    """Empty tensors, scalars and many axes, in one format of each kind."""
    tensors = []
    for name in ["BOOL", "F8_E8M0", "BF16", "F32", "C64", "F64", "U64"]:
        fmt = FORMATS[name]
        for shape in [[0], [3, 0], [], [1], [1, 1, 1], [2, 3, 4, 5]]:
            count = int(np.prod(shape, dtype=np.int64))
            text = "x".join(map(str, shape)) or "scalar"
            tensors.append(tensor(f"{name}.{text}", fmt, bell_codes(fmt, count, text), shape))
    for name, count in [("F4", 2), ("F6_E2M3", 4), ("F6_E3M2", 4)]:
        fmt = FORMATS[name]
        tensors.append(tensor(f"{name}.0", fmt, bell_codes(fmt, 0), [0]))
        tensors.append(tensor(f"{name}.{count}", fmt, bell_codes(fmt, count), [count]))
    return container.save_by_hand(tensors)


def cancelling(fmt, count=4500):
    """(name, values) that punish sums of powers: means far from zero, wide ranges, lone outliers."""
    rng = generator("cancelling", fmt.name)
    z = bell(rng, count)
    ramp = np.arange(count, dtype=np.float64)
    yield "norm", 1 + z * 1e-3
    yield "offset_1e6", 1 + z * 1e-6
    yield "offset_minus_4096", -4096 + z * 2.0**-9
    yield "alternating", np.where(ramp % 2 == 0, 1, -1) * (1 + np.abs(z) * 1e-5)
    yield "symmetric", np.where(ramp % 2 == 0, 1, -1) * np.repeat(np.abs(z[: count // 2 + 1]), 2)[:count]
    yield "outlier", np.where(ramp == 4097, 1e6, z * 1e-6)
    yield "two_outliers", np.where(ramp == 1, 3e4, np.where(ramp == 4400, -3e4, 1 + z * 1e-4))
    yield "late_offset", np.where(ramp < 4096, z * 1e-3, 1000 + z * 1e-3)
    yield "binades", z * np.exp2(ramp % 60 - 30)
    yield "constant_but_one", np.where(ramp == 4200, 1 + 2.0**-7, 1)
    yield "constant_tenth", np.full(count, np.float64(np.float32(0.1)))


def cancellation():
    """Statistics that a sum of squares about zero would get wrong."""
    tensors = []
    for name in ["BF16", "F16"]:
        fmt = FORMATS[name]
        found = dict(cancelling(fmt, 4200))
        for key in ["norm", "two_outliers"]:
            tensors.append(tensor(f"{name}.{key}", fmt, encode(fmt, found[key])))
    fmt = FORMATS["F32"]
    tensors += [tensor(f"F32.{key}", fmt, encode(fmt, x)) for key, x in cancelling(fmt)]
    fmt = FORMATS["F64"]
    tensors += [tensor(f"F64.{key}", fmt, encode(fmt, x)) for key, x in extreme_doubles()]
    return container.save_by_hand(tensors)


def extreme_doubles(count=700):
    """(name, values) whose squares or fourth powers leave the range of f64, or cancel."""
    z = bell(generator("doubles"), count)
    sign = np.where(np.arange(count) % 3 == 0, -1, 1)
    yield "offset_1e6", 1e6 + z
    yield "offset_1e12", 1 + z * 1e-12
    yield "constant_tenth", np.full(count, 0.1)
    yield "constant_third", np.full(count, -1e300 / 3)
    yield "neighbours", np.where(sign > 0, 0.1, np.nextafter(0.1, 1))
    yield "huge", z * 1e300
    yield "huge_offset", 1e300 * (1 + z * 1e-6)
    yield "largest", sign * np.finfo(np.float64).max
    yield "square_overflows", z * 1e160
    yield "fourth_overflows", z * 1e80
    yield "fourth_underflows", z * 1e-90
    yield "square_underflows", z * 1e-170
    yield "tiny", z * 1e-300
    yield "subnormal", z * 1e-310
    yield "huge_and_tiny", np.where(np.arange(count) % 2 == 0, z * 1e300, z * 1e-300)
    yield "one_huge", np.where(np.arange(count) == 7, 1e300, z)
    yield "cancelling_huge", np.concatenate([[1e300, -1e300], z[2:]])


def integers():
    """Extremes of every integer type, and integers beyond 2^53, where f64 has gaps."""
    tensors = []
    for fmt in (f for f in FORMATS.values() if f.kind in ("signed", "unsigned")):
        for name, values in integer_cases(fmt):
            codes = np.array(values, object) & ((1 << fmt.bits) - 1)
            word = formats.code_type(fmt.bits)
            tensors.append(tensor(f"{fmt.name}.{name}", fmt, codes.astype(word)))
    fmt = FORMATS["BOOL"]
    tensors.append(tensor("BOOL.mask", fmt, (random_codes(FORMATS["U8"], 700) > 100).astype(np.uint8)))
    tensors.append(tensor("BOOL.odd_truths", fmt, np.resize(np.array([0, 1, 2, 255], np.uint8), 50)))
    return container.save_by_hand(tensors)


def integer_cases(fmt):
    lowest = -(1 << (fmt.bits - 1)) if fmt.kind == "signed" else 0
    highest = lowest + (1 << fmt.bits) - 1
    yield "limits", [lowest, highest, 0, 1, lowest + 1, highest - 1]
    yield "lowest", [lowest] * 40
    yield "highest", [highest] * 40
    yield "one", [5]
    yield "ramp", [lowest + (highest - lowest) * i // 499 for i in range(500)]
    yield "positions", [i % (highest + 1) for i in range(512)]
    if fmt.bits == 64:
        yield "around_2_53", [2**53 + i - 8 for i in range(17)]
        yield "offset_2_60", [2**60 + i for i in range(300)]
    if fmt.kind == "signed":
        powers = [1 << bit for bit in range(fmt.bits - 1)]
        yield "powers", [sign * x for x in powers for sign in (1, -1)]


def names():
    """Hostile and awkward names, tensors at odd offsets, an unpadded header, metadata."""
    fmt, byte = FORMATS["F32"], FORMATS["U8"]
    hostile = ["", "<img src=x onerror=alert(1)>", 'quote " and \\ backslash', "line\nbreak\ttab\u0000nul",
               "значение.重み.🦙", "\u202eright to left", "a" * 300, "__proto__", "constructor", "*", "0"]  # fmt: skip
    tensors = [tensor("odd", byte, random_codes(byte, 3))]
    tensors += [tensor(name, fmt, bell_codes(fmt, 37, at)) for at, name in enumerate(hostile)]
    tensors += [tensor("odd.again", byte, random_codes(byte, 1)), tensor("F64", FORMATS["F64"], bell_codes(FORMATS["F64"], 33))]
    metadata = {"format": "pt", "note": "<script>alert(1)</script>", "empty": ""}
    return container.save_by_hand(tensors, metadata, pad_header=False)


def layer(prefix, key):
    """A small decoder layer, by the field's names."""
    bf16, f32 = FORMATS["BF16"], FORMATS["F32"]
    shapes = {
        "self_attn.q_proj.weight": [16, 16], "self_attn.k_proj.weight": [8, 16],
        "self_attn.v_proj.weight": [8, 16], "self_attn.o_proj.weight": [16, 16],
        "mlp.gate_proj.weight": [24, 16], "mlp.up_proj.weight": [24, 16], "mlp.down_proj.weight": [16, 24],
    }  # fmt: skip
    for name, shape in shapes.items():
        yield tensor(f"{prefix}.{name}", bf16, bell_codes(bf16, shape[0] * shape[1], key, name), shape)
    for name in ["input_layernorm.weight", "post_attention_layernorm.weight"]:
        values = 1 + bell(generator("norm", key, name), 16) * 1e-3
        yield tensor(f"{prefix}.{name}", f32, encode(f32, values))


def sharded():
    """Eight layers in three shards with their index."""
    bf16 = FORMATS["BF16"]
    layers = [list(layer(f"model.layers.{i}", i)) for i in range(8)]
    embedding = tensor("model.embed_tokens.weight", bf16, bell_codes(bf16, 64 * 16, "embed"), [64, 16])
    head = tensor("lm_head.weight", bf16, bell_codes(bf16, 64 * 16, "head"), [64, 16])
    norm = tensor("model.norm.weight", bf16, encode(bf16, 1 + bell(generator("final"), 16) * 1e-3))
    shards = [[embedding, *sum(layers[:3], [])], sum(layers[3:6], []), [*sum(layers[6:], []), norm, head]]
    files, weight_map = {}, {}
    for at, tensors in enumerate(shards, 1):
        name = f"model-{at:05}-of-{len(shards):05}.safetensors"
        files[f"sharded/{name}"] = container.save(tensors, metadata={"format": "pt"})
        weight_map |= {t.name: name for t in tensors}
    total = sum(len(t.data) for tensors in shards for t in tensors)
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    files["sharded/model.safetensors.index.json"] = (json.dumps(index, indent=2) + "\n").encode()
    return files


def make():
    """Every file under tests/fixtures, by its path there."""
    files = {
        "every_code.safetensors": every_code(),
        "dtypes.safetensors": dtypes(),
        "package_dtypes.safetensors": package_dtypes(),
        "distributions.safetensors": distributions(),
        "ragged.safetensors": ragged(),
        "shapes.safetensors": shapes(),
        "cancellation.safetensors": cancellation(),
        "integers.safetensors": integers(),
        "names.safetensors": names(),
        "casts.safetensors": container.save_by_hand(list(cast_cases.committed())),
        **sharded(),
    }
    containers = {name: data for name, data in files.items() if name.endswith(".safetensors")}
    figures = {name: [expected.tensor(t) for t in container.parse(data)] for name, data in containers.items()}
    of_casts = {f"{name}.safetensors": expected_casts.of_file(files[f"{name}.safetensors"]) for name in WITH_CASTS}
    return files | {
        "expected.json": expected.dumps(figures).encode(),
        "expected_casts.json": expected_casts.dumps(of_casts).encode(),
    }


if __name__ == "__main__":
    sys.exit(settle(FIXTURES, make(), check="--check" in sys.argv))
