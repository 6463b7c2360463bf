// @ts-check
// The whole checkpoint: a sentence, its size, what its tensors are, and which types hold its bytes.

import { shareBar } from '../charts/shares.js';
import { byLabel, colour, title } from '../text/labels.js';
import { bytes, compact, count, duration, plural, rate } from '../text/numbers.js';
import { byId, redrawer, setText } from './dom.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Overview} Overview */

/** Colours say which kind of number, not which type: few, and stable. @param {string} dtype */
export function kindOf(dtype) {
  if (dtype === 'BF16') return 'blue';
  if (dtype === 'F16') return 'orange';
  if (/^F[468]/.test(dtype) && dtype !== 'F64') return 'purple';
  return /^[FC]/.test(dtype) ? 'green' : 'grey';
}

/** Less is read before the speed means anything. */
export const TELLING_BYTES = 50e6;
const NAMED_AT_MOST = 3;
/** Letters from which on a headline is set smaller. */
export const LONG = 130;

/** Files that are no part of the checkpoint. @param {string[]} ignored */
export function leftOut(ignored, start = ' Not part of it: ') {
  if (!ignored.length) return '';
  const more = ignored.length - NAMED_AT_MOST;
  const names = ignored.slice(0, NAMED_AT_MOST).join(', ') + (more > 0 ? ` and ${count(more)} more` : '');
  return `${start}${names}.`;
}

/** Files that only the lab has a use for. @param {string[]} names */
const forTheLab = (names) => (names.length ? ` ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} for the lab.` : '');

/** @param {State} state @param {Overview} overview */
function subline({ phase, progress, rows, address }, { checkpoint, sample }) {
  const parts = [plural(checkpoint.tensors, 'tensor'), plural(checkpoint.parameters, 'parameter'), bytes(checkpoint.bytes)];
  const size = `${parts.join(', ')}.`;
  const speed = progress.bytes >= TELLING_BYTES ? `, ${rate(progress.bytes_per_second)}` : '';
  if (phase === 'done' && address) return `${size} ${sample ? bytes(progress.bytes) : 'All of it'} came from ${address.text} in ${duration(progress.elapsed_ms)}.`;
  if (phase === 'done') return `${size} Read once in ${duration(progress.elapsed_ms)}${speed}; nothing left this page.`;
  if (phase !== 'cancelled') return size;
  return `${size} Cancelled after ${bytes(progress.bytes)}: ${count(rows.finishedCount)} of ${plural(rows.length, 'tensor')} are complete.`;
}

/** @param {Overview} overview */
const wasted = ({ wasted_bytes }) => (wasted_bytes ? ` Smaller forms would save ${bytes(wasted_bytes)} and lose nothing.` : '');

/** During the scan the first sentence, which holds from the start. @param {State} state @param {Overview} overview */
const headlineOf = ({ phase }, { headline }) => (phase === 'scanning' ? headline.split(/(?<=\.) /)[0] : headline);

/** Bytes by type, most first; a single type is in the headline. @param {Overview} overview */
function types({ checkpoint }) {
  const entries = Object.entries(checkpoint.dtypes).sort(([, a], [, b]) => b.bytes - a.bytes);
  return entries.length < 2 ? [] : shareBar('Bytes by type', entries.map(([dtype, totals]) => (
    { colour: kindOf(dtype), size: totals.bytes / checkpoint.bytes, amount: bytes(totals.bytes), text: `${dtype}, ${plural(totals.tensors, 'tensor')}` })));
}

/** Parameters by verdict. @param {Overview} overview @param {((query: string) => void) | null} filter */
function verdicts({ ancestry, checkpoint }, filter) {
  return shareBar('Parameters by verdict', byLabel(ancestry).filter(([, { tensors }]) => tensors > 0).map(([label, { tensors, parameters }]) => ({
    colour: colour(label), size: parameters / checkpoint.parameters, amount: compact(parameters), text: `${title(label)}, ${plural(tensors, 'tensor')}`,
    press: filter ? () => filter(`label:${label}`) : undefined,
  })));
}

/**
 * @param {((query: string) => void) | null} filter fills the list's filter, where there is a list
 * @param {import('./dom.js').Root} [root] @param {typeof subline} [says] the size and how it was read
 */
export function scanSummary(filter, root = document, says = subline) {
  const headline = byId('headline', root);
  const redraw = redrawer(byId('shares', root));
  /** @param {State} state */
  return (state) => {
    const { overview, ignored, forLab } = state;
    if (!overview) return;
    setText(headline, headlineOf(state, overview));
    headline.classList.toggle('long', overview.headline.length > LONG);
    setText(byId('sub', root), says(state, overview) + wasted(overview) + forTheLab(forLab) + leftOut(ignored));
    redraw([overview.checkpoint.dtypes, overview.ancestry], () => [...verdicts(overview, filter), ...types(overview)]);
  };
}
