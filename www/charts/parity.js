// @ts-check
// How often the last bit is even, by binade, against what histories predict.

import { percent, powerOfTwo } from '../text/numbers.js';
import { s } from '../views/dom.js';
import { readable } from './chart.js';

/** @typedef {import('../types.js').Parity} Parity */

const HEIGHT = 150;
const LEFT = 44;
/** Room for the names of the lines. */
const RIGHT = 56;
/** Standard errors that a bar reaches to each side. */
const REACH = 2;
/** Standard errors above this say nothing that can be seen. */
const TELLING_ERROR = 0.05;

/** What two roundings, to FP16 and to BF16, do in each binade. @param {number} exponent */
function throughF16(exponent) {
  if (exponent >= -14) return 0.5625;
  return { '-15': 0.625, '-16': 0.75 }[exponent] ?? 0.5;
}

/** @param {number | null} error */
const isTelling = (error) => error !== null && error < TELLING_ERROR;

/** @param {Parity} parity @returns {[number, number]} */
function range({ even, error }) {
  const telling = even.filter((share, i) => share !== null && isTelling(error[i]));
  const all = [0.46, 0.64, .../** @type {number[]} */ (telling)];
  return [Math.max(0, Math.min(...all) - 0.02), Math.min(1, Math.max(...all) + 0.02)];
}

/** Round shares as close as their labels allow. @param {[number, number]} range */
function ticks([low, high]) {
  const step = high - low > 0.3 ? 0.1 : 0.05;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** @param {number} width @param {Parity} parity @param {boolean} isBf16 */
function draw(width, parity, isBf16) {
  const { first, even, error } = parity;
  const [low, high] = range(parity);
  const step = (width - LEFT - RIGHT) / even.length;
  const right = width - RIGHT;
  /** @param {number} share */
  const y = (share) => HEIGHT * (1 - (Math.min(Math.max(share, low), high) - low) / (high - low));
  /** @param {number} i */
  const middle = (i) => LEFT + (i + 0.5) * step;
  /** @param {number} share @param {string} kind @param {string} [label] */
  const level = (share, kind, label) => [
    s('line', { class: kind, x1: LEFT, x2: right, y1: y(share), y2: y(share) }),
    label && s('text', { class: kind, x: right + 6, y: y(share) + 4 }, label)];
  const steps = even.map((_, i) => `${i ? 'V' : `M${LEFT} `}${y(throughF16(first + i))}H${LEFT + (i + 1) * step}`).join('');
  const every = [1, 2, 4, 8, 16].find((every) => every * step >= 30) ?? 32;
  const marks = even.map((share, i) => share !== null && s('g', { class: isTelling(error[i]) ? 'binade' : 'binade faint' },
    isTelling(error[i]) && s('line', { x1: middle(i), x2: middle(i), y1: y(share - REACH * (error[i] ?? 0)), y2: y(share + REACH * (error[i] ?? 0)) }),
    s('circle', { cx: middle(i), cy: y(share), r: Math.min(3.5, step / 3) })));
  const svg = s('svg', { width, height: HEIGHT + 22, class: 'parity', 'aria-hidden': 'true' },
    ...ticks([low, high]).flatMap((share) => [
      ...level(share, 'grid'), s('text', { x: LEFT - 8, y: y(share) + 4, 'text-anchor': 'end' }, `${Math.round(share * 100)} %`)]),
    ...level(0.5, 'native', 'native'),
    ...(isBf16 ? [...level(0.5625, 'tf32', 'TF32'), s('path', { class: 'f16', d: steps }),
      s('text', { class: 'f16', x: right + 6, y: y(0.5625) - 9 }, 'FP16')] : []),
    ...even.flatMap((_, i) => ((first + i) % every ? [] : [s('text', { x: middle(i), y: HEIGHT + 18, 'text-anchor': 'middle' }, powerOfTwo(first + i))])),
    ...marks);
  return {
    svg,
    highlight: (/** @type {number} */ mark) => marks.forEach((group, i) => group && group.classList.toggle('on', i === mark)),
    markAt: (/** @type {number} */ x) => (x >= LEFT && x < right ? Math.floor((x - LEFT) / step) : -1),
  };
}

/** @param {Parity} parity @param {string} dtype */
export function parityPicture(parity, dtype) {
  const { first, even, error } = parity;
  return readable({
    label: 'Share of even last bits in each binade',
    marks: even.length,
    start: even.length - 1,
    say: (mark) => `${powerOfTwo(first + mark)}: ${even[mark] === null ? 'too few values' : `${percent(even[mark])} even, standard error ${percent(error[mark] ?? 0)}`}`,
    hint: 'Share of even last bits by binade, ± 2 standard errors, against what each history predicts.',
    draw: (width) => draw(width, parity, dtype === 'BF16'),
  });
}
