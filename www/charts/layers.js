// @ts-check
// How far two runs are apart behind each layer: the mean as a line, the maximum above it.

import { percent, powerOfTwo, value } from '../text/numbers.js';
import { s } from '../views/dom.js';
import { readable } from './chart.js';

/** @typedef {import('../lab.js').LayerDifference} LayerDifference */

const [HEIGHT, LEFT, RIGHT, LETTER] = [150, 44, 44, 6.7];
/** Lines of the grid, at most. */
const LINES = 5;

/** A difference as a power of two; −∞ where there is none, and NaN where it is not finite. @param {import('../lab.js').Real} real */
const log = (real) => (Number.isFinite(Number(real)) ? Math.log2(Number(real)) : NaN);

/** @param {LayerDifference} difference */
const says = ({ layer, mean_abs, max_abs, equal }) => (equal === 1 ? `Layer ${layer}: all of the hidden state is equal`
  : `Layer ${layer}: differs by ${value(mean_abs)} on average, at most ${value(max_abs)}; ${percent(equal)} are equal`);

/** @param {number} width @param {LayerDifference[]} layers */
function draw(width, layers) {
  const logs = layers.flatMap(({ mean_abs, max_abs }) => [log(mean_abs), log(max_abs)]).filter(Number.isFinite);
  const [low, high] = logs.length ? [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))] : [0, 1];
  const step = (width - LEFT - RIGHT) / layers.length;
  const every = Math.ceil((14 + LETTER * String(layers.length).length) / step);
  const apart = Math.max(1, Math.ceil((high - low) / LINES));
  const y = (/** @type {number} */ log) => 6 + (HEIGHT - 12) * (1 - (log - low) / Math.max(1, high - low));
  const middle = (/** @type {number} */ at) => LEFT + (at + 0.5) * step;
  const radius = Math.max(1, Math.min(3.5, step / 3));
  /** @param {'mean_abs' | 'max_abs'} key @param {string} name */
  const series = (key, name) => {
    const points = layers.map((layer, at) => ({ at, log: log(layer[key]) })).filter(({ log }) => Number.isFinite(log));
    const last = points.at(-1);
    // A layer without a point, because all is equal or something is not finite, interrupts the line.
    const path = points.map(({ at, log }, i) => `${i && points[i - 1].at === at - 1 ? 'L' : 'M'}${middle(at)} ${y(log)}`).join('');
    return s('g', { class: name }, s('path', { d: path }), ...points.map(({ at, log }) => s('circle', { cx: middle(at), cy: y(log), r: radius })),
      last && s('text', { x: middle(last.at) + radius + 5, y: y(last.log) + 4 }, name));
  };
  const cursor = s('line', { class: 'cursor', y1: 0, y2: HEIGHT });
  const grid = Array.from({ length: Math.floor((high - low) / apart) + 1 }, (_, i) => low + i * apart);
  const svg = s('svg', { width, height: HEIGHT + 22, 'aria-hidden': 'true' },
    ...grid.flatMap((log) => [s('line', { class: 'grid', x1: LEFT, x2: width - RIGHT, y1: y(log), y2: y(log) }),
      s('text', { x: LEFT - 8, y: y(log) + 4, 'text-anchor': 'end' }, powerOfTwo(log))]),
    ...layers.map(({ layer }, at) => at % every === 0 && s('text', { x: middle(at), y: HEIGHT + 18, 'text-anchor': 'middle' }, String(layer))),
    cursor, series('max_abs', 'max'), series('mean_abs', 'mean'));
  return {
    svg,
    highlight(/** @type {number} */ mark) {
      cursor.classList.toggle('on', mark >= 0);
      for (const end of ['x1', 'x2']) cursor.setAttribute(end, String(middle(Math.max(0, mark))));
    },
    markAt: (/** @type {number} */ x) => (x >= LEFT && x < width - RIGHT ? Math.floor((x - LEFT) / step) : -1),
  };
}

/** @param {LayerDifference[]} layers at least one */
export const layersPicture = (layers) => readable({
  label: 'How far the hidden states are apart behind each layer',
  marks: layers.length,
  say: (mark) => says(layers[mark]),
  hint: 'The hidden state behind each layer: |a − b| on a scale of powers of two. No dot where all is equal.',
  draw: (width) => draw(width, layers),
});
