// @ts-check
// The comparison as a whole: a sentence, what is compared, and what its pairs are.

import { shareBar } from '../../charts/shares.js';
import { KIND_KEYS, kindColour, kindTitle } from '../../text/differences.js';
import { bytes, compact, count, duration, plural, rate } from '../../text/numbers.js';
import { isRemote } from '../address.js';
import { byId, h, redrawer, setText } from '../dom.js';
import { LONG, TELLING_BYTES, leftOut } from '../summary.js';

/** @typedef {import('../../comparison.js').ComparisonState} ComparisonState */
/** @typedef {import('../../comparison.js').ComparisonOverview} ComparisonOverview */
/** @typedef {import('../../comparison.js').Side} Side */

const TYPES_AT_MOST = 3;

/** The types, those with most bytes first. @param {Side} side */
function types({ dtypes }) {
  const names = Object.entries(dtypes).sort(([, a], [, b]) => b.bytes - a.bytes).map(([dtype]) => dtype);
  const more = names.length - TYPES_AT_MOST;
  return names.slice(0, TYPES_AT_MOST).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
}

/** @param {string} letter @param {Side} side */
const line = (letter, side) => h('tr', { 'data-side': letter },
  h('th', { scope: 'row' }, letter),
  h('td', { class: 'code' }, side.name + (side.files.length > 1 ? ` · ${plural(side.files.length, 'file')}` : '')),
  ...[types(side), bytes(side.bytes), plural(side.tensors, 'tensor'), `${compact(side.parameters)} parameters`].map((text) => h('td', {}, text)));

/** @param {ComparisonOverview} overview */
const sides = ({ a, b }) => h('table', { class: 'sides figures' },
  h('caption', { class: 'spoken' }, 'What is compared'), h('tbody', {}, line('A', a), line('B', b)));

/** @param {ComparisonState} state */
function subline({ phase, progress, rows, ignored }) {
  const speed = progress.bytes >= TELLING_BYTES ? `, ${rate(progress.bytes_per_second)}` : '';
  const out = leftOut(ignored, ' Not part of B: ');
  const compared = `${plural(rows.total, 'tensor')} of A ${rows.total === 1 ? 'has its' : 'have their'} counterpart in B.`;
  if (phase === 'done') return `${compared} ${bytes(progress.total)} read in ${duration(progress.elapsed_ms)}${speed}${isRemote ? '' : '; nothing left this page'}.${out}`;
  if (phase !== 'cancelled') return compared + out;
  return `${compared} Cancelled after ${bytes(progress.bytes)}: ${count(rows.finishedCount)} of ${plural(rows.length, 'pair')} are complete.${out}`;
}

/** What is said while there is more to come holds of what has been read. @param {ComparisonState} state */
function headlineOf({ phase, overview, names }) {
  if (!overview || (phase === 'scanning' && !overview.pairs.compared)) return `Comparing ${names.a} with ${names.b}`;
  return phase === 'scanning' ? `So far: ${overview.headline}` : overview.headline;
}

/** @param {ComparisonState} state @param {(query: string) => void} filter */
function shares({ overview, rows, phase }, filter) {
  if (!overview) return [];
  const { pairs } = overview;
  // What a person gave up is no failure.
  const there = [...KIND_KEYS].reverse().filter((kind) => pairs[kind] && !(phase === 'cancelled' && kind === 'failed'));
  return there.length ? shareBar('Tensors by difference', there.map((kind) => ({
    colour: kindColour(kind), size: pairs[kind] / rows.total, amount: count(pairs[kind]), text: kindTitle(kind), press: () => filter(`kind:${kind}`),
  }))) : [];
}

/** @param {(query: string) => void} filter fills the list's filter */
export function comparisonSummary(filter) {
  const headline = byId('compare-headline');
  const [redrawSides, redrawShares] = ['sides', 'compare-shares'].map((id) => redrawer(byId(id)));
  /** @param {ComparisonState} state */
  return (state) => {
    const { overview, phase } = state;
    byId('compare-summary').hidden = phase === 'failed';
    setText(headline, headlineOf(state));
    headline.classList.toggle('long', (headline.textContent ?? '').length > LONG);
    setText(byId('compare-sub'), overview ? subline(state) : '');
    redrawSides([overview?.a, overview?.b], () => [overview && sides(overview)]);
    redrawShares(overview?.pairs, () => shares(state, filter));
  };
}
