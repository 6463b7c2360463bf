// @ts-check
// One pair of tensors: what turns one into the other, and the evidence beside it.

import { ulpPicture } from '../../charts/ulp.js';
import { decibels } from '../../text/casts.js';
import { conversionText, kindColour, kindTitle } from '../../text/differences.js';
import { visible } from '../../text/names.js';
import { NOTHING, cosine, count, exact, percent, plural, shape, value } from '../../text/numbers.js';
import { sentence } from '../../text/sentences.js';
import { byId, h } from '../dom.js';
import { breakable, furnishArticle } from '../opened.js';
import { problemItem } from '../problems.js';

/** @typedef {import('../../comparison.js').PairReport} PairReport */
/** @typedef {import('../../comparison.js').Comparing} Comparing */
/** @typedef {import('../../comparison.js').SideTensor} SideTensor */
/** @typedef {import('../../types.js').Figure} Figure */

/** "A  F32 · 2 × 3 · model.safetensors", with the name where B has another. @param {string} letter @param {SideTensor} side @param {string} name_a in A */
const meta = (letter, { name, dtype, shape: extents, file }, name_a) => h('p', { class: 'meta figures' },
  h('b', {}, letter), ` ${[name === name_a ? '' : visible(name), dtype, shape(extents), file].filter(Boolean).join(' · ')}`);

/** @param {PairReport} report */
function equality({ count: all, equal, both_nan, max_ulp, ulp_of, identical_bits, first_difference }) {
  if (all === 0) return 'It holds no elements.';
  if (identical_bits) return `All ${plural(all, 'element')} have the same bits.`;
  const nans = both_nan ? `, ${count(both_nan)} are NaN on both sides` : '';
  const same = equal === all ? `All ${plural(all, 'element')} are equal` : equal ? `${count(equal)} of ${plural(all, 'element')} are equal (${percent(equal / all)})` : `None of ${plural(all, 'element')} is equal`;
  const farthest = max_ulp === 0 ? `rounded to ${ulp_of} they are the same` : `the others are at most ${value(max_ulp)} ULP of ${ulp_of} apart`;
  const apart = equal < all && max_ulp !== null ? `; ${farthest}` : '';
  const first = first_difference ? `. The first that differs is at [${first_difference.map(count).join(', ')}]` : '';
  return `${same}${nans}${apart}${first}.`;
}

/** The kind, and what explains it or what it looks like. @param {PairReport} report @param {string} kind */
function verdict({ explained_by: [best], looks }, kind) {
  const says = best?.says ?? looks?.says;
  return h('p', { class: 'seen verdict' },
    h('span', { class: 'chip', 'data-kind': kind, css: { '--c': `var(--${kindColour(kind)})` } }, kindTitle(kind)), says ? ` ${sentence(says)}` : '');
}

/** Name, what it is called, how it is written. @type {[string, [keyof PairReport, string, (figure: any, report: PairReport, comparing: Comparing) => string][]][]} */
const GROUPS = [
  ['Elements', [
    ['count', 'elements', count], ['equal', 'equal', count], ['both_nan', 'NaN on both sides', count], ['finite', 'finite on both sides', count],
    ['max_ulp', 'largest distance in ULP', (n) => value(n)],
    ['differing_rows', 'rows that differ', (rows) => `${count(rows.differing)} of ${count(rows.rows)}`],
  ]],
  ['Differences', [
    ['max_abs', 'largest |a − b|', (n) => value(n, 6)], ['mean_abs', 'mean |a − b|', (n) => value(n, 6)],
    ['max_rel', 'largest |a − b| / |b|', (n) => value(n, 6)], ['mean_rel', 'mean |a − b| / |b|', (n) => value(n, 6)],
  ]],
  ['All together', [
    ['sqnr_db', 'SQNR', (n) => (n === 'Infinity' ? '∞' : decibels(n))], ['cosine', 'cosine', cosine],
    ['allclose', 'allclose', (isClose) => (isClose ? 'yes' : 'no')], ['not_close', 'elements that are not close', count],
  ]],
];

/** @param {PairReport} report @param {Comparing} comparing */
const figures = (report, comparing) => h('div', { class: 'tables' }, ...GROUPS.map(([title, lines]) => h('table', { class: 'stats' },
  h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, title), h('th', { scope: 'col' }, h('span', { class: 'spoken' }, 'Value')))),
  h('tbody', {}, ...lines.map(([id, label, write]) => h('tr', {},
    h('th', { scope: 'row' }, label),
    h('td', { 'data-stat': id, 'data-value': JSON.stringify(report[id]), title: typeof report[id] === 'object' ? null : exact(/** @type {Figure} */ (report[id])) },
      report[id] === null ? NOTHING : write(report[id], report, comparing))))))));

