// @ts-check
// Tensors × casts, coloured by what is left of the signal; ranked by one cast it
// shows that cast's figures.

import { castKey } from '../charts/cast-bar.js';
import { STEPS, decibels, isBare, isGap, stepOf } from '../text/casts.js';
import { visible } from '../text/names.js';
import { NOTHING, brief, briefValue, count, percent, plural } from '../text/numbers.js';
import { whyMissing } from './casts.js';
import { NAME } from './columns.js';
import { byId, h, setText } from './dom.js';
import { sorted } from './list-index.js';
import { ListWindow } from './list-window.js';
import { matrixOrder } from './matrix-order.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').State} State */
/** @typedef {import('../types.js').Casts} Casts */
/** @typedef {import('../types.js').CastFigures} CastFigures */
/** What is known of a tensor beyond its SQNR. @typedef {{casts: Casts, values: number}} Known */

/** While figures arrive, the matrix follows at this pace. */
const PAUSE_MS = 700;
/** A pointer or a list that rests so long wants counts. */
const REST_MS = 60;
/** Tensors whose counts are kept. */
const KEPT = 2000;

/** Of the cast that ranks: heading and cell. @type {[string, string, (figures: CastFigures, values: number) => string][]} */
const FIGURES = [
  ['sqnr', 'SQNR', ({ sqnr_db }) => decibels(sqnr_db)],
  ['exact', 'Exact', ({ exact }, values) => (values ? percent(exact / values) : NOTHING)],
  ['over', 'Overflow', ({ overflow }) => brief(overflow)],
  ['under', 'Underflow', ({ underflow }) => brief(underflow)],
  ['sub', 'Subnormal', ({ subnormal }) => brief(subnormal)],
  ['error', 'Max error', ({ max_abs_error }) => briefValue(Number(max_abs_error ?? NaN))],
];

const HINT = 'SQNR in dB. Point at a cell for its counts; a click opens the tensor, a heading ranks by its cast.';

/** In words. @param {CastFigures} figures @param {number} values */
const counts = ({ exact, overflow, underflow }, values) => [
  values ? `${percent(exact / values)} exact` : '', overflow ? `${count(overflow)} overflow` : 'no overflow', underflow ? `${count(underflow)} underflow` : 'no underflow',
].filter(Boolean).join(', ');

export class CastMatrix {
  #grid = byId('matrix-grid');
  #rank = /** @type {HTMLSelectElement} */ (byId('matrix-rank'));
  #filter = /** @type {HTMLInputElement} */ (byId('matrix-filter'));
  #body = h('div', { class: 'lines', role: 'rowgroup' });
  #head = h('div', { class: 'matrix-line heads', role: 'row', 'aria-rowindex': 1 });
  /** @type {HTMLElement | null} */
  #line = null;
  /** @type {Uint32Array} */
  #order = new Uint32Array();
  /** All rows, once they are sorted. @type {Promise<Uint32Array | null> | null} */
  #byName = null;
  /** Counts arrangements. */
  #edition = 0;
  #job = 0;
  /** A position in the order, -1 for the headings, and a column. @type {{at: number, column: number} | null} */
  #active = null;
  #castEdition = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #arrangeTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #readTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #fillTimer;
  /** By row, since the last arrival. @type {Map<number, Known>} */
  #known = new Map();
  /** @type {WeakMap<HTMLElement, string>} */
  #says = new WeakMap();

