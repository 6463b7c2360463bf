// @ts-check
// Every statistic of a tensor, as the report has it.

import { exact, value } from '../text/numbers.js';
import { h } from './dom.js';
import { intervalText } from './sample-note.js';

/** @typedef {import('../types.js').Part} Part */
/** @typedef {import('../types.js').Figure} Figure */
/**
 * A column of a table: a part, or one bound of a part's quantiles.
 * @typedef {{title: string, stats: Record<string, Figure>, prefix: string, quantile?: string, intervals?: import('../types.js').IntervalTable}} Column
 */

/** @type {[string, [string, string][]][]} */
const GROUPS = [
  ['Range', [['min', 'minimum'], ['max', 'maximum'], ['abs_max', 'greatest |x|'], ['abs_min_nonzero', 'least |x| > 0']]],
  ['Moments', [['mean', 'mean'], ['std', 'std'], ['rms', 'RMS'], ['skewness', 'skewness'], ['kurtosis', 'kurtosis']]],
  ['Counts', [['count', 'values'], ['zeros', 'zeros'], ['negative_zeros', 'of these −0'], ['negatives', 'negative'], ['subnormals', 'subnormal'],
    ['nan', 'NaN'], ['pos_inf', '+Inf'], ['neg_inf', '−Inf'], ['distinct', 'distinct codes']]],
];

/** What a sample says of itself alone, not of the whole. */
const OF_SAMPLE = ['count', 'min', 'max', 'abs_max', 'abs_min_nonzero', 'distinct'];

/** Counts that should be none. */
const ALARMS = ['nan', 'pos_inf', 'neg_inf'];

/** @param {Part} part @returns {Column} */
const plain = ({ title, prefix, stats, intervals }) => ({ title, prefix, intervals, stats: /** @type {any} */ (stats) });

/** Quantiles of wider types are known between two bounds. @param {Part} part @returns {Column[]} */
function bounds({ title, prefix, intervals, stats: { quantiles, quantiles_upper, quantiles_exact } }) {
  if (!quantiles) return [];
  const lower = { title, prefix, intervals, quantile: 'data-quantile', stats: quantiles };
  if (quantiles_exact || !quantiles_upper) return [lower];
  return [{ ...lower, title: `${title} at least` }, { title: 'at most', prefix, quantile: 'data-quantile-upper', stats: quantiles_upper }];
}

/** @param {Record<string, Figure>} quantiles @returns {[string, string][]} */
const probabilities = (quantiles) => Object.keys(quantiles).sort((a, b) => Number(a) - Number(b))
  .map((p) => [p, p === '0.5' ? 'median' : `${Number((Number(p) * 100).toFixed(6))} %`]);

/** @param {string} stat @param {Column} column @param {number} digits */
function cell(stat, { prefix, quantile, stats, intervals }, digits) {
  const figure = stats[stat] ?? null;
  const isAlarm = ALARMS.includes(stat) && Number(figure) > 0;
  const isEstimate = intervals && figure !== null && !OF_SAMPLE.includes(stat);
  const interval = isEstimate ? intervalText(intervals, stat) : '';
  return h('td', {
    [quantile ?? 'data-stat']: prefix + stat, 'data-value': JSON.stringify(figure), title: exact(figure), class: isAlarm && 'bad',
  }, isEstimate ? `≈ ${value(figure, 5)}` : value(figure, digits), interval && h('span', { class: 'interval' }, ` ${interval}`));
}

/** @param {string} title @param {[string, string][]} rows names of statistics and what they are called @param {Column[]} columns */
function table(title, rows, columns) {
  const present = rows.filter(([stat]) => columns.some(({ stats }) => stats[stat] !== undefined && !(stat === 'distinct' && stats[stat] === null)));
  if (!present.length) return null;
  const digits = columns.length > 1 ? 6 : 9;
  const heads = columns.map((column) => h('th', { scope: 'col' }, column.title || h('span', { class: 'spoken' }, 'Value')));
  return h('table', { class: 'stats' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, title), ...heads)),
    h('tbody', {}, ...present.map(([stat, label]) => h('tr', {},
      h('th', { scope: 'row' }, label), ...columns.map((column) => cell(stat, column, digits))))));
}

/** @param {Part[]} parts */
export function statistics(parts) {
  const columns = parts.flatMap(bounds);
  const [range, moments, counts] = GROUPS.map(([title, stats]) => table(title, stats, parts.map(plain)));
  const quantiles = columns.length > 0 && table('Quantiles', probabilities(columns[0].stats), columns);
  const [isMany, isBounded] = [parts.length > 1, columns.length > parts.length];
  // Two bounds need more room than one figure: others make it, one above the other.
  const bounded = isMany ? [[range, counts], [moments, quantiles]] : [[range, moments], [counts], [quantiles]];
  const stacks = isBounded ? bounded : [[range], [moments], [counts], [quantiles]];
  return h('div', { class: ['tables', isMany && 'many', isBounded && 'bounded'].filter(Boolean).join(' ') },
    ...stacks.filter((tables) => tables.some(Boolean)).map((tables) => h('div', { class: 'stack' }, ...tables)));
}
