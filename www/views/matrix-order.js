// @ts-check
// Which tensors the matrix shows, in which order. Pure: no elements here.

import { matcher } from './glob.js';
import { comparison } from './list-index.js';
import { isPause, mergeSort } from './slices.js';

/** @typedef {import('../types.js').Rows} Rows */

/**
 * The tensors that have casts and match, by name, or by what a cast loses, most first.
 * @param {Rows} rows @param {Uint32Array} byName all rows @param {string} cast its key, or "" @param {string} query as in the list's filter
 * @returns {Generator<void, Uint32Array>}
 */
export function* matrixOrder(rows, byName, cast, query) {
  const matches = matcher(query);
  const kept = new Uint32Array(byName.length);
  const numbers = new Float64Array(cast ? rows.length : 0);
  let length = 0;
  for (let i = 0; i < byName.length; i++) {
    const row = byName[i];
    if (cast) numbers[row] = rows.sqnr(row, cast);
    if (rows.castArrivals(row) && (!matches || matches(rows.name(row), rows.label(row)))) kept[length++] = row;
    if (isPause(i)) yield;
  }
  const order = kept.slice(0, length);
  return cast ? yield* mergeSort(order, comparison(numbers, false)) : order;
}