  /** @param {import('../types.js').Session} session @param {(row: number) => void} open */
  constructor(session, open) {
    this.session = session;
    this.open = open;
    this.rows = session.state.rows;
    this.#grid.append(this.#head, this.#body);
    this.#window = new ListWindow(this.#body, {
      create: () => /** @type {HTMLElement} */ ((this.#line ?? h('div')).cloneNode(true)),
      fill: (element, at) => this.#fill(element, at),
      coverTop: () => this.#head.offsetHeight,
    }, this.#grid);
    this.#listen();
    this.#read(-1, 0);
  }

  /** @type {ListWindow} */
  #window;

  /** @param {State} state */
  update({ rows, phase, casts }) {
    if (rows !== this.rows) this.#restart(rows);
    byId('matrix').hidden = rows.castCount < 2 || !this.session.casts.length;
    const isSorted = phase === 'scanning' || this.#byName !== null;
    if (byId('matrix').hidden || (rows.castEdition === this.#castEdition && isSorted)) return;
    if (!this.#line) this.#furnish();
    this.#arrangeTimer ??= setTimeout(() => this.#arrange(), this.#order.length && (phase === 'scanning' || casts.phase === 'looking') ? PAUSE_MS : 0);
  }

  /** Ranks by what this cast loses, and goes there. @param {string} key */
  rankBy(key) {
    this.#rank.value = key;
    this.#arrange();
    byId('matrix').scrollIntoView({ block: 'nearest' });
    this.#grid.focus({ preventScroll: true });
  }

  /** Another checkpoint. @param {import('../types.js').Rows} rows */
  #restart(rows) {
    this.rows = rows;
    this.#castEdition = 0;
    this.#rank.value = this.#filter.value = '';
    this.#known.clear();
    this.#setActive(null);
    this.#byName = null;
    this.#order = new Uint32Array();
    this.#window.resize(0);
  }

  /** What depends on which casts there are. */
  #furnish() {
    const { casts } = this.session;
    const gap = (/** @type {number} */ i) => isGap(casts, i) && ' gap';
    this.#grid.style.setProperty('--casts', String(casts.length));
    this.#grid.setAttribute('aria-colcount', String(1 + casts.length + FIGURES.length));
    this.#rank.append(...casts.map(({ key, title }) => h('option', { value: key }, `loss as ${title}`)));
    byId('matrix-key').append(castKey('not there yet, or no figure'));
    this.#head.append(h('div', { class: 'c-name', role: 'columnheader' }, 'Tensor'),
      ...casts.map(({ key, title, says }, i) => h('div', { class: `cast${gap(i) || ''}`, role: 'columnheader', title: `${title}: ${says}`, 'data-rank': key }, h('span', {}, key))),
      ...FIGURES.map(([id, heading]) => h('div', { class: `figure f-${id}`, role: 'columnheader' }, heading)));
    this.#line = h('div', { class: 'matrix-line', role: 'row' }, h('div', { class: 'c-name', role: 'rowheader' }, h('bdi')),
      ...casts.map((_, i) => h('div', { class: `cell${gap(i) || ''}`, role: 'gridcell' })),
      ...FIGURES.map(([id, heading]) => h('div', { class: `figure f-${id}`, role: 'gridcell', 'data-says': heading })));
  }

