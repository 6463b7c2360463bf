// @ts-check
// Module patterns × layers, coloured by a label or by a number: the eye finds
// the odd layer.

import { mapPicture } from '../charts/map.js';
import { legible, visible } from '../text/names.js';
import { count, plural, value } from '../text/numbers.js';
import { byId, h, setText } from './dom.js';
import { cellsOf } from './map-cells.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').NamedRows} NamedRows */
/** @typedef {import('./map-cells.js').Cells} Cells */
/** @typedef {import('../charts/map.js').Look} Look */
/**
 * A number that cells can be coloured by, deep where it is great or, falling, where it is small.
 * @template R
 * @typedef {[id: string, title: string, number: (rows: R, row: number) => number, isFalling?: boolean]} Measure
 */
/**
 * What cells are coloured by.
 * @template R
 * @typedef {object} Scheme
 * @property {string} by what the labels are
 * @property {(rows: R, row: number) => string} label of a finished tensor
 * @property {(label: string) => string} title
 * @property {(label: string) => string} colour a custom property
 * @property {Measure<R>[]} measures
 */
/** Colours follow a scan at this pace: a map of 100,000 tensors takes a while to draw. */
const PAUSE_MS = 700;
const PALEST = 0.08;
/** Numbers that differ by a larger factor are coloured by their logarithms. */
const WIDE_RANGE = 20;

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
export function lineNames({ lines }) {
  const patterns = lines.filter(({ pattern }) => pattern);
  const names = shortened(patterns.map(({ pattern }) => pattern));
  return lines.map(({ more }, i) => (i < names.length ? legible(names[i]) + (more ? ` + ${more}` : '') : i === names.length ? 'in no layer' : ''));
}

/**
 * The rarest label stands for a cell.
 * @template {NamedRows} R
 * @param {Scheme<R>} scheme @param {R} rows @param {number[]} tensors @returns {Look}
 */
