// @ts-check
// The bar on top: what is open, and what can be done with it.

import { bytes, compact, percent, plural } from '../text/numbers.js';
import { byId, setText } from './dom.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Session} Session */

/** @param {State} state */
function fileSummary({ files, overview }) {
  if (!files.length) return '';
  const [first, ...more] = files;
  const name = more.length ? `${first.name} and ${plural(more.length, 'file')} more` : first.name;
  if (!overview) return name;
  const { checkpoint } = overview;
  return [name, bytes(checkpoint.bytes), plural(checkpoint.tensors, 'tensor'), `${compact(checkpoint.parameters)} parameters`].join(' · ');
}

/** @param {{progress: import('../types.js').Progress}} state */
const progressTitle = ({ progress }) => percent(progress.total ? progress.bytes / progress.total : 0).replace(/\.\d+/, '');

/** @param {Session} session @param {boolean} isComparing which of the two is shown */
export function showBar({ state, comparison }, isComparing) {
  const { names } = comparison.state;
  const { phase, overview } = isComparing ? comparison.state : state;
  const isBusy = phase === 'reading header' || phase === 'scanning';
  const isOpen = state.files.length > 0 && !['empty', 'failed', 'reading header'].includes(state.phase);
  const name = isComparing ? `${names.a} ↔ ${names.b}` : state.files[0]?.name;
  /** @type {[string, boolean][]} */
  const shown = [
    ['open', !isComparing && !isBusy && isOpen],
    ['compare-with', isOpen],
    ['to-lab', !isComparing && isOpen],
    ['to-comparison', !isComparing && comparison.state.phase !== 'empty'],
    ['export', !isComparing && !isBusy && overview !== null],
    ['cancel', isBusy],
    ['back', isComparing],
    ['swap', isComparing && !isBusy && overview !== null],
    ['save-diff', isComparing && !isBusy && overview !== null],
  ];
  for (const [id, isShown] of shown) byId(id).hidden = !isShown;
  setText(byId('file'), isComparing ? '' : fileSummary(state));
  setText(byId('back'), `← Back to ${state.overview?.checkpoint.name ?? state.files[0]?.name ?? ''}`);
  setText(byId('compare-with'), isComparing ? 'Compare with another…' : 'Compare…');
  document.title = [phase === 'scanning' && progressTitle(isComparing ? comparison.state : state), name, 'Floatscope'].filter(Boolean).join(' · ');
}
