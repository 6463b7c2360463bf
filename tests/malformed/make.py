#!/usr/bin/env python3
"""Makes the malformed files beside this script, and expected.json.

    python3 tests/malformed/make.py            write them
    python3 tests/malformed/make.py --check    exit 1 where they differ from what is committed

One table says what each file is and what is to be said about it. expected.json
is that table for tests: from a file's name to

    crate     whether the safetensors crate accepts it
    readable  whether the header can be read, so that what is wrong are problems
              beside the tensors; otherwise there is one error and nothing else
    tensors   how many tensors are kept
    problems  how many problems are told (1 for an unreadable file)
    says      what the message holds, or where there are several, one of them each

Standard library only, and the same bytes on every machine.
"""

import json
import struct
import sys
from pathlib import Path

HERE = Path(__file__).parent
GOOD = '"good":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}'
TABLE = {}


def add(name, data, *says, crate=False, readable=False, tensors=0, problems=1):
    assert name not in TABLE, name
    row = {"crate": crate, "readable": readable, "tensors": tensors, "problems": problems, "says": list(says)}
    TABLE[name] = (data, row)


def unreadable(name, data, *says, crate=False):
    """A file of which nothing can be shown."""
    add(name + ".safetensors", data, *says, crate=crate)


def index(name, text, *says):
    """A shard index that cannot be used."""
    add(name + ".index.json", text.encode(), *says)


def framed(header, body=b"", length=None):
    """A safetensors file: the header's length, the header, the tensors' bytes."""
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + body


def beside_good(name, entry, *says, crate=False, body=b"\1\2\3\4", tensors=1, problems=1):
    """A bad entry beside a good one, which must be kept."""
    header = "{" + GOOD + "," + entry + "}"
    add(name + ".safetensors", framed(header, body), *says,
        crate=crate, readable=True, tensors=tensors, problems=problems)


def entry(dtype='"U8"', shape="[0]", offsets="[4,4]", name="bad", more=""):
    return f'"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}'


def covering(name, ranges, body, *says, tensors, problems=1):
    """U8 tensors a, b, c… over the byte ranges given."""
    entries = [entry(name=chr(ord("a") + i), shape=f"[{end - begin}]", offsets=f"[{begin},{end}]")
               for i, (begin, end) in enumerate(ranges)]
    add(name + ".safetensors", framed("{" + ",".join(entries) + "}", bytes(body)), *says,
        readable=True, tensors=tensors, problems=problems)


def the_length():
    unreadable("empty", b"", "the file is empty (file byte 0)")
    unreadable("seven_bytes", b"\2\0\0\0\0\0\0", "the file has 7 of the 8 bytes of a header's length (file byte 7)")
    unreadable("length_zero", bytes(8), "the header is not JSON: EOF while parsing a value (header byte 0)")
    unreadable("length_over_limit", framed("{}", length=100_000_001),
               "the header's length is 100000001 bytes, over the limit of 100000000 (file bytes 0 to 8)")
    unreadable("length_of_64_bits", framed("{}", length=2**64 - 1), "18446744073709551615 bytes, over the limit")
    unreadable("length_past_end", framed("{}", length=3),
               "the header's length is 3 bytes, the file has 2 bytes after it (file bytes 0 to 8)")
    unreadable("length_alone", framed("", length=2), "the file has 0 bytes after it")
    unreadable("length_big_endian", struct.pack(">Q", 2) + b"{}", "the header's length, 2, is written most significant byte first")
    unreadable("length_too_short", framed("{" + GOOD + "}", bytes(4), length=20), "EOF while parsing a string (header byte 19)")
    unreadable("length_too_long", framed("{" + GOOD + "}", b"\1\2\3\4", length=58), "(header byte 5")


