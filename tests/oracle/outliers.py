"""How much of a tensor's energy its largest values hold, which recommendations ask (docs/report.md, `outliers_db`)."""

import math

import numpy as np

import formats

# Where all other squares vanish beside the largest.
NOTHING_ELSE = -10_000.0


def outliers_db(t):
    """What is left of Σx² without the largest thousandth of the values that are not zero, in dB; None where nothing is cast."""
    fmt = t.format
    if fmt.kind != "float" or not fmt.info.is_signed:
        return None
    with np.errstate(all="ignore"):
        values = np.abs(formats.decode(fmt, formats.unpack(fmt, t.data)).astype(np.float64))
    values = np.sort(values[np.isfinite(values) & (values > 0)])
    if len(values) == 0:
        return 0.0
    squares = (values / values[-1]) ** 2
    rest = math.fsum(squares[: len(squares) - len(squares) // 1000])
    return 10 * math.log10(rest / math.fsum(squares)) if rest > 0 else NOTHING_ELSE
