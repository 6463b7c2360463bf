// @ts-check
// Module patterns × layers, coloured by verdict or by a number: the eye finds
// the odd layer.

import { readable } from '../charts/chart.js';
import { colour, title } from '../text/labels.js';
import { count, plural, value } from '../text/numbers.js';
import { byId, h, s, setText } from './dom.js';
import { NAMELESS } from './list-line.js';
import { cellsOf } from './map-cells.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Rows} Rows */
/** @typedef {import('../types.js').NumberColumn} NumberColumn */
/** @typedef {import('./map-cells.js').Cells} Cells */
/**
 * What the tensors of a cell have: which of them stands for all, what it has, and
 * the colours from the top down with their shares and depths.
 * @typedef {{row: number, says: string, fill: [colour: string, share: number, depth: number][]}} Look
 */

/** Numbers that are not below zero, so that pale is little. @type {[NumberColumn, string][]} */
const NUMBERS = [
  ['std', 'standard deviation'], ['abs_max', 'greatest |x|'], ['zeros', 'zeros'], ['nan', 'NaN'], ['inf', 'infinities'],
  ['joint_entropy', 'bits used'], ['wasted_bytes', 'wasted bytes'],
];
const LETTER = 6.7;
const AXIS = 18;
const [WIDEST, HIGHEST, LOWEST] = [44, 22, 8];
/** Lines share this height when they are many. */
const HEIGHT = 620;
/** Colours follow a scan at this pace: a map of 100,000 tensors takes a while to draw. */
const PAUSE_MS = 700;
const PALEST = 0.08;
/** Numbers that differ by a larger factor are coloured by their logarithms. */
const WIDE_RANGE = 20;

/** The verdict, or why there is none. @param {Rows} rows @param {number} row */
const labelOf = (rows, row) => (rows.status(row) === 'done' ? rows.label(row) : rows.status(row));

/** How much of each list is the same from its start. @param {string[][]} lists */
function shared([first = [], ...others]) {
  let length = 0;
  while (length < first.length - 1 && others.every((list) => list.length > length + 1 && list[length] === first[length])) length++;
  return length;
}

/** Patterns without what all have in common. @param {string[]} patterns */
function shortened(patterns) {
  const parts = patterns.map((pattern) => pattern.split('.'));
  const head = shared(parts);
  const rests = parts.map((list) => list.slice(head).reverse());
  const tail = shared(rests);
  return rests.map((list) => list.slice(tail).reverse().join('.'));
}

/** Labels of the lines. @param {Cells} cells */
function lineNames({ lines }) {
  const patterns = lines.filter(({ pattern }) => pattern);
  const names = shortened(patterns.map(({ pattern }) => pattern));
  return lines.map(({ more }, i) => (i < names.length ? names[i] + (more ? ` + ${more}` : '') : i === names.length ? 'in no layer' : ''));
}

/** @param {Rows} rows @param {number[]} tensors @returns {Look} the rarest verdict stands for a cell */
function lookOfLabels(rows, tensors) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const row of tensors) {
    const label = labelOf(rows, row);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const most = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const [rarest] = most[most.length - 1];
  return {
    row: tensors.find((row) => labelOf(rows, row) === rarest) ?? -1,
    says: most.map(([label, n]) => (tensors.length > 1 ? `${count(n)} ${title(label)}` : title(label))).join(', '),
    fill: most.map(([label, n]) => [colour(label), n / tensors.length, 1]),
  };
}

/** How deep the colour of each number is, from 0 to 1. @param {(row: number) => number} number @param {number} length */
function depths(number, length) {
  let [low, high] = [Infinity, 0];
  for (let row = 0; row < length; row++) {
    const n = number(row);
    if (n > 0 && n < low) low = n;
    if (n > high) high = n;
  }
  const f = high / low > WIDE_RANGE ? Math.log : (/** @type {number} */ n) => n;
  const span = f(high) - f(low);
  return { low, high, depth: (/** @type {number} */ n) => PALEST + (1 - PALEST) * (n < low ? 0 : span > 0 ? (f(n) - f(low)) / span : 0.5) };
}

/**
 * @param {(row: number) => number} number @param {(n: number) => number} depth
 * @param {number[]} tensors @returns {Look} the greatest number stands for a cell
 */
function lookOfNumbers(number, depth, tensors) {
  const row = tensors.reduce((best, row) => (number(row) > number(best) || Number.isNaN(number(best)) ? row : best));
  const n = number(row);
  const says = `${tensors.length > 1 ? 'at most ' : ''}${value(n)}`;
  return { row, says, fill: [Number.isNaN(n) ? ['wash', 1, 1] : ['blue', 1, depth(n)]] };
}

/**
 * Draws cells on a canvas as sharp as the screen.
 * @param {HTMLCanvasElement} canvas @param {number} width @param {number} height
 * @param {(fill: (colour: string, depth: number, x: number, y: number, width: number, height: number) => void) => void} draw
 */
function paint(canvas, width, height, draw) {
  const ratio = devicePixelRatio;
  const style = getComputedStyle(document.documentElement);
  [canvas.width, canvas.height] = [Math.ceil(width * ratio), Math.ceil(height * ratio)];
  canvas.style.setProperty('width', `${canvas.width / ratio}px`);
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  /** @type {Map<string, string>} */
  const colours = new Map();
  draw((colour, depth, ...box) => {
    if (!colours.has(colour)) colours.set(colour, style.getPropertyValue(`--${colour}`));
    context.fillStyle = colours.get(colour) ?? '';
    context.globalAlpha = depth;
    context.fillRect(...box);
  });
}

