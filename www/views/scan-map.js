// @ts-check
// What the map of a scan is coloured by.

import { colour, title } from '../text/labels.js';

/** Numbers that are not below zero, so that pale is little. @type {[import('../types.js').NumberColumn, string][]} */
const NUMBERS = [
  ['std', 'standard deviation'], ['abs_max', 'greatest |x|'], ['zeros', 'zeros'], ['nan', 'NaN'], ['inf', 'infinities'],
  ['joint_entropy', 'bits used'], ['wasted_bytes', 'wasted bytes'],
];

/** @type {import('./map.js').Scheme<import('../types.js').Rows>} */
export const VERDICTS = {
  by: 'verdict', title, colour,
  label: (rows, row) => rows.label(row),
  measures: NUMBERS.map(([id, text]) => [id, text, (rows, row) => rows[id](row)]),
};
