// @ts-check
// Where the values lie: nested intervals on one linear axis, the widest on top,
// each with its ends written beside it.

import { briefValue, value } from '../text/numbers.js';
import { s } from '../views/dom.js';
import { picture } from './chart.js';

/** @typedef {import('../types.js').Statistics} Statistics */
/** @typedef {{label: string, low: number, high: number, kind: string}} Interval */

/** @type {[string, string, string][]} */
const NESTED = [['99.8 %', '0.001', '0.999'], ['98 %', '0.01', '0.99'], ['90 %', '0.05', '0.95'], ['half', '0.25', '0.75']];
const PITCH = 24;
const BAR = 9;
const GUTTER = 62;
/** Room for a number outside the ends of a bar. */
const NUMBER = 70;

/**
 * The outer edges where quantiles are bounds: what is said of the share stays true.
 * @param {Statistics} stats @param {string} from @param {string} to
 * @returns {[number, number] | null}
 */
export function between({ quantiles, quantiles_upper, quantiles_exact }, from, to) {
  const low = quantiles?.[from];
  const high = (quantiles_exact ? quantiles : quantiles_upper)?.[to];
  return low == null || high == null ? null : [Number(low), Number(high)];
}

/** @param {Statistics} stats @returns {Interval[]} */
function intervals(stats) {
  if (stats.min === null || stats.max === null || stats.min === stats.max) return [];
  const atLeast = stats.quantiles_exact ? '' : '≥ ';
  const nested = NESTED.flatMap(([label, from, to]) => {
    const ends = between(stats, from, to);
    return ends ? [{ label: atLeast + label, low: ends[0], high: ends[1], kind: label === 'half' ? 'inner' : 'outer' }] : [];
  });
  return [{ label: 'all', low: Number(stats.min), high: Number(stats.max), kind: 'all' }, ...nested];
}

/** @param {Interval} interval @param {number} i @param {(v: number) => number} x */
function row({ label, low, high, kind }, i, x) {
  const middle = i * PITCH + PITCH / 2;
  const [from, to] = [x(low), x(high)];
  const height = kind === 'all' ? 2 : BAR;
  return [
    s('text', { x: GUTTER - 8, y: middle + 4, 'text-anchor': 'end' }, label),
    s('rect', { class: kind, x: from, width: Math.max(2, to - from), y: middle - height / 2, height, rx: 1.5 }),
    s('text', { class: 'end', x: from - 6, y: middle + 4, 'text-anchor': 'end' }, briefValue(low)),
    s('text', { class: 'end', x: Math.max(to, from + 2) + 6, y: middle + 4 }, briefValue(high)),
  ];
}

/** @param {number} width @param {Interval[]} rows @param {number | null} median */
function draw(width, rows, median) {
  const { low, high } = rows[0];
  const [left, right] = [GUTTER + NUMBER, width - NUMBER];
  // Halves first: the span of the widest doubles is not a double.
  const span = high / 2 - low / 2 || 1;
  /** @param {number} v */
  const x = (v) => left + ((Math.min(Math.max(v, low), high) / 2 - low / 2) / span) * (right - left);
  const height = rows.length * PITCH + 16;
  /** @param {number} v @param {string} kind @param {string} label */
  const rule = (v, kind, label) => [
    s('line', { class: kind, x1: x(v), x2: x(v), y1: 4, y2: height - 14 }),
    s('text', { x: x(v), y: height - 2, 'text-anchor': 'middle' }, label)];
  return {
    svg: s('svg', { width, height, class: 'quantiles', 'aria-hidden': 'true' },
      ...(low <= 0 && high >= 0 ? rule(0, 'zero', '0') : []),
      ...rows.flatMap((interval, i) => row(interval, i, x)),
      ...(median === null ? [] : [s('line', { class: 'median', x1: x(median), x2: x(median), y1: (rows.length - 1) * PITCH + 4, y2: rows.length * PITCH - 4 })])),
  };
}

/** @param {Statistics} stats @returns {HTMLElement | null} null when there is no spread */
export function quantilePicture(stats) {
  const rows = intervals(stats);
  if (!rows.length) return null;
  const median = stats.quantiles?.['0.5'] ?? null;
  const said = rows.map(({ label, low, high }) => `${label} between ${value(low, 3)} and ${value(high, 3)}`);
  return picture({ label: `Where the values lie: ${said.join('; ')}`, draw: (width) => draw(width, rows, median === null ? null : Number(median)) });
}
