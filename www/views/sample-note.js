// @ts-check
// What is said where a sample stands for the whole: figures then are estimates.

import { bytes, count, plural, value } from '../text/numbers.js';
import { byId, h, redrawer } from './dom.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('../types.js').IntervalTable} IntervalTable */

/** Of the whole checkpoint, with a way to all of it where there is one. @param {(() => void) | null} readAll @param {import('./dom.js').Root} [root] */
export function sampleNote(readAll, root = document) {
  const place = byId('sample-note', root);
  const redraw = redrawer(place);
  /** @param {State} state */
  return ({ overview, phase }) => {
    const sample = overview?.sample;
    place.hidden = !sample;
    if (!sample) return;
    redraw([sample, phase], () => [
      h('p', {}, `Estimates, by a sample of ${bytes(sample.bytes)} of ${bytes(sample.of)}: rows of ${plural(sample.sampled, 'tensor')}, spread over each`,
        sample.whole > 0 && `; ${count(sample.whole)} more ${sample.whole === 1 ? 'is' : 'are'} small and read whole`,
        sample.left_out > 0 && `; ${count(sample.left_out)} ${sample.left_out === 1 ? 'is' : 'are'} left out, since others of a kind stand for ${sample.left_out === 1 ? 'it' : 'them'}`, '. Each figure has its 95 % interval beside it, in the tensor’s view.'),
      readAll && h('p', { class: 'actions' }, h('button', { type: 'button', id: 'read-all', on: { click: readAll } }, `Read all ${bytes(sample.of)}`)),
    ]);
  };
}

/** Of one tensor. @param {TensorReport} report */
export function sampleLine({ sample }) {
  if (!sample) return [];
  return [h('p', { class: 'note estimate' }, `Estimated by ${plural(sample.elements, 'value')} of ${count(sample.of)}, in ${count(sample.firsts.length)} places. Smallest, largest and distinct are those of the sample; the others have their 95 % interval beside them.`)];
}

/** "0.0231 … 0.0250" of a figure; nothing where it has no interval. @param {IntervalTable | undefined} intervals @param {string} key */
export function intervalText(intervals, key) {
  const interval = intervals?.[key] ?? intervals?.quantiles?.[key];
  return Array.isArray(interval) ? `${value(interval[0], 4)} … ${value(interval[1], 4)}` : '';
}
