// @ts-check
// Which lines the tensor list shows, in which order. Pure: no elements here.

import { matcher } from './glob.js';
import { isPause, mergeSort } from './slices.js';

/** @typedef {import('../types.js').NamedRows} NamedRows */
/**
 * @template R
 * @typedef {import('./columns.js').Column<R>} Column
 */
/**
 * @typedef {object} Arrangement
 * @property {string} query
 * @property {boolean} grouped
 * @property {Set<number>} collapsed patterns whose tensors are hidden
 */
/**
 * @typedef {object} Lines
 * @property {Int32Array} lines a row, or ~pattern for the head of a group
 * @property {Uint32Array} sizes tensors that match, by pattern
 * @property {number} matches
 */

/** The pattern that a line is the head of, or -1. @param {number} line */
export const groupOf = (line) => (line < 0 ? ~line : -1);

/**
 * @template {NamedRows} R
 * @param {R} rows @param {Column<R>} column
 * @returns {Generator<void, Float64Array | string[]>}
 */
function* keysOf(rows, { key }) {
  const isText = rows.length > 0 && typeof key(rows, 0) === 'string';
  const keys = /** @type {any} */ (isText ? new Array(rows.length) : new Float64Array(rows.length));
  for (let row = 0; row < rows.length; row++) {
    keys[row] = key(rows, row);
    if (isPause(row)) yield;
  }
  return keys;
}

/**
 * Figures that are not there come last in both directions.
 * @param {any} keys @param {boolean} descending
 * @returns {(a: number, b: number) => boolean}
 */
export function comparison(keys, descending) {
  const isLast = (/** @type {number} */ row) => keys[row] !== keys[row];
  return (a, b) => {
    if (isLast(a) || isLast(b)) return isLast(a) && !isLast(b);
    return descending ? keys[a] < keys[b] : keys[a] > keys[b];
  };
}

/**
 * All rows in the order of one column.
 * @template {NamedRows} R
 * @param {R} rows @param {Column<R>} column @param {boolean} descending
 * @returns {Generator<void, Uint32Array>}
 */
export function* sorted(rows, column, descending) {
  const keys = yield* keysOf(rows, column);
  const order = new Uint32Array(rows.length);
  for (let row = 0; row < rows.length; row++) {
    order[row] = row;
    if (isPause(row)) yield;
  }
  return yield* mergeSort(order, comparison(keys, descending));
}

/**
 * @param {NamedRows} rows @param {Uint32Array} order @param {string} query
 * @returns {Generator<void, Uint32Array>}
 */
function* filtered(rows, order, query) {
  const matches = matcher(query);
  if (!matches) return order;
  const kept = new Uint32Array(order.length);
  let length = 0;
  for (let i = 0; i < order.length; i++) {
    if (matches(rows.name(order[i]), rows.label(order[i]))) kept[length++] = order[i];
    if (isPause(i)) yield;
  }
  return kept.subarray(0, length);
}

/**
 * How many of the rows each pattern has.
 * @param {NamedRows} rows @param {Uint32Array} order @param {number} patterns
 * @returns {Generator<void, Uint32Array>}
 */
function* sizesOf(rows, order, patterns) {
  const sizes = new Uint32Array(patterns);
  for (let i = 0; i < order.length; i++) {
    sizes[rows.pattern(order[i])]++;
    if (isPause(i)) yield;
  }
  return sizes;
}

/**
 * Groups stand where their first tensor would; a group of one has no head.
 * @param {NamedRows} rows @param {Uint32Array} order @param {Uint32Array} sizes @param {Set<number>} collapsed
 * @returns {Generator<void, Int32Array>}
 */
function* grouped(rows, order, sizes, collapsed) {
  const starts = new Int32Array(sizes.length).fill(-1);
  const lines = new Int32Array(order.length + sizes.length);
  let end = 0;
  for (let i = 0; i < order.length; i++) {
    if (isPause(i)) yield;
    const row = order[i];
    const pattern = rows.pattern(row);
    const hasHead = sizes[pattern] > 1;
    const isHidden = hasHead && collapsed.has(pattern);
    if (starts[pattern] < 0) {
      starts[pattern] = end + Number(hasHead);
      if (hasHead) lines[end] = ~pattern;
      end += Number(hasHead) + (isHidden ? 0 : sizes[pattern]);
    }
    if (!isHidden) lines[starts[pattern]++] = row;
  }
  return lines.subarray(0, end);
}

/**
 * @param {NamedRows} rows @param {Uint32Array} order all rows, sorted
 * @param {Arrangement} arrangement @param {number} patterns how many there are
 * @returns {Generator<void, Lines>}
 */
export function* arranged(rows, order, arrangement, patterns) {
  const matching = yield* filtered(rows, order, arrangement.query);
  const sizes = yield* sizesOf(rows, matching, patterns);
  const lines = arrangement.grouped ? yield* grouped(rows, matching, sizes, arrangement.collapsed) : Int32Array.from(matching);
  return { lines, sizes, matches: matching.length };
}
