// @ts-check
// Where a tensor's values come from: the verdict, and what it rests on.

import { parityPicture } from '../charts/parity.js';
import { shareBar } from '../charts/shares.js';
import { witnessTable } from '../charts/witnesses.js';
import { byLabel, colour, exponentOfOdds, title, verdictSentence } from '../text/labels.js';
import { bytes, count, plural, powers, value } from '../text/numbers.js';
import { capital } from '../text/sentences.js';
import { h } from './dom.js';

/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('../types.js').Evidence} Evidence */
/** @typedef {import('../types.js').RowFigures} RowFigures */
/** @typedef {import('../types.js').Pool} Pool */

/** Tests whose names don't say what they look at. @type {Record<string, string>} */
const TESTS = { containment: 'What the values fit', fp16_grid: 'FP16’s grid', parity: 'Parity of the last bit' };

/** @type {[keyof Evidence, string][]} */
const FIGURES = [['n', 'n'], ['expected', 'expected'], ['observed', 'observed'], ['log10_p', 'log₁₀ p'], ['power', 'power']];

/** @param {string} label */
export const chip = (label) => h('span', { class: 'chip', 'data-label': label, css: { '--c': `var(--${colour(label)})` } }, title(label));

/** @param {TensorReport} report */
export function verdictLine({ ancestry }) {
  const odds = exponentOfOdds(ancestry);
  return h('p', { class: 'seen verdict' }, chip(ancestry.label), ' ', verdictSentence(ancestry),
    ...(odds ? [' Odds against native values: 10', h('sup', {}, odds), ' to 1.'] : []));
}

/** What else there is to say. @param {TensorReport} report */
export function notes({ bytes: size, layout, duplicate_of, wasted_bytes, smaller_form }) {
  const said = [
    layout && `Stored as ${layout.says}.`,
    wasted_bytes > 0 && `${bytes(wasted_bytes)} of its ${bytes(size)} carry nothing${smaller_form ? `: ${smaller_form} holds the same values` : ''}.`,
    duplicate_of && `The same values as ${duplicate_of}.`,
  ];
  return said.flatMap((text) => (text ? [h('p', { class: 'note' }, text)] : []));
}

/**
 * What a tensor shows together with its like, where that is more than it shows alone.
 * @param {TensorReport} report @param {Pool | undefined} pool
 */
export function together({ ancestry, dtype }, pool) {
  if (dtype !== 'BF16' || ancestry.label !== 'inconclusive' || !pool || pool.ancestry.label === 'inconclusive') return [];
  return [h('p', { class: 'note', 'data-pool': pool.pattern },
    `Taken together, the ${plural(pool.tensors, 'BF16 tensor')} of `, h('span', { class: 'code' }, pool.pattern), ' that are inconclusive alone: ',
    chip(pool.ancestry.label), ' ', verdictSentence(pool.ancestry))];
}

/** @param {Evidence} evidence */
function entry(evidence) {
  const figures = FIGURES.filter(([field]) => evidence[field] != null).map(([field, name]) => `${name} ${value(evidence[field])}`);
  return [
    h('dt', {}, TESTS[evidence.test] ?? capital(evidence.test.replaceAll('_', ' '))),
    h('dd', { 'data-test': evidence.test }, powers(evidence.says), h('small', { class: 'figures' }, figures.join(' · '))),
  ];
}

/** @param {RowFigures} rows */
function rowSentences({ count: all, examined, zero, constant, ancestry }) {
  const found = byLabel(ancestry).filter(([label, rows]) => label !== 'native' && label !== 'inconclusive' && rows < examined)
    .map(([label, rows]) => `${count(rows)} of ${plural(examined, 'row')}: ${title(label)}.`);
  const sampled = examined < all ? `${count(examined)} of ${plural(all, 'row')} were examined.` : '';
  const alike = constant ? `${plural(constant, 'row')} of one value, ${zero ? count(zero) : 'none'} of them all zeros.` : '';
  return [...found, sampled, alike].filter(Boolean).join(' ');
}

/** @param {RowFigures} rows */
function rowSummary(rows) {
  const shares = byLabel(rows.ancestry).map(([label, n]) => ({ colour: colour(label), size: n / rows.examined, amount: count(n), text: title(label) }));
  return h('section', {}, h('h3', {}, 'Rows'), ...shareBar('Rows by verdict', shares), h('p', { class: 'note' }, rowSentences(rows)));
}

/** The sections on it; none where a verdict has nothing to show. @param {TensorReport} report */
export function ancestrySections({ ancestry, parity, witnesses, rows, dtype }) {
  const { evidence, blind_spots } = ancestry;
  return [
    (evidence.length > 0 || blind_spots.length > 0) && h('section', {}, h('h3', {}, 'Evidence'),
      h('dl', { class: 'tests' }, ...evidence.flatMap(entry),
        ...(blind_spots.length ? [h('dt', {}, 'What this cannot know'), ...blind_spots.map((text) => h('dd', {}, powers(text)))] : []))),
    parity && h('section', {}, h('h3', {}, 'Parity of the last bit'), parityPicture(parity, dtype)),
    witnesses.length > 0 && h('section', {}, h('h3', {}, 'Witnesses'), ...witnessTable(witnesses)),
    rows && rows.count > 1 && rows.examined > 0 && rowSummary(rows),
  ];
}
