// @ts-check
// The share of ones in each bit plane, most significant first.

import { percent } from '../text/numbers.js';
import { s } from '../views/dom.js';
import { readable } from './chart.js';

/** @typedef {import('../types.js').Bits} Bits */
/** @typedef {import('../types.js').FormatRange} FormatRange */
/** @typedef {'sign' | 'exponent' | 'mantissa' | 'value'} Field integers have but one */

const HEIGHT = 84;
const WIDEST_COLUMN = 30;
const SIDE = 40;

/** The field that each plane belongs to. @param {FormatRange | undefined} format @param {number} planes @returns {Field[]} */
export function fieldsOf(format, planes) {
  const { exponent_bits, mantissa_bits } = format ?? {};
  if (exponent_bits == null || mantissa_bits == null) return Array(planes).fill('value');
  return Array.from({ length: planes }, (_, plane) => {
    const fromEnd = planes - 1 - plane;
    if (fromEnd < mantissa_bits) return 'mantissa';
    return fromEnd < mantissa_bits + exponent_bits ? 'exponent' : 'sign';
  });
}

/** Columns keep whole pixels, so that 64 of them look even. @param {number} width @param {number} planes */
function columns(width, planes) {
  const pitch = Math.min(WIDEST_COLUMN, Math.max(3, Math.floor((width - SIDE) / planes)));
  return { pitch, gap: pitch > 12 ? 3 : pitch > 5 ? 2 : 1 };
}

/** @param {number} width @param {number[]} ones @param {Field[]} fields */
function draw(width, ones, fields) {
  const { pitch, gap } = columns(width, ones.length);
  const end = ones.length * pitch - gap;
  const marks = ones.map((share, plane) => s('g', { class: fields[plane] },
    s('rect', { class: 'back', x: plane * pitch, y: 0, width: pitch - gap, height: HEIGHT }),
    s('rect', { class: 'ones', x: plane * pitch, y: HEIGHT * (1 - share), width: pitch - gap, height: HEIGHT * share })));
  /** @param {number} share @param {string} label */
  const level = (share, label) => s('text', { x: end + 8, y: Math.min(Math.max(HEIGHT * (1 - share) + 4, 9), HEIGHT) }, label);
  const svg = s('svg', { width, height: HEIGHT + 1, class: 'planes', 'aria-hidden': 'true' },
    ...marks,
    s('line', { class: 'half', x1: 0, x2: end + 4, y1: HEIGHT / 2 + 0.5, y2: HEIGHT / 2 + 0.5 }),
    s('line', { class: 'base', x1: 0, x2: end, y1: HEIGHT + 0.5, y2: HEIGHT + 0.5 }),
    level(1, '100 %'), level(0.5, '50 %'), level(0, '0'));
  return {
    svg,
    highlight: (/** @type {number} */ mark) => marks.forEach((group, plane) => group.classList.toggle('on', plane === mark)),
    markAt: (/** @type {number} */ x) => (x < end ? Math.floor(x / pitch) : -1),
  };
}

/** @param {Bits} bits @param {Field[]} fields of each plane */
export function bitPlanes({ plane_ones }, fields) {
  return readable({
    label: 'Share of ones in each bit plane',
    marks: plane_ones.length,
    say: (plane) => `bit ${plane_ones.length - 1 - plane}, ${fields[plane]}: ${percent(plane_ones[plane])} ones`,
    hint: 'Share of ones, from the most significant bit.',
    draw: (width) => draw(width, plane_ones, fields),
  });
}
