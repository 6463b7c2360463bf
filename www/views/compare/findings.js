// @ts-check
// What explains the difference, what to look at, and which names have no counterpart.

import { visible } from '../../text/names.js';
import { count, plural, shape } from '../../text/numbers.js';
import { sentence } from '../../text/sentences.js';
import { byId, h, redrawer } from '../dom.js';
import { labView } from './lab.js';

/** @typedef {import('../../comparison.js').ComparisonOverview} ComparisonOverview */
/** @typedef {import('../../comparison.js').SideTensor} SideTensor */
/** @typedef {import('../../comparison.js').Comparing} Comparing */

/** Names in one list: a wholly different checkpoint must not fill the page with elements. */
const NAMES_AT_MOST = 500;

/** What is the same needs no explanation. @param {ComparisonOverview} overview */
const conversions = ({ explanations }) => explanations.filter(({ conversion }) => conversion !== 'identity');

/** @param {ComparisonOverview} overview @param {(query: string) => void} filter */
const explanations = (overview, filter) => conversions(overview).length > 0 && h('section', {},
  h('h2', {}, 'What explains it'),
  h('ul', { class: 'counts figures' }, ...conversions(overview).map(({ conversion, direction, tensors, says }) => h('li', { 'data-conversion': conversion, 'data-direction': direction },
    h('b', {}, count(tensors)),
    h('button', { type: 'button', class: 'quiet', title: 'Lists these tensors', on: { click: () => filter(`by:${conversion}`) } }, sentence(says))))));

/** Names under a summary. @param {string} summary @param {string[]} names @param {number} all @param {string} [kind] */
const names = (summary, names, all = names.length, kind = '') => h('details', { 'data-names': kind },
  h('summary', {}, summary),
  h('ul', {}, ...names.slice(0, NAMES_AT_MOST).map((name) => h('li', { class: 'code' }, visible(name))),
    all > Math.min(names.length, NAMES_AT_MOST) && h('li', {}, `and ${count(all - Math.min(names.length, NAMES_AT_MOST))} more`)));

/** Where the weights are the same, the lab is where to look. */
const LEADS_TO_LAB = ['run_time', 'inv_freq'];

/** @param {ComparisonOverview} overview @param {() => void} openLab */
const triage = ({ triage }, openLab) => triage.length > 0 && h('section', {},
  h('h2', {}, 'What to look at'),
  h('ul', { class: 'advice' }, ...triage.map(({ about, says, tensors, count: all }) => h('li', { 'data-about': about },
    says, all > 0 && names(plural(all, 'tensor'), tensors, all)))),
  triage.some(({ about }) => LEADS_TO_LAB.includes(about)) && h('p', { class: 'actions' },
    h('button', { type: 'button', id: 'open-lab', on: { click: openLab } }, 'Open the lab: what rounding the rotary frequencies does')));

/** @param {SideTensor} side */
const kindOf = ({ dtype, shape: extents }) => `${dtype} ${shape(extents)}`;

/** @param {ComparisonOverview} overview */
const mismatches = ({ shape_mismatch: pairs }) => pairs.length > 0 && h('details', { 'data-names': 'shapes' },
  h('summary', {}, `${plural(pairs.length, 'name')} with another shape in B`),
  h('ul', { class: 'figures' }, ...pairs.slice(0, NAMES_AT_MOST).map(({ name, a, b }) => h('li', {},
    h('span', { class: 'code' }, visible(name)), ` ${kindOf(a)} in A, ${kindOf(b)} in B`)),
  pairs.length > NAMES_AT_MOST && h('li', {}, `and ${count(pairs.length - NAMES_AT_MOST)} more`)));

/** @param {ComparisonOverview} overview */
const renames = ({ renames }) => renames.map(({ a, b, tensors }) => h('p', { class: 'rename' },
  plural(tensors, 'name'), tensors === 1 ? ' matches when ' : ' match when ', h('span', { class: 'code' }, a), ' is read as ', h('span', { class: 'code' }, b), '.'));

/** What pairs names that differ. @param {Comparing} comparing */
function renaming(comparing) {
  const table = h('textarea', { rows: 4, spellcheck: 'false', 'aria-label': 'Names of A and what they are in B', placeholder: 'model.*  *' });
  table.value = comparing.renames;
  return h('details', { 'data-names': 'table' },
    h('summary', {}, 'Pair names that differ'),
    h('p', { class: 'note' }, 'A line each: a name in A and what it is called in B. One * in both stands for the rest.'),
    table,
    h('p', { class: 'actions' }, h('button', { type: 'button', id: 'rename', on: { click: () => comparing.rename(table.value) } }, 'Compare again')));
}

/** @param {ComparisonOverview} overview @param {Comparing} comparing */
function counterparts(overview, comparing) {
  const { only_in_a: a, only_in_b: b } = overview;
  const parts = [
    ...renames(overview),
    a.length > 0 && names(`${plural(a.length, 'name')} only in A`, a, a.length, 'a'),
    b.length > 0 && names(`${plural(b.length, 'name')} only in B`, b, b.length, 'b'),
    mismatches(overview),
  ];
  const isOdd = a.length > 0 || b.length > 0 || comparing.renames;
  if (!parts.some(Boolean)) return false;
  return h('section', {}, h('h2', {}, 'Names'), ...parts, isOdd && renaming(comparing));
}

/** @param {Comparing} comparing @param {(query: string) => void} filter fills the list's filter */
export function findingsView(comparing, filter) {
  const openLab = labView(comparing);
  const places = [h('div'), h('div'), h('div')];
  byId('findings').append(...places);
  const [explain, look, pair] = places.map(redrawer);
  return () => {
    const { overview, phase } = comparing.state;
    explain(overview?.explanations, () => [overview && explanations(overview, filter)]);
    look(overview?.triage, () => [overview && triage(overview, openLab)]);
    // A table of names that was refused can be mended.
    pair(overview ? [overview.renames, overview.only_in_a.length, overview.only_in_b.length, overview.shape_mismatch.length, comparing.renames] : [phase, comparing.renames],
      () => [overview ? counterparts(overview, comparing) : phase === 'failed' && comparing.renames && renaming(comparing)]);
  };
}