  /** Filters, ranks, draws. */
  async #arrange() {
    clearTimeout(this.#arrangeTimer);
    this.#arrangeTimer = undefined;
    const { rows } = this;
    if (rows.castEdition !== this.#castEdition) this.#forget();
    this.#castEdition = rows.castEdition;
    const job = ++this.#job;
    const isStale = () => job !== this.#job || rows !== this.rows;
    // While they come, they stand as in the file: to sort a hundred thousand names takes a while.
    const byName = this.session.state.phase === 'scanning' ? rowsOf(rows.length) : await this.#sortByName();
    if (!byName || isStale()) return;
    const next = await inSlices(matrixOrder(rows, byName, this.#rank.value, this.#filter.value), isStale);
    if (!next) return;
    const active = this.#active && this.#active.at >= 0 ? this.#order[this.#active.at] : -1;
    this.#order = next;
    this.#edition++;
    this.#grid.classList.toggle('ranked', this.#rank.value !== '');
    for (const head of this.#head.children) {
      head.setAttribute('aria-sort', head.getAttribute('data-rank') === (this.#rank.value || null) ? 'ascending' : 'none');
    }
    this.#grid.setAttribute('aria-rowcount', String(next.length + 1));
    const { castCount } = rows;
    setText(byId('matrix-count'), next.length < castCount ? `${count(next.length)} of ${count(castCount)}` : plural(castCount, 'tensor'));
    if (active >= 0) this.#setActive(next.includes(active) ? { at: next.indexOf(active), column: this.#active?.column ?? 0 } : null);
    this.#window.resize(next.length);
  }

  /** Once for a checkpoint: what is asked for meanwhile waits for it. */
  #sortByName() {
    const { rows } = this;
    return (this.#byName ??= inSlices(sorted(rows, NAME, false), () => rows !== this.rows));
  }

  /** What may have more casts by now. */
  #forget() {
    const all = this.session.casts.length;
    for (const [row, { casts }] of this.#known) if (Object.keys(casts).length < all) this.#known.delete(row);
  }

  /** @param {HTMLElement} element @param {number} at */
  #fill(element, at) {
    const row = this.#order[at];
    const rank = this.#rank.value;
    const column = this.#active?.at === at ? this.#active.column : -1;
    const known = this.#known.get(row);
    const says = [this.#edition, at, row, column, known !== undefined].join(' ');
    if (this.#says.get(element) === says) return;
    this.#says.set(element, says);
    const { casts } = this.session;
    const name = visible(this.rows.name(row));
    element.setAttribute('aria-rowindex', String(at + 2));
    element.setAttribute('data-at', String(at));
    const head = element.children[0];
    setText(/** @type {Node} */ (head.firstChild), name);
    head.setAttribute('title', name);
    casts.forEach(({ key }, i) => {
      const cell = element.children[i + 1];
      const n = this.rows.sqnr(row, key);
      const step = stepOf(n);
      cell.className = `cell q${step}${isGap(casts, i) ? ' gap' : ''}${i === column ? ' on' : ''}${key === rank ? ' chosen' : ''}`;
      setText(cell, step < 0 ? '' : step ? String(Math.floor(n)) : '∞');
      mark(cell, i === column, () => this.#sentence(row, i));
    });
    const figures = rank ? known?.casts[rank] : undefined;
    FIGURES.forEach(([id, , write], i) => {
      const cell = element.children[1 + casts.length + i];
      setText(cell, figures ? write(figures, known?.values ?? 0) : id === 'sqnr' && rank ? decibels(this.rows.sqnr(row, rank)) : '');
      cell.classList.toggle('bad', id === 'over' && isBare(rank) && (figures?.overflow ?? 0) > 0);
    });
    if (!rank || known) return;
    clearTimeout(this.#fillTimer);
    this.#fillTimer = setTimeout(() => this.#fillFigures(), REST_MS);
  }

  /** Asks for the figures of the lines that are drawn. */
  async #fillFigures() {
    const rows = [...this.#body.children].map((line) => this.#order[Number(line.getAttribute('data-at'))]);
    const fresh = rows.filter((row) => row !== undefined && !this.#known.has(row));
    await Promise.all(fresh.map((row) => this.#ask(row)));
    if (fresh.length) this.#window.draw();
  }

  /** @param {number} row @returns {Promise<Known | undefined>} */
  async #ask(row) {
    const known = this.#known.get(row);
    if (known) return known;
    const { castEdition } = this.rows;
    const report = await this.session.tensor(row);
    if (!report?.casts || !('count' in report.stats)) return undefined;
    const asked = { casts: report.casts, values: report.stats.count };
    if (castEdition !== this.rows.castEdition) return asked;
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(row, asked);
    return asked;
  }

  /** @param {number} row @param {number} column @param {Known} [known] */
  #sentence(row, column, known = this.#known.get(row)) {
    const { key, title } = this.session.casts[column];
    const n = this.rows.sqnr(row, key);
    const step = stepOf(n);
    const figures = known?.casts[key];
    const quality = step <= 0 ? '' : ` (${STEPS[step][1].replace(/^.*: /, '')})`;
    const says = step >= 0 ? decibels(n) + quality : figures || !known ? 'no SQNR' : whyMissing(this.session.state);
    return `${visible(this.rows.name(row))} · ${title}: ${says}${figures ? `; ${counts(figures, known?.values ?? 0)}` : ''}`;
  }

  /** Says what a cell is, and with its counts once it is looked at. @param {number} at @param {number} column */
  #read(at, column) {
    const row = this.#order[at];
    if (row === undefined) return this.#say(HINT);
    this.#say(this.#sentence(row, column));
    if (this.#known.has(row)) return;
    const timer = setTimeout(async () => {
      const known = await this.#ask(row);
      if (known && timer === this.#readTimer) this.#say(this.#sentence(row, column, known));
    }, REST_MS);
    this.#readTimer = timer;
  }

  /** Nothing that was asked for earlier is said after it. @param {string} sentence */
  #say(sentence) {
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    setText(byId('matrix-readout'), sentence);
  }

  /** @param {{at: number, column: number} | null} active */
  #setActive(active) {
    this.#active = active;
    this.#window.keep(active ? active.at : -1);
    if (active) this.#grid.setAttribute('aria-activedescendant', 'matrix-active');
    else this.#grid.removeAttribute('aria-activedescendant');
    [...this.#head.children].forEach((head, i) => mark(head, active?.at === -1 && i === active.column + 1));
  }

  /** @param {number} at -1 for the headings @param {number} column */
  #moveTo(at, column) {
    if (!this.#order.length) return;
    at = Math.min(Math.max(at, -1), this.#order.length - 1);
    column = Math.min(Math.max(column, 0), this.session.casts.length - 1);
    this.#setActive({ at, column });
    if (at >= 0) this.#window.reveal(at);
    else this.#window.drawNow();
    if (at >= 0) this.#read(at, column);
    else this.#say(`${this.session.casts[column].title}: Enter ranks the tensors by what it loses`);
  }

  /** What Enter and a click do. @param {number} at @param {number} column */
  #activate(at, column) {
    if (at >= 0) return this.open(this.#order[at]);
    const { key } = this.session.casts[column];
    this.#rank.value = key === this.#rank.value ? '' : key;
    this.#arrange();
  }

  /** @type {Record<string, (at: number, column: number) => [number, number]>} */
  #keys = {
    ArrowDown: (at, column) => [at + 1, column],
    ArrowUp: (at, column) => [at - 1, column],
    ArrowLeft: (at, column) => [at, column - 1],
    ArrowRight: (at, column) => [at, column + 1],
    PageDown: (at, column) => [at + this.#window.page, column],
    PageUp: (at, column) => [Math.max(0, at - this.#window.page), column],
    Home: (at) => [at, 0],
    End: (at) => [at, Infinity],
  };

  /** Place of a cell on the screen. @param {Event} event @returns {[number, number]} */
  #placeOf({ target }) {
    const cell = /** @type {Element} */ (target).closest('.matrix-line > *');
    const line = cell?.parentElement;
    if (!cell || !line) return [NaN, NaN];
    const column = [...line.children].indexOf(cell) - 1;
    return [line === this.#head ? -1 : Number(line.getAttribute('data-at')), column];
  }

  #listen() {
    const grid = this.#grid;
    const isCast = (/** @type {number} */ column) => column >= 0 && column < this.session.casts.length;
    grid.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { at, column } = this.#active ?? { at: 0, column: -1 };
      const move = this.#keys[event.key];
      if (!move && !(this.#active && (event.key === 'Enter' || event.key === ' '))) return;
      event.preventDefault();
      if (move) this.#moveTo(...move(at, column));
      else this.#activate(at, column);
    });
    grid.addEventListener('focus', () => {
      if (grid.matches(':focus-visible')) this.#moveTo(this.#active?.at ?? 0, this.#active?.column ?? this.session.casts.findIndex(({ key }) => key === this.#rank.value));
    });
    grid.addEventListener('blur', () => this.#read(-1, 0));
    grid.addEventListener('pointerover', (event) => {
      const [at, column] = this.#placeOf(event);
      this.#read(isCast(column) ? at : -1, column);
    });
    grid.addEventListener('pointerleave', () => { if (document.activeElement !== grid) this.#read(-1, 0); });
    grid.addEventListener('click', (event) => {
      const [at, column] = this.#placeOf(event);
      if (at >= 0) this.#setActive({ at, column: isCast(column) ? column : 0 });
      if (at >= 0 || (at === -1 && isCast(column))) this.#activate(at, column);
    });
    this.#rank.addEventListener('change', () => this.#arrange());
    this.#filter.addEventListener('input', () => this.#arrange());
  }
}

/** @param {number} length */
const rowsOf = (length) => new Uint32Array(length).map((_, row) => row);

/** The one cell that assistive software is pointed at. @param {Element} cell @param {boolean} isActive @param {() => string} [says] */
function mark(cell, isActive, says) {
  cell.classList.toggle('on', isActive);
  if (isActive) cell.id = 'matrix-active';
  else if (cell.id) cell.removeAttribute('id');
  if (isActive && says) cell.setAttribute('aria-label', says());
  else if (says && cell.hasAttribute('aria-label')) cell.removeAttribute('aria-label');
}