def other_kinds():
    lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0123456789abcdef" * 4 + "\nsize 90868376\n"
    unreadable("git_lfs_pointer", lfs.encode(), "Git LFS pointer to a file of 90868376 bytes", "git lfs pull")
    unreadable("html", b"<!DOCTYPE html>\n<html><title>Sign in</title></html>\n", "this is a web page (HTML), not a checkpoint")
    unreadable("not_found", b"Entry not found", "it begins with \"Entry not found\"")
    unreadable("json_alone", b'{"a": {"dtype": "U8"}}', "JSON text without the 8 bytes of a header's length")
    unreadable("zeros", bytes(64), "begins with zeros, as an unfinished download does")
    magics = {
        "zip": (b"PK\3\4\0\0\x08\x08", "zip archive, as PyTorch writes"),
        "pickle": (b"\x80\2\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "Python pickle"),
        "gguf": (b"GGUF\3\0\0\0", "GGUF"),
        "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3", "compressed with gzip"),
        "zstd": (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        "hdf5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
        "npy": (b"\x93NUMPY\1\0v\0{'descr': '<f4', }", "NumPy"),
    }
    for name, (magic, says) in magics.items():
        unreadable(name, magic.ljust(32, b"\0"), says)


def the_json():
    unreadable("not_utf8", framed(b'{"a\xff":{}}'), "the header is not UTF-8 (header byte 3)")
    unreadable("byte_order_mark", framed("\ufeff{}"), "the header is not JSON: expected value (header byte 0)")
    unreadable("cut_in_a_string", framed('{"weig'), "EOF while parsing a string (header byte 5)")
    unreadable("trailing_comma", framed("{" + GOOD + ",}", bytes(4)), "trailing comma (header byte 56)")
    unreadable("trailing_text", framed("{}{}"), "trailing characters (header byte 2)")
    unreadable("padded_with_nul", framed(b"{}\0\0\0\0\0\0"), "trailing characters (header byte 2)")
    unreadable("python_literal", framed("{'a': None}"), "key must be a string (header byte 1)")
    unreadable("array", framed("[]"), "the header is not a JSON object: invalid type: sequence")
    unreadable("string", framed('"{}"'), "the header is not a JSON object: invalid type: string")
    unreadable("control_character", framed('{"a\nb":0}'), "control character")
    unreadable("unpaired_surrogate", framed('{"\\ud800":0}'), "surrogate")
    unreadable("number_syntax", framed('{"a":01}'), "invalid number (header byte 6)")
    a, b = entry(name="a", shape="[1]", offsets="[0,1]"), entry(name="\\u0061", dtype='"I8"', shape="[1]", offsets="[0,1]")
    unreadable("two_of_one_name", framed("{" + a + "," + a + "}", b"\1"), 'two entries are named "a" (header bytes 5 and 57)', crate=True)
    unreadable("two_of_one_name_escaped", framed("{" + a + "," + b + "}", b"\1"), 'two entries are named "a"', crate=True)
    unreadable("metadata_twice", framed('{"__metadata__":{},"__metadata__":{}}'), 'two entries are named "__metadata__" (header bytes 16 and 34)')


def the_entries():
    beside_good("metadata_of_numbers", '"__metadata__":{"a":1}', "__metadata__: invalid type: integer `1`, expected a string (header byte 76)")
    beside_good("metadata_list", '"__metadata__":[]', "__metadata__: invalid type: sequence, expected a map")
    beside_good("entry_null", '"bad":null', 'tensor "bad": invalid type: null, expected an object with dtype, shape and data_offsets')
    beside_good("entry_short_array", '"bad":["U8",[0]]', "invalid length 2, expected an object with dtype, shape and data_offsets")
    beside_good("no_dtype", '"bad":{"shape":[0],"data_offsets":[4,4]}', "missing field `dtype`")
    beside_good("no_shape", '"bad":{"dtype":"U8","data_offsets":[4,4]}', "missing field `shape`")
    beside_good("no_offsets", '"bad":{"dtype":"U8","shape":[0]}', "missing field `data_offsets`")
    beside_good("field_twice", entry(more=',"shape":[0]'), "duplicate field `shape`")
    beside_good("dtype_unknown", entry(dtype='"F7_E3M3"'), 'tensor "bad": unknown dtype "F7_E3M3" (header byte 71)')
    beside_good("dtype_lower_case", entry(dtype='"bf16"'), 'unknown dtype "bf16"')
    beside_good("dtype_number", entry(dtype="8"), "dtype: invalid type: integer `8`, expected a string")
    beside_good("dtype_object", entry(dtype='{"U8":null}'), "dtype: invalid type: map, expected a string", crate=True)
    beside_good("shape_negative", entry(shape="[-1]"), "shape: invalid value: integer `-1`, expected u64")
    beside_good("shape_fraction", entry(shape="[1.5]"), "shape: invalid type: floating point `1.5`, expected u64")
    beside_good("shape_whole_float", entry(shape="[0.0]"), "shape: invalid type: floating point `0.0`, expected u64")
    beside_good("shape_minus_zero", entry(shape="[-0]"), "shape: invalid type: floating point `-0.0`, expected u64")
    beside_good("shape_over_64_bits", entry(shape="[18446744073709551616]"), "shape: invalid type: floating point")
    beside_good("shape_text", entry(shape='"0"'), 'shape: invalid type: string "0"')
    beside_good("shape_product_overflows", entry(shape="[4294967296,4294967296,0]"), "shape [4294967296, 4294967296, 0] of U8 overflows 64 bits")
    beside_good("shape_bits_overflow", entry(shape="[2305843009213693952]"), "of U8 overflows 64 bits")
    beside_good("shape_of_1025_dimensions", entry(shape="[" + ",".join(["0"] * 1025) + "]"), "an array of at most 1024 whole numbers", crate=True)
    beside_good("offsets_of_three", entry(offsets="[4,4,4]"), "data_offsets: ")
    beside_good("offsets_of_one", entry(offsets="[4]"), "data_offsets: invalid length 1")
    beside_good("offsets_backwards", entry(offsets="[4,3]"), "data_offsets [4, 3] end before they begin")
    beside_good("offsets_negative", entry(offsets="[-4,4]"), "data_offsets: invalid value: integer `-4`")
    beside_good("size_mismatch", entry(dtype='"F32"', shape="[2,3]", offsets="[4,24]"), 'tensor "bad": shape [2, 3] of F32 needs 24 bytes, data_offsets [4, 24] give 20', body=bytes(24))
    beside_good("half_a_byte", entry(dtype='"F4"', shape="[3]", offsets="[4,6]"), "shape [3] of F4 needs 12 bits, not whole bytes", body=bytes(6))
    beside_good("extra_number_out_of_range", entry(more=',"x":1e400'), "number out of range")
    beside_good("extra_nested_too_deep", entry(more=',"x":' + "[" * 126 + "]" * 126), "nested too deep")
    hostile = entry(dtype='"F7"', name="\\u001b[31m\\u202e" + "x" * 500)
    beside_good("hostile_name", hostile, 'unknown dtype "F7"')


def the_coverage():
    covering("hole_at_the_start", [(2, 4)], 4, '2 bytes before the first tensor "a" (bytes 61 to 63)', tensors=1)
    covering("hole_in_the_middle", [(0, 4), (16, 20)], 20, '12 bytes between tensors "a" and "b"', tensors=2)
    covering("overlap", [(0, 4), (3, 8)], 8, 'tensors "a" and "b" overlap by 1 byte', tensors=2)
    covering("same_bytes", [(0, 4), (0, 4)], 4, 'tensors "a" and "b" overlap by 4 bytes', tensors=2)
    covering("empty_inside", [(0, 4), (2, 2)], 4, 'the empty tensor "b" lies inside tensor "a"', tensors=2)
    covering("bytes_left_over", [(0, 4)], 21, "17 bytes after the last tensor", tensors=1)
    add("bytes_and_no_tensor.safetensors", framed("{}", bytes(3)), "3 bytes after the header, in no tensor (bytes 10 to 13)", readable=True)
    covering("cut_in_the_last_tensor", [(0, 4), (4, 8)], 6, "the file is cut short: its tensors need 8 bytes, it holds 6",
             'tensor "b": the file ends at byte 119, 2 bytes before the tensor does', tensors=1, problems=2)
    covering("cut_after_the_header", [(0, 4)], 0, "its tensors need 4 bytes, it holds 0",
             'tensor "a": the file ends at byte 61, 4 bytes before', tensors=0, problems=2)
    top = 2**64 - 1
    covering("offsets_of_64_bits", [(0, 4), (top - 1, top)], 4, f'{top - 5} bytes between tensors "a" and "b"',
             f"the file is cut short: its tensors need {top} bytes, it holds 4", 'tensor "b": the file ends at byte', tensors=1, problems=3)


def the_index():
    index("index_empty", "", "this is no shard index: EOF while parsing a value (byte 0)")
    index("index_of_something_else", '{"model_type":"llama"}', "this is no shard index: missing field `weight_map`")
    index("index_list", '{"weight_map":["a"]}', "expected a weight_map from tensors to files")
    index("index_number", '{"weight_map":{"a":1}}', "invalid type: integer `1`, expected a string")
    index("index_twice", '{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}', 'weight_map lists "a" twice')
    for name, shard in [("up", "../x.safetensors"), ("root", "/etc/passwd"), ("windows", "c:\\\\x"), ("folder", "x/y"), ("dots", "..")]:
        index("index_" + name, f'{{"weight_map":{{"a":"{shard}"}}}}', "is not a plain file name (weight_map, tensor \"a\")")


def expected():
    """The table for tests, one file a line."""
    rows = (f"  {json.dumps(name)}: {json.dumps(row)}" for name, (_, row) in sorted(TABLE.items()))
    return ("{\n" + ",\n".join(rows) + "\n}\n").encode()


def main():
    for part in (the_length, other_kinds, the_json, the_entries, the_coverage, the_index):
        part()
    files = {name: data for name, (data, _) in TABLE.items()} | {"expected.json": expected()}
    if sys.argv[1:] == ["--check"]:
        there = {path.name for path in HERE.iterdir() if path.suffix in (".safetensors", ".json")}
        wrong = there ^ files.keys()
        wrong |= {name for name in there & files.keys() if (HERE / name).read_bytes() != files[name]}
        sys.exit("these differ from what make.py makes: " + ", ".join(sorted(wrong)) if wrong else 0)
    for name, data in files.items():
        (HERE / name).write_bytes(data)


if __name__ == "__main__":
    main()