function lookOfLabels({ label, title, colour }, rows, tensors) {
  /** What it has, or why there is nothing. @param {number} row */
  const labelOf = (row) => (rows.status(row) === 'done' ? label(rows, row) : rows.status(row));
  /** Without names of its own: a label may be any text. @type {Record<string, number>} */
  const counts = Object.create(null);
  for (const row of tensors) {
    const label = labelOf(row);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const most = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const [rarest] = most[most.length - 1];
  return {
    row: tensors.find((row) => labelOf(row) === rarest) ?? -1,
    says: most.map(([label, n]) => (tensors.length > 1 ? `${count(n)} ${title(label)}` : title(label))).join(', '),
    fill: most.map(([label, n]) => [colour(label), n / tensors.length, 1]),
  };
}

/** How deep the colour of each number is, from 0 to 1. @param {(row: number) => number} number @param {number} length @param {boolean} isFalling */
export function depths(number, length, isFalling) {
  let [low, high] = [Infinity, isFalling ? -Infinity : 0];
  for (let row = 0; row < length; row++) {
    const n = number(row);
    if (Number.isFinite(n) && (n > 0 || isFalling) && n < low) low = n;
    if (Number.isFinite(n) && n > high) high = n;
  }
  const f = low > 0 && high / low > WIDE_RANGE ? Math.log : (/** @type {number} */ n) => n;
  const span = f(high) - f(low);
  /** @param {number} n */
  const rise = (n) => (n < low ? 0 : n > high ? 1 : span > 0 ? (f(n) - f(low)) / span : 0.5);
  return { low, high, depth: (/** @type {number} */ n) => PALEST + (1 - PALEST) * (isFalling ? 1 - rise(n) : rise(n)) };
}

/**
 * @param {(row: number) => number} number @param {(n: number) => number} depth @param {boolean} isFalling
 * @param {number[]} tensors @returns {Look} the number of the deepest colour stands for a cell
 */
export function lookOfNumbers(number, depth, isFalling, tensors) {
  const isDeeper = (/** @type {number} */ a, /** @type {number} */ b) => (isFalling ? a < b : a > b);
  const row = tensors.reduce((best, row) => (isDeeper(number(row), number(best)) || Number.isNaN(number(best)) ? row : best));
  const n = number(row);
  const says = `${tensors.length > 1 ? (isFalling ? 'at least ' : 'at most ') : ''}${value(n)}`;
  return { row, says, fill: [Number.isNaN(n) ? ['wash', 1, 1] : ['blue', 1, depth(n)]] };
}

/**
 * @template {NamedRows} R
 */
export class ModuleMap {
  #section;
  #place;
  #scale;
  #by;
  /** @type {R | null} */
  #rows = null;
  #isArranged = false;
  #finished = -1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #paint = () => {};
  /** @type {(tensors: number[]) => Look} */
  #look = () => ({ row: -1, says: '', fill: [] });

  /**
   * @param {string} id of its section; in front of those of its parts @param {Scheme<R>} scheme
   * @param {(row: number) => void} open @param {import('./dom.js').Root} [root]
   */
  constructor(id, scheme, open, root = document) {
    this.scheme = scheme;
    this.open = open;
    // Looked up once: who is drawn later than another takes its place must not draw there.
    this.#section = byId(id, root);
    this.#place = byId(`${id}-place`, root);
    this.#scale = byId(`${id}-scale`, root);
    this.#by = /** @type {HTMLSelectElement} */ (byId(`${id}-by`, root));
    this.#by.append(h('option', { value: '' }, scheme.by), ...scheme.measures.map(([value, text]) => h('option', { value }, text)));
    this.#by.addEventListener('change', () => this.#colour());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.repaint());
  }

  /** The colours have changed. */
  repaint() {
    this.#paint();
  }

  /** @param {import('./tensor-list.js').Listed<R>} state */
  update({ rows, overview, phase }) {
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#isArranged = false;
      this.#paint = () => {};
      this.#section.hidden = true;
    }
    if (!this.#isArranged && overview && rows.length > 1 && rows.length === rows.total) this.#arrange(rows, overview.patterns);
    if (rows.finishedCount === this.#finished) return;
    this.#finished = rows.finishedCount;
    this.#timer ??= setTimeout(() => this.#colour(), phase === 'scanning' ? PAUSE_MS : 0);
  }

  /** @param {R} rows @param {string[]} patterns */
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
    this.#place.replaceChildren(picture.element);
    this.#section.hidden = false;
  }

  /** What cells are coloured by has changed. */
  #colour() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = /** @type {R} */ (this.#rows);
    const { scheme } = this;
    const [, , figure, isFalling = false] = scheme.measures.find(([id]) => id === this.#by.value) ?? [];
    const number = (/** @type {number} */ row) => figure?.(rows, row) ?? NaN;
    const { low, high, depth } = depths(number, rows.length, isFalling);
    this.#look = figure ? (tensors) => lookOfNumbers(number, depth, isFalling, tensors) : (tensors) => lookOfLabels(scheme, rows, tensors);
    const [pale, deep] = isFalling ? [high, low] : [low, high];
    setText(this.#scale, !figure ? '' : low <= high ? `pale ${value(pale, 3)}, deep ${value(deep, 3)}` : 'none');
    this.#paint();
  }

  /** @param {Cells} cells @param {number} mark */
  #say({ tensors, lines, layers, columns }, mark) {
    const here = tensors[mark];
    const layer = layers[mark % columns];
    if (!here) return `${lines[Math.floor(mark / columns)].pattern}${layer === undefined ? '' : `, layer ${layer}`}: no tensor`;
    const { row, says } = this.#look(here);
    const others = here.length > 1 ? ` and ${count(here.length - 1)} more` : '';
    return `${visible(this.#rows?.name(row) ?? '')}${others}: ${says}`;
  }

  /** @param {Cells} cells @param {number} mark */
  #press({ tensors }, mark) {
    const here = tensors[mark];
    if (here) this.open(this.#look(here).row);
  }
}
