// @ts-check
// Module patterns × layers, coloured by verdict or by a number: the eye finds
// the odd layer.

import { mapPicture } from '../charts/map.js';
import { colour, title } from '../text/labels.js';
import { count, plural, value } from '../text/numbers.js';
import { byId, h, setText } from './dom.js';
import { NAMELESS } from './list-line.js';
import { cellsOf } from './map-cells.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Rows} Rows */
/** @typedef {import('../types.js').NumberColumn} NumberColumn */
/** @typedef {import('./map-cells.js').Cells} Cells */
/** @typedef {import('../charts/map.js').Look} Look */
/** Numbers that are not below zero, so that pale is little. @type {[NumberColumn, string][]} */
const NUMBERS = [
  ['std', 'standard deviation'], ['abs_max', 'greatest |x|'], ['zeros', 'zeros'], ['nan', 'NaN'], ['inf', 'infinities'],
  ['joint_entropy', 'bits used'], ['wasted_bytes', 'wasted bytes'],
];
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

export class ModuleMap {
  #by = /** @type {HTMLSelectElement} */ (byId('map-by'));
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
    this.#colour();
    const picture = mapPicture({
      label: `Map of ${plural(rows.length, 'tensor')} by module and layer; the list below says the same`,
      cells,
      names: lineNames(cells),
      look: (tensors) => this.#look(tensors),
      say: (mark) => this.#say(cells, mark),
      press: (mark) => this.#press(cells, mark),
    });
    this.#paint = picture.paint;
    byId('map-place').replaceChildren(picture.element);
    byId('map').hidden = false;
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
}
