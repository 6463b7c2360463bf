// @ts-check
// What differences are called, and the colours of their kinds.

import { title as formatTitle } from './labels.js';

/** By kind: its title and its colour, the odd ones first. @type {Record<string, [title: string, colour: string]>} */
const KINDS = {
  failed: ['not compared', 'alert'],
  unexplained: ['unexplained', 'orange'],
  explained: ['explained', 'blue'],
  equal: ['equal values', 'green'],
  identical: ['identical', 'edge'],
  waiting: ['not read yet', 'wash'],
};

/** The kinds of pairs, those with the largest difference first. */
export const KIND_KEYS = /** @type {import('../comparison.js').Kind[]} */ (Object.keys(KINDS).slice(0, 5));

/** @param {string} kind */
export const kindTitle = (kind) => KINDS[kind]?.[0] ?? kind;

/** The custom property with its colour. @param {string} kind */
export const kindColour = (kind) => KINDS[kind]?.[1] ?? 'wash';

/** @type {Record<string, string>} */
const CONVERSIONS = {
  identity: 'identical', exact: 'exact', nearest_even: 'rounded', toward_zero: 'truncated', ties_away: 'rounded, ties away', times: '× a factor', 'times:f32': '× a factor in FP32',
};

/** @type {Record<string, string>} */
const ROUNDINGS = { toward_zero: 'truncated', ties_away: 'ties away' };

/** @param {string} stop of a path: "bf16:toward_zero" */
function stopTitle(stop) {
  const [format, rounding] = stop.split(':');
  return formatTitle(format) + (rounding ? ` (${ROUNDINGS[rounding] ?? rounding})` : '');
}

/** "through FP16" for "through:f16". @param {string} key */
function conversionTitle(key) {
  const [what, ...more] = key.split('+');
  const through = what.startsWith('through:') && `through ${what.slice('through:'.length).split('>').map(stopTitle).join(' → ')}`;
  return [through || (CONVERSIONS[what] ?? what.replaceAll('_', ' ')), ...more.map((end) => ({ saturate: 'saturated', flush: 'flushed' })[end] ?? end)].join(', ');
}

/** A few words on a conversion; from B to A it says so. @param {string} key @param {string} direction */
export const conversionText = (key, direction) => (direction === 'b>a' && key !== 'identity' ? 'A from B: ' : '') + conversionTitle(key);

/** @type {Record<string, string>} */
const LIKES = {
  few_values: 'a few values', permuted_rows: 'rows in another order', few_rows: 'a few rows', one_ulp: 'at most 1 ULP', constant_factor: 'about a factor', low_rank: 'low rank', different: 'different',
};

/** @param {string} like */
export const likeText = (like) => LIKES[like] ?? like.replaceAll('_', ' ');
