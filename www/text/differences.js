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

/** What shares a scale or a factor. @type {Record<string, string>} */
const GROUPS = { row: 'per row', '128x128': 'per 128 × 128', 128: 'per 128', 64: 'per 64', 32: 'per 32' };

/** "INT8 per row" for "int8/row". @param {string} key @param {(key: string) => string} titleOf */
function withGroup(key, titleOf) {
  const [of, group] = key.split('/');
  return titleOf(of) + (group ? ` ${GROUPS[group] ?? group}` : '');
}

/** @param {string} stop of a path: "bf16:toward_zero" */
function stopTitle(stop) {
  const [format, rounding] = stop.split(':');
  return withGroup(format, formatTitle) + (rounding ? ` (${ROUNDINGS[rounding] ?? rounding})` : '');
}

/** "through FP16" for "through:f16". @param {string} key */
function conversionTitle(key) {
  const [what, ...more] = key.split('+');
  const through = what.startsWith('through:') && `through ${what.slice('through:'.length).split('>').map(stopTitle).join(' → ')}`;
  const title = through || withGroup(what, (conversion) => CONVERSIONS[conversion] ?? conversion.replaceAll('_', ' '));
  return [title, ...more.map((end) => ({ saturate: 'saturated', flush: 'flushed' })[end] ?? end)].join(', ');
}

/** A few words on a conversion; from B to A it says so. @param {string} key @param {string} direction */
export const conversionText = (key, direction) => (direction === 'b>a' && key !== 'identity' ? 'A from B: ' : '') + conversionTitle(key);

/** @type {Record<string, string>} */
const LIKES = {
  few_values: 'a few values', permuted_rows: 'rows in another order', few_rows: 'a few rows', one_ulp: 'at most 1 ULP', constant_factor: 'about a factor', low_rank: 'low rank', different: 'different',
};

/** @param {string} like */
export const likeText = (like) => LIKES[like] ?? like.replaceAll('_', ' ');
