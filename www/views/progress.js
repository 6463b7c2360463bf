// @ts-check
// How far the scan is: drawn at every frame, spoken at every quarter.

import { bytes, count, duration, plural, rate } from '../text/numbers.js';
import { byId, setText } from './dom.js';

/** @typedef {Pick<import('../types.js').State, 'phase' | 'progress'> & {rows: import('../types.js').NamedRows, isPaused?: boolean}} Reading */

/** A longer time left is no forecast. */
const TELLING_MS = 24 * 3600e3;

let spokenQuarter = -1;

/** Before anything is known. @param {Reading['progress']} progress */
export const firstWords = ({ trouble }) => ['Reading the header…', trouble].filter(Boolean).join(' ');

/** How far and how fast, or what keeps it waiting. @param {Reading['progress']} progress */
export function paceOf(progress) {
  const parts = [`${bytes(progress.bytes)} of ${bytes(progress.total)}`];
  if (progress.trouble) return [...parts, progress.trouble];
  if (progress.bytes_per_second > 0) parts.push(rate(progress.bytes_per_second));
  if (progress.remaining_ms !== null && progress.remaining_ms < TELLING_MS) parts.push(`${duration(progress.remaining_ms)} left`);
  return parts;
}

/** @param {Reading} reading */
function sentence({ progress, rows, isPaused }) {
  const [read, ...pace] = paceOf(progress);
  const tensors = rows.length ? [`${count(rows.finishedCount)} of ${plural(rows.length, 'tensor')}`] : [];
  return [read, ...tensors, ...(isPaused ? ['waits until the comparison is read'] : pace)].join(' · ');
}

/** @param {Reading} reading */
function speak(reading) {
  const { phase, progress } = reading;
  const quarter = phase === 'scanning' && progress.total ? Math.floor((4 * progress.bytes) / progress.total) : -1;
  if (quarter === spokenQuarter) return;
  spokenQuarter = quarter;
  if (quarter >= 0) byId('progress-spoken').textContent = sentence(reading);
}

/** @param {Reading} reading a scan or a comparison */
export function showProgress(reading) {
  const { phase, progress } = reading;
  const isScanning = phase === 'scanning';
  byId('progress').hidden = !isScanning && phase !== 'reading header';
  speak(reading);
  if (byId('progress').hidden) return;
  const bar = /** @type {HTMLProgressElement} */ (byId('progress-bar'));
  if (isScanning) bar.value = progress.total ? progress.bytes / progress.total : 0;
  else bar.removeAttribute('value');
  setText(byId('progress-text'), isScanning ? sentence(reading) : firstWords(progress));
}
