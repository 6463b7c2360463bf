// @ts-check
// Which cell of the map holds which tensors: a line a module pattern, a column
// a layer. Where there are too many, neighbours share a line, a column, a cell.

import { isPause } from './slices.js';

/** @typedef {import('../types.js').NamedRows} NamedRows */
/**
 * @typedef {object} Cells
 * @property {{pattern: string, more: number}[]} lines the pattern, none for tensors of no layer, and how many others share its line
 * @property {number[]} layers the number of the first layer of each column
 * @property {number} columns
 * @property {(number[] | undefined)[]} tensors rows of each cell, line by line
 */

const MOST_LINES = 56;
const MOST_COLUMNS = 128;
/** Tensors of no layer follow each other in a few lines of their own. */
const MOST_OTHERS = 8;
const OTHERS_COLUMNS = 32;

/** The number that the first star of its pattern stands for; none where a star is in the name itself. @param {string} name */
const layerOf = (name) => Number(/(?:^|\.)(\d+)(?![^.])/.exec(name)?.[1]);

/** @param {NamedRows} rows @param {string[]} patterns @returns {Generator<void, Cells>} */
export function* cellsOf(rows, patterns) {
  const layers = new Float64Array(rows.length).fill(NaN);
  const distinct = new Set();
  const ofLayers = new Set();
  let others = rows.length;
  for (let row = 0; row < rows.length; row++) {
    const pattern = rows.pattern(row);
    const layer = patterns[pattern].includes('*') ? layerOf(rows.name(row)) : NaN;
    if (!Number.isNaN(layer)) {
      layers[row] = layer;
      distinct.add(layer);
      ofLayers.add(pattern);
      others--;
    }
    if (isPause(row)) yield;
  }
  const numbers = [...distinct].sort((a, b) => a - b);
  const repeated = [...patterns.keys()].filter((pattern) => ofLayers.has(pattern));
  const wide = Math.ceil(numbers.length / MOST_COLUMNS) || 1;
  const high = Math.ceil(repeated.length / MOST_LINES) || 1;
  const columns = Math.max(Math.ceil(numbers.length / wide), Math.min(others, OTHERS_COLUMNS));
  const deep = Math.ceil(others / (MOST_OTHERS * columns));
  const columnOf = new Map(numbers.map((layer, i) => [layer, Math.floor(i / wide)]));
  const lineOf = new Map(repeated.map((pattern, i) => [pattern, Math.floor(i / high)]));
  const firsts = repeated.filter((_, i) => i % high === 0);
  /** @type {Cells['tensors']} */
  const tensors = [];
  let other = firsts.length * columns * deep;
  for (let row = 0; row < rows.length; row++) {
    const column = columnOf.get(layers[row]);
    const cell = column === undefined ? Math.floor(other++ / deep) : (lineOf.get(rows.pattern(row)) ?? 0) * columns + column;
    (tensors[cell] ??= []).push(row);
    if (isPause(row)) yield;
  }
  return {
    lines: [
      ...firsts.map((pattern, i) => ({ pattern: patterns[pattern], more: Math.min(high, repeated.length - i * high) - 1 })),
      ...Array.from({ length: Math.ceil(others / deep / columns) || 0 }, () => ({ pattern: '', more: 0 })),
    ],
    layers: numbers.filter((_, i) => i % wide === 0),
    columns, tensors,
  };
}