export class ModuleMap {
  #by = /** @type {HTMLSelectElement} */ (byId('map-by'));
  #place = byId('map-place');
  /** @type {Rows | null} */
  #rows = null;
  #isArranged = false;
  #finished = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #paint = () => {};
  /** @type {(tensors: number[]) => Look} */
  #look = () => ({ row: -1, says: '', fill: [] });

  /** @param {(row: number) => void} open */
  constructor(open) {
    this.open = open;
    this.#by.append(...[['', 'verdict'], ...NUMBERS].map(([value, text]) => h('option', { value }, text)));
    this.#by.addEventListener('change', () => this.#colour());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#paint());
  }

  /** @param {State} state */
  update({ rows, overview, phase }) {
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#isArranged = false;
      this.#paint = () => {};
      byId('map').hidden = true;
    }
    if (!this.#isArranged && rows.length > 1 && rows.length === overview?.checkpoint.tensors) this.#arrange(rows, overview.patterns);
    if (rows.finishedCount === this.#finished) return;
    this.#finished = rows.finishedCount;
    this.#timer ??= setTimeout(() => this.#colour(), phase === 'scanning' ? PAUSE_MS : 0);
  }

  /** @param {Rows} rows @param {string[]} patterns */
  async #arrange(rows, patterns) {
    this.#isArranged = true;
    const cells = await inSlices(cellsOf(rows, patterns), () => rows !== this.#rows);
    if (!cells) return;
    byId('map').hidden = false;
    this.#place.replaceChildren(readable({
      label: `Map of ${plural(rows.length, 'tensor')} by module and layer; the list below says the same`,
      marks: cells.lines.length * cells.columns,
      down: cells.columns,
      say: (mark) => this.#say(cells, mark),
      press: (mark) => this.#press(cells, mark),
      hint: 'A line is a module, a column a layer. Point at a cell for its name; a click opens the tensor.',
      draw: (width) => this.#draw(cells, width),
    }));
    this.#colour();
  }

  /** What cells are coloured by has changed. */
  #colour() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = /** @type {Rows} */ (this.#rows);
    const id = /** @type {NumberColumn} */ (this.#by.value);
    const { low, high, depth } = id ? depths(rows[id], rows.length) : { low: 0, high: 0, depth: () => 1 };
    this.#look = id ? (tensors) => lookOfNumbers(rows[id], depth, tensors) : (tensors) => lookOfLabels(rows, tensors);
    setText(byId('map-scale'), id && high ? `pale ${value(low, 3)}, deep ${value(high, 3)}` : id && 'none');
    this.#paint();
  }

  /** @param {Cells} cells @param {number} mark */
  #say({ tensors, lines, layers, columns }, mark) {
    const here = tensors[mark];
    const layer = layers[mark % columns];
    if (!here) return `${lines[Math.floor(mark / columns)].pattern}${layer === undefined ? '' : `, layer ${layer}`}: no tensor`;
    const { row, says } = this.#look(here);
    const others = here.length > 1 ? ` and ${count(here.length - 1)} more` : '';
    return `${this.#rows?.name(row) || NAMELESS}${others}: ${says}`;
  }

  /** @param {Cells} cells @param {number} mark */
  #press({ tensors }, mark) {
    const here = tensors[mark];
    if (here) this.open(this.#look(here).row);
  }

  /** @param {Cells} cells @param {number} width */
  #draw(cells, width) {
    const { lines, columns, layers, tensors } = cells;
    const names = lineNames(cells);
    const left = Math.min(Math.max(...names.map(({ length }) => length)) * LETTER + 12, width * 0.38);
    const step = Math.min(WIDEST, (width - left) / columns);
    const pitch = Math.max(LOWEST, Math.min(HIGHEST, HEIGHT / lines.length));
    const height = lines.length * pitch;
    const canvas = h('canvas', { css: { left: `${left}px` } });
    const letters = Math.floor((left - 12) / LETTER);
    const every = Math.ceil((14 + LETTER * String(layers.at(-1)).length) / step);
    const cursor = s('rect', { class: 'cursor', width: step, height: pitch });
    const svg = s('svg', { width, height: height + AXIS, 'aria-hidden': 'true' },
      ...names.map((name, line) => pitch > 11 && s('text', { class: 'code', x: left - 10, y: (line + 0.5) * pitch + 4, 'text-anchor': 'end' },
        name.length > letters ? `…${name.slice(1 - letters)}` : name)),
      ...layers.flatMap((layer, i) => (i % every ? [] : [s('text', { x: left + (i + 0.5) * step, y: height + 14, 'text-anchor': 'middle' }, String(layer))])),
      cursor);
    const gap = step > 9 ? 2 : step > 4 ? 1 : 0;
    this.#paint = () => paint(canvas, columns * step, height, (fill) => tensors.forEach((here, mark) => {
      const [top, high] = [Math.floor(mark / columns) * pitch, pitch - 2];
      const parts = here ? this.#look(here).fill : [];
      // From the rarest up, each thick enough to be seen; the most frequent has the rest.
      for (let i = parts.length - 1, foot = high; i >= 0; i--) {
        const [colour, share, depth] = parts[i];
        const height = i ? Math.min(foot, Math.max(2, share * high)) : foot;
        foot -= height;
        fill(colour, depth, (mark % columns) * step, top + foot, step - gap, height);
      }
    }));
    this.#paint();
    return {
      svg: h('div', { class: 'cells' }, canvas, svg),
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
}
