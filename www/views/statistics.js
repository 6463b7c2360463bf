// @ts-check
// Every statistic of a tensor, as the report has it.

import { exact, value } from '../text/numbers.js';
import { h } from './dom.js';

/** @typedef {import('../types.js').Part} Part */
/** @typedef {import('../types.js').Figure} Figure */
/** @typedef {{stat: string, label: string, figures: Figure[][]}} Row one list of figures a part: one, or lower and upper bound */

/** @type {[string, [string, string][]][]} */
const GROUPS = [
  ['Range', [['min', 'minimum'], ['max', 'maximum'], ['abs_max', 'largest |x|'], ['abs_min_nonzero', 'smallest nonzero |x|']]],
  ['Moments', [['mean', 'mean'], ['std', 'standard deviation'], ['rms', 'root mean square'], ['skewness', 'skewness'], ['kurtosis', 'kurtosis']]],
  ['Counts', [['count', 'values'], ['zeros', 'zeros'], ['negative_zeros', 'of these −0'], ['negatives', 'negative'], ['subnormals', 'subnormal'],
    ['nan', 'NaN'], ['pos_inf', '+Inf'], ['neg_inf', '−Inf'], ['distinct', 'distinct codes']]],
];

/** Counts that should be none. */
const ALARMS = ['nan', 'pos_inf', 'neg_inf'];

/** @param {Part[]} parts @param {string} stat @param {string} label @returns {Row[]} none where no part has it */
function row(parts, stat, label) {
  const figures = parts.map(({ stats }) => /** @type {any} */ (stats)[stat]);
  return figures.some((figure) => figure !== undefined) ? [{ stat, label, figures: figures.map((figure) => [figure ?? null]) }] : [];
}

/** @param {Part[]} parts @returns {Row[]} */
function quantileRows(parts) {
  const probabilities = Object.keys(parts[0].stats.quantiles ?? {}).sort((a, b) => Number(a) - Number(b));
  return probabilities.map((p) => ({
    stat: `quantiles.${p}`,
    label: p === '0.5' ? 'median' : `${Number((Number(p) * 100).toFixed(6))} %`,
    figures: parts.map(({ stats }) => {
      const low = stats.quantiles?.[p] ?? null;
      return stats.quantiles_exact ? [low] : [low, stats.quantiles_upper?.[p] ?? null];
    }),
  }));
}

/** @param {Row} row @param {Part} part @param {Figure[]} figures */
function cell({ stat }, part, figures) {
  const isAlarm = ALARMS.includes(stat) && Number(figures[0]) > 0;
  const [low, high] = figures;
  const text = figures.length > 1 && low !== high ? `${value(low, 6)} … ${value(high, 6)}` : value(low, 9);
  return h('td', {
    'data-stat': part.prefix + stat, 'data-value': JSON.stringify(low), 'data-upper': figures.length > 1 ? JSON.stringify(high) : null,
    title: figures.map(exact).join(' … '), class: isAlarm ? 'bad' : null,
  }, text);
}

/** @param {string} title @param {Row[]} rows @param {Part[]} parts */
function table(title, rows, parts) {
  if (!rows.length) return null;
  const heads = parts.map((part) => h('th', { scope: 'col' }, part.title || h('span', { class: 'spoken' }, 'Value')));
  return h('table', { class: 'stats' },
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, title), ...heads)),
    h('tbody', {}, ...rows.map((row) => h('tr', {},
      h('th', { scope: 'row' }, row.label),
      ...parts.map((part, i) => cell(row, part, row.figures[i]))))));
}

/** @param {Part[]} parts */
export function statistics(parts) {
  const isExact = parts.every(({ stats }) => stats.quantiles_exact);
  return h('div', { class: 'tables' },
    ...GROUPS.map(([title, stats]) => table(title, stats.flatMap(([stat, label]) => row(parts, stat, label)), parts)),
    table(isExact ? 'Quantiles' : 'Quantiles, between', quantileRows(parts), parts));
}
