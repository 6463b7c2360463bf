// @ts-check
// The columns of a list, and those of the list of tensors: one row of this table each.

import { colour, title } from '../text/labels.js';
import { NOTHING, brief, briefBytes, briefValue } from '../text/numbers.js';
import { setText } from './dom.js';

/** @typedef {import('../types.js').Rows} Rows */
/** @typedef {import('../types.js').NamedRows} NamedRows */
/**
 * @template R
 * @typedef {object} Column
 * @property {string} id
 * @property {string} title the heading
 * @property {string} [hint] the heading in full
 * @property {(rows: R, row: number) => string | number} key what it is sorted by
 * @property {(rows: R, row: number) => string} text
 * @property {boolean} [isLive] its figures arrive during the scan
 * @property {boolean} [isRising] it starts with its smallest: what one looks for elsewhere is large
 * @property {(cell: HTMLElement, rows: R, row: number) => void} [mark] what a cell has besides its text
 */

/** "layer.2" before "layer.10". @param {string} name */
const natural = (name) => name.replace(/\d+/g, (digits) => digits.padStart(12, '0'));

/** @type {Column<NamedRows>} */
export const NAME = { id: 'name', title: 'Name', isRising: true, key: (rows, row) => natural(rows.name(row)), text: (rows, row) => rows.name(row) };

/** @type {Column<NamedRows>[]} */
export const SIZES = [
  { id: 'shape', title: 'Shape', key: (rows, row) => natural(rows.shape(row)), text: (rows, row) => rows.shape(row) },
  { id: 'parameters', title: 'Params', hint: 'Parameters', key: (rows, row) => rows.parameters(row), text: (rows, row) => brief(rows.parameters(row)) },
  { id: 'bytes', title: 'Bytes', key: (rows, row) => rows.bytes(row), text: (rows, row) => briefBytes(rows.bytes(row)) },
];

/**
 * @template {NamedRows} R
 * @param {string} id @param {string} title @param {(rows: R, row: number) => number} number NaN for none
 * @param {(n: number) => string} write @param {Partial<Column<R>>} [more]
 * @returns {Column<R>}
 */
export const figure = (id, title, number, write, more) => ({
  id, title, isLive: true,
  key: number,
  text(rows, row) {
    const n = number(rows, row);
    return rows.status(row) !== 'done' ? '' : Number.isNaN(n) ? NOTHING : write(n);
  },
  ...more,
});

/**
 * @param {import('../types.js').NumberColumn} id @param {string} title @param {(n: number) => string} write
 * @param {string} [hint] @param {Column<Rows>['mark']} [mark]
 */
const statistic = (id, title, write, hint, mark) => figure(id, title, (/** @type {Rows} */ rows, row) => rows[id](row), write, { hint, mark });

/** A count that is mostly none. @param {import('../types.js').NumberColumn} id @param {boolean} isAlarm @returns {Column<Rows>['mark']} */
const markCount = (id, isAlarm) => (cell, rows, row) => {
  const n = rows[id](row);
  cell.classList.toggle('none', n === 0);
  cell.classList.toggle('bad', isAlarm && n > 0);
};

/**
 * How many of the bits are used; the census of a type over 16 bits gives an upper bound.
 * @param {import('../types.js').Session} session @returns {Column<Rows>['mark']}
 */
const markBits = (session) => (cell, rows, row) => {
  const width = session.formats.find(({ name }) => name === rows.dtype(row))?.bits ?? 0;
  const entropy = rows.joint_entropy(row);
  const isKnown = width > 0 && !Number.isNaN(entropy);
  cell.style.setProperty('--used', isKnown ? String(entropy / width) : '0');
  if (isKnown) setText(cell, `${width > 16 && entropy > 0 ? '≤ ' : ''}${entropy.toFixed(1)} of ${width}`);
};

/** @param {import('../types.js').Session} session @returns {Column<Rows>[]} */
export const tensorColumns = (session) => [
  NAME,
  { id: 'label', title: 'Verdict', isLive: true, isRising: true, key: (rows, row) => title(rows.label(row)), text: (rows, row) => title(rows.label(row)),
    mark: (cell, rows, row) => cell.style.setProperty('--c', `var(--${colour(rows.label(row))})`) },
  { id: 'dtype', title: 'Type', isRising: true, key: (rows, row) => rows.dtype(row), text: (rows, row) => rows.dtype(row), mark: (cell, rows, row) => { cell.title = rows.dtype(row); } },
  ...SIZES,
  statistic('wasted_bytes', 'Wasted', briefBytes, 'Bytes that a smaller form would save without losing anything', markCount('wasted_bytes', false)),
  statistic('min', 'Min', briefValue),
  statistic('max', 'Max', briefValue),
  statistic('mean', 'Mean', briefValue),
  statistic('std', 'Std', briefValue, 'Standard deviation'),
  statistic('zeros', 'Zeros', brief, undefined, markCount('zeros', false)),
  statistic('nan', 'NaN', brief, undefined, markCount('nan', true)),
  statistic('inf', 'Inf', brief, 'Infinities', markCount('inf', true)),
  statistic('joint_entropy', 'Bits used', (n) => n.toFixed(1), 'Entropy of the stored codes: how many of the bits carry information',
    markBits(session)),
];
