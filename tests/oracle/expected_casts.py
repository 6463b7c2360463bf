"""Writes expected_casts.json of the fixtures: what casts.py says of each tensor."""

import json

import casts
import container


def of_file(data):
    """Figures of every tensor of a container, by name."""
    return {t.name: casts.figures(casts.tallies(t)) for t in container.parse(data)}


def dumps(files):
    """JSON with one tensor a line, its figures in the order of casts.FIELDS.

    mse is written to 15 digits and sqnr_db to 10 decimals, so that no platform's
    logarithm decides a byte.
    """
    blocks = []
    for name, tensors in files.items():
        rows = ",\n".join(f"{compact(name)}:{compact(in_order(row))}" for name, row in tensors.items())
        blocks.append(f"{json.dumps(name)}: {{\n{rows}\n}}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def in_order(row):
    return row and {key: [shorter(*figure) for figure in figures.items()] for key, figures in row.items()}


def shorter(name, value):
    if not isinstance(value, float):
        return value
    return {"mse": float(f"{value:.15g}"), "sqnr_db": round(value, 10)}.get(name, value)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