const WORST = ['a', 'b', '|a − b|', 'ULP'];

/** @param {Comparing} comparing */
function tolerance({ state: { overview } }) {
  if (!overview) return '';
  const { rtol, atol } = overview.tolerance;
  return `Close is |a − b| ≤ ${value(atol)} + ${value(rtol)} · |b|. Differences are over elements that are finite on both sides.`;
}

/** @param {PairReport} report */
const explanations = ({ explained_by }) => explained_by.length > 0 && h('section', {},
  h('h3', {}, explained_by.length > 1 ? 'All that explains it' : 'What explains it'),
  h('ol', { class: 'ways' }, ...explained_by.map(({ conversion, direction, says }) => h('li', { 'data-conversion': conversion, title: conversion, 'data-direction': direction }, sentence(says)))));

/** The roles are said, since a phone shows lines and no table. @param {PairReport} report */
const worst = ({ worst }) => worst.length > 0 && h('section', {},
  h('h3', {}, worst.length > 1 ? `The ${worst.length} elements that differ most` : 'The element that differs'),
  h('table', { class: 'stats worst', role: 'table' },
    h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, ...['index', ...WORST].map((head) => h('th', { scope: 'col', role: 'columnheader' }, head)))),
    h('tbody', { role: 'rowgroup' }, ...worst.map(({ index, a, b, abs, ulp }) => h('tr', { role: 'row' },
      h('th', { scope: 'row', role: 'rowheader' }, `[${index.map(count).join(', ')}]`),
      ...[value(a, 7), value(b, 7), value(abs, 4), value(ulp)].map((text, i) => h('td', { role: 'cell', title: exact([a, b, abs, ulp][i]), 'data-says': WORST[i] }, text)))))));

/** @param {PairReport} report @param {string} kind @param {Comparing} comparing */
function evidence(report, kind, comparing) {
  const { ulp, ulp_of, count: all } = report;
  return [
    meta('A', report.a, report.name), meta('B', report.b, report.name),
    verdict(report, kind), h('p', { class: 'seen' }, equality(report)),
    h('div', { class: 'evidence' },
      ulp && ulp_of && all > 0 ? h('section', {}, h('h3', {}, 'How far apart'), ...ulpPicture(ulp, ulp_of, all)) : null,
      h('div', {}, explanations(report), worst(report)),
      h('section', { class: 'wide' }, h('h3', {}, 'Figures'), figures(report, comparing), h('p', { class: 'note' }, tolerance(comparing)))),
  ];
}

/** A pair without figures: not yet, or never. @param {Comparing} comparing @param {number} row */
function waiting({ state: { overview, phase, rows } }, row) {
  const problems = (overview?.problems ?? []).filter(({ tensor }) => tensor !== null && [rows.name(row), rows.nameInB(row)].includes(tensor));
  if (problems.length) return [h('ul', { class: 'seen problems' }, ...problems.map(problemItem))];
  return [h('p', { class: 'seen' }, phase === 'scanning' ? 'Not read yet: its figures appear here when it has been.' : 'It was not read.')];
}

/** @param {Comparing} comparing @param {Pick<import('../opened.js').Actions, 'step'>} actions */
export function pairView(comparing, actions) {
  const article = byId('pair');
  const { name, body } = furnishArticle(article, 'Pair', actions);
  let [shown, isComplete] = [-1, false];

  /** @param {number} row */
  async function fill(row) {
    const report = await comparing.pair(row);
    const { rows } = comparing.state;
    if (row !== shown || isComplete) return;
    isComplete = report !== undefined;
    name.replaceChildren(...breakable(visible(rows.name(row))));
    body.replaceChildren(...(report ? evidence(report, rows.kind(row) || 'waiting', comparing) : waiting(comparing, row)).flatMap((part) => part || []));
  }

  return {
    get row() { return shown; },
    /** @param {number} row */
    show(row) {
      [shown, isComplete] = [row, false];
      article.hidden = false;
      return fill(row);
    },
    hide() {
      shown = -1;
      article.hidden = true;
      body.replaceChildren();
    },
    /** Fills in when the pair has been read. */
    update() {
      if (shown >= 0 && !isComplete && comparing.state.rows.status(shown) !== 'waiting') fill(shown);
    },
  };
}
