// @ts-check
// The whole checkpoint: a sentence, its size, and which types hold its bytes.

import { bytes, count, duration, plural, rate } from '../text/numbers.js';
import { byId, h, setText } from './dom.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Overview} Overview */

/** Colours say which kind of number, not which type: few, and stable. @param {string} dtype */
export function kindOf(dtype) {
  if (dtype === 'BF16') return 'bf16';
  if (dtype === 'F16') return 'f16';
  if (/^F[468]/.test(dtype) && dtype !== 'F64') return 'narrow';
  return /^[FC]/.test(dtype) ? 'wide' : 'integer';
}

/** Less is read before the speed means anything. */
const TELLING_BYTES = 50e6;
const NAMED_AT_MOST = 3;

/** Files that are no part of the checkpoint. @param {string[]} ignored */
function leftOut(ignored) {
  if (!ignored.length) return '';
  const more = ignored.length - NAMED_AT_MOST;
  const names = ignored.slice(0, NAMED_AT_MOST).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
  return ` Not part of it: ${names}.`;
}

/** @param {State} state @param {Overview} overview */
function subline({ phase, progress, rows }, { checkpoint }) {
  const parts = [plural(checkpoint.tensors, 'tensor'), plural(checkpoint.parameters, 'parameter'), bytes(checkpoint.bytes)];
  const size = `${parts.join(', ')}.`;
  const speed = progress.bytes >= TELLING_BYTES ? `, ${rate(progress.bytes_per_second)}` : '';
  if (phase === 'done') return `${size} Read once in ${duration(progress.elapsed_ms)}${speed}; nothing left this page.`;
  if (phase !== 'cancelled') return size;
  return `${size} Cancelled after ${bytes(progress.bytes)}: ${count(rows.finishedCount)} of ${plural(rows.length, 'tensor')} are complete.`;
}

/** During the scan the first sentence, which holds from the start. @param {State} state @param {Overview} overview */
const headlineOf = ({ phase }, { headline }) => (phase === 'scanning' ? headline.split(/(?<=\.) /)[0] : headline);

/** @param {Overview} overview @returns {[string, import('../types.js').DtypeTotals][]} most bytes first */
const byBytes = ({ checkpoint }) => Object.entries(checkpoint.dtypes).sort(([, a], [, b]) => b.bytes - a.bytes);

/** @param {Overview} overview */
function showTypes(overview) {
  const types = byBytes(overview);
  const share = byId('share');
  share.replaceChildren(...types.map(([dtype, { bytes }]) => h('i', { 'data-kind': kindOf(dtype), css: { 'flex-grow': String(bytes) } })));
  share.setAttribute('aria-label', `Bytes by type: ${types.map(([dtype, totals]) => `${dtype} ${bytes(totals.bytes)}`).join(', ')}`);
  byId('legend').replaceChildren(...types.map(([dtype, totals]) => h('li', {},
    h('i', { 'data-kind': kindOf(dtype) }), h('b', {}, bytes(totals.bytes)), ` ${dtype}, ${plural(totals.tensors, 'tensor')}`)));
}

let shownTypes = '';

/** @param {State} state */
export function showSummary(state) {
  const { overview } = state;
  if (!overview) return;
  setText(byId('headline'), headlineOf(state, overview));
  setText(byId('sub'), subline(state, overview) + leftOut(state.ignored));
  const types = JSON.stringify(overview.checkpoint.dtypes);
  if (types !== shownTypes) showTypes(overview);
  shownTypes = types;
}
