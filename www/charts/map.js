// @ts-check
// The picture of the map: a cell for each module pattern and layer, on a canvas,
// which holds a hundred thousand tensors where elements would not.

import { h, s } from '../views/dom.js';
import { inSlices } from '../views/slices.js';
import { readable } from './chart.js';

/** @typedef {import('../views/map-cells.js').Cells} Cells */
/**
 * What the tensors of a cell have: which of them stands for all, what it has, and
 * the colours from the most frequent on with their shares and depths.
 * @typedef {{row: number, says: string, fill: [colour: string, share: number, depth: number][]}} Look
 */
/**
 * @typedef {object} Map
 * @property {string} label
 * @property {Cells} cells
 * @property {string[]} names of the lines
 * @property {(tensors: number[]) => Look} look
 * @property {(mark: number) => string} say
 * @property {(mark: number) => void} [press]
 * @property {string} [hint] what stands there when no cell is read
 */

const HINT = 'A line is a module, a column a layer. Point at a cell for its name; a click opens the tensor.';
const LETTER = 6.7;
const AXIS = 18;
const [WIDEST, HIGHEST, LOWEST] = [56, 22, 8];
/** Lines share this height when they are many. */
const HEIGHT = 620;
/** Tensors between two chances to pause. */
const STEPS = 1024;

/** @param {Map} map @param {number} width */
function geometry({ cells: { lines, columns, layers }, names }, width) {
  const left = Math.min(Math.max(...names.map(({ length }) => length)) * LETTER + 12, width * 0.38);
  const step = Math.min(WIDEST, (width - left) / columns);
  const pitch = Math.max(LOWEST, Math.min(HIGHEST, HEIGHT / lines.length));
  return { left, step, pitch, height: lines.length * pitch, gap: step > 9 ? 2 : step > 4 ? 1 : 0, every: Math.ceil((14 + LETTER * String(layers.at(-1)).length) / step) };
}

/** As sharp as the screen. @param {number} left @param {number} width @param {number} height */
function canvasOf(left, width, height) {
  const ratio = devicePixelRatio;
  const [across, down] = [width, height].map((length) => Math.ceil(length * ratio));
  const canvas = h('canvas', { width: across, height: down, css: { left: `${left}px`, width: `${across / ratio}px` } });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.scale(ratio, ratio);
  return { canvas, context };
}

/** What the custom properties are where a canvas is. @param {HTMLCanvasElement} canvas @returns {(name: string) => string} */
function coloursAt(canvas) {
  const style = getComputedStyle(canvas);
  /** @type {Record<string, string>} */
  const known = {};
  return (name) => {
    if (!known[name]) canvas.style.setProperty('color', `var(--${name})`);
    return (known[name] ??= style.color);
  };
}

/**
 * @param {CanvasRenderingContext2D} context @param {ReturnType<typeof geometry>} geometry @param {Map} map
 * @returns {Generator<void, void>}
 */
function* painting(context, { step, pitch, gap }, { cells: { tensors, columns }, look }) {
  const colourOf = coloursAt(context.canvas);
  let steps = 0;
  for (const [mark, here] of tensors.entries()) {
    if (!here) continue;
    const [x, top, high] = [(mark % columns) * step, Math.floor(mark / columns) * pitch, pitch - 2];
    const parts = look(here).fill;
    context.clearRect(x, top, step, pitch);
    // From the rarest up, each thick enough to be seen; the most frequent has the rest.
    for (let i = parts.length - 1, foot = high; i >= 0; i--) {
      const [colour, share, depth] = parts[i];
      const thick = i ? Math.min(foot, Math.max(2, share * high)) : foot;
      foot -= thick;
      context.fillStyle = colourOf(colour);
      context.globalAlpha = depth;
      context.fillRect(x, top + foot, step - gap, thick);
    }
    steps += here.length;
    if (steps < STEPS) continue;
    steps = 0;
    yield;
  }
}

/** @param {Map} map @param {ReturnType<typeof geometry>} geometry @param {number} width @param {Element} cursor */
function frame({ names, cells: { layers } }, { left, step, pitch, height, every }, width, cursor) {
  // A little more than what fits: the room for the longest name may have been rounded down.
  const letters = Math.floor((left - 12) / LETTER + 0.01);
  return s('svg', { width, height: height + AXIS, 'aria-hidden': 'true' },
    ...names.map((name, line) => pitch > 11 && s('text', { class: 'code', x: left - 10, y: (line + 0.5) * pitch + 4, 'text-anchor': 'end' },
      name.length > letters ? `…${name.slice(1 - letters)}` : name)),
    ...layers.map((layer, i) => i % every === 0 && s('text', { x: left + (i + 0.5) * step, y: height + 14, 'text-anchor': 'middle' }, String(layer))),
    cursor);
}

/** @param {Map} map @returns {{element: HTMLElement, paint: () => void}} */
export function mapPicture(map) {
  const { lines, columns, tensors } = map.cells;
  let job = 0;
  let paint = () => {};
  /** @param {number} width */
  function draw(width) {
    const places = geometry(map, width);
    const { left, step, pitch, height } = places;
    const { canvas, context } = canvasOf(left, columns * step, height);
    const cursor = s('rect', { class: 'cursor', width: step, height: pitch });
    paint = () => {
      const mine = ++job;
      inSlices(painting(context, places, map), () => mine !== job);
    };
    // Once it is in its place, where its colours are.
    queueMicrotask(paint);
    return {
      svg: h('div', { class: 'cells' }, canvas, frame(map, places, width, cursor)),
      highlight: (/** @type {number} */ mark) => {
        cursor.setAttribute('x', String(left + (mark % columns) * step));
        cursor.setAttribute('y', String(Math.floor(mark / columns) * pitch));
        cursor.classList.toggle('on', mark >= 0);
      },
      markAt: (/** @type {number} */ x, /** @type {number} */ y) => {
        const [column, line] = [Math.floor((x - left) / step), Math.floor(y / pitch)];
        const mark = line * columns + column;
        return column >= 0 && column < columns && line < lines.length && tensors[mark] ? mark : -1;
      },
    };
  }
  return { element: readable({ hint: HINT, ...map, marks: lines.length * columns, down: columns, draw }), paint: () => paint() };
}
