// @ts-check
// The list of tensors, or of pairs of them: search, sort, groups, keyboard. Its lines are
// arranged by list-index.js and put on the screen by list-window.js.

import { count, plural } from '../text/numbers.js';
import { byId, h, setText } from './dom.js';
import { LABEL } from './glob.js';
import { arranged, groupOf, sorted } from './list-index.js';
import { fillLine, lineMaker } from './list-line.js';
import { ListWindow } from './list-window.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').NamedRows} NamedRows */
/**
 * @template R
 * @typedef {import('./columns.js').Column<R>} Column
 */
/**
 * What a list draws.
 * @template R
 * @typedef {{rows: R, phase: import('../types.js').Phase, overview: {patterns: string[]} | null}} Listed
 */

/** While figures arrive, a list sorted by them is put in order this often. */
const RESORT_MS = 700;

/**
 * @template {NamedRows} R
 */
export class TensorList {
  /** @type {string} */
  #prefix;
  /** @type {HTMLElement} */
  #list;
  /** @type {HTMLInputElement} */
  #search;
  /** @type {HTMLSelectElement} */
  #sortBox;
  /** @type {HTMLInputElement} */
  #groupBox;
  /** @type {HTMLElement} */
  #headings;
  /** @type {ListWindow} */
  #window;
  #body = h('div', { class: 'lines', role: 'rowgroup' });
  /** @type {import('./list-index.js').Arrangement} */
  #wanted = { query: '', grouped: true, collapsed: new Set() };
  #descending = false;
  /** @type {import('./list-index.js').Lines} */
  #shown = { lines: new Int32Array(), sizes: new Uint32Array(), matches: 0 };
  /** All rows in the wanted order. @type {Uint32Array | null} */
  #order = null;
  /** @type {string[]} */
  #patterns = [];
  /** What the elements say. @type {WeakMap<HTMLElement, string>} */
  #says = new WeakMap();
  /** Counts arrangements that were drawn. */
  #edition = 0;
  #active = -1;
  /** Counts calls of arrange: a later one takes over from an earlier one. */
  #job = 0;
  /** What the order was made from. */
  #sortedFrom = { length: 0, finished: 0, at_ms: 0 };

  /**
   * @param {string} prefix of the ids of its elements
   * @param {R} rows @param {Column<R>[]} columns @param {Column<R>} column that it is sorted by at first
   * @param {(row: number) => void} open
   */
  constructor(prefix, rows, columns, column, open) {
    this.#prefix = prefix;
    this.rows = rows;
    this.columns = columns;
    this.column = column;
    this.open = open;
    this.#descending = !column.isRising;
    this.#list = this.#part('tensor-list');
    this.#search = /** @type {HTMLInputElement} */ (this.#part('search'));
    this.#sortBox = /** @type {HTMLSelectElement} */ (this.#part('sort'));
    this.#groupBox = /** @type {HTMLInputElement} */ (this.#part('grouped'));
    this.#wanted.grouped = this.#groupBox.checked;
    this.#list.append(this.#body);
    this.#headings = h('div', { class: 'line', role: 'row', 'aria-rowindex': 1 },
      ...columns.map((column) => h('div', { class: `c-${column.id}`, role: 'columnheader' },
        h('button', { type: 'button', title: column.hint, on: { click: () => this.#sortBy(column) } }, column.title))));
    this.#part('headings').append(this.#headings);
    this.#window = new ListWindow(this.#body, {
      create: lineMaker(columns),
      fill: (element, line) => this.#fill(element, line),
      coverTop: () => Math.max(0, this.#part('headings').getBoundingClientRect().bottom),
    });
    this.#sortBox.append(...columns.map(({ id, title }) => h('option', { value: id }, title)));
    this.#markSorted();
    this.#listen();
  }

  /** @param {string} id */
  #part(id) {
    return byId(this.#prefix + id);
  }

  /** @param {Listed<R>} state */
  update(state) {
    const patterns = state.overview?.patterns ?? [];
    if (state.rows !== this.rows) this.#restart(state);
    const isGrown = state.rows.length !== this.#sortedFrom.length || patterns.length !== this.#patterns.length;
    this.#patterns = patterns;
    if (isGrown || this.#isOutOfOrder(state)) {
      this.#order = null;
      this.#arrange();
    } else this.#window.drawNow();
  }

  /** The list is on the screen again. */
  redraw() {
    this.#window.resize(this.#shown.lines.length);
  }

  /** Whether there is nothing to go to. */
  get isHidden() {
    return this.#part('tensors').hidden;
  }

  /** @param {Element} element */
  holds(element) {
    return this.#part('tensors').contains(element);
  }

  focus() {
    this.#list.focus({ preventScroll: true });
  }

  /** @param {string} query */
  filter(query) {
    this.#search.value = this.#wanted.query = query;
    this.#arrange();
    this.#showMatches();
  }

  /** A list that is hardly on the screen comes to its top. */
  #showMatches() {
    if (this.#list.getBoundingClientRect().top > innerHeight * 0.6) this.#part('tensors').scrollIntoView();
  }

  focusSearch() {
    this.#search.focus();
    this.#search.select();
  }

  /**
   * The tensor before or after this one as the list has them, or null.
   * @param {number} row @param {1 | -1} step
   */
  neighbour(row, step) {
    const { lines } = this.#shown;
    const at = lines.indexOf(row);
    if (at < 0) return null;
    for (let i = at + step; i >= 0 && i < lines.length; i += step) if (lines[i] >= 0) return lines[i];
    return null;
  }

  /** @param {number} row */
  select(row) {
    this.#setActive(this.#shown.lines.indexOf(row));
  }

  /** Another checkpoint. @param {Listed<R>} state */
  #restart({ rows }) {
    this.rows = rows;
    this.#search.value = this.#wanted.query = '';
    this.#wanted.collapsed = new Set();
    this.#sortedFrom.length = 0;
    this.#setActive(-1);
  }

  /** @param {Listed<R>} state */
  #isOutOfOrder({ rows, phase }) {
    const isLive = this.column.isLive || LABEL.test(this.#wanted.query);
    if (!isLive || rows.finishedCount === this.#sortedFrom.finished) return false;
    return phase !== 'scanning' || performance.now() - this.#sortedFrom.at_ms > RESORT_MS;
  }

  /** Sorts if need be, filters, groups, draws. */
  async #arrange() {
    const job = ++this.#job;
    const isStale = () => job !== this.#job;
    const order = this.#order ?? (await this.#sort(isStale));
    if (!order) return;
    this.#order = order;
    const next = await inSlices(arranged(this.rows, order, { ...this.#wanted }, this.#patterns.length), isStale);
    if (!next) return;
    const active = this.#active < 0 ? null : this.#shown.lines[this.#active];
    this.#shown = next;
    this.#setActive(active === null ? -1 : next.lines.indexOf(active));
    this.#drawAll();
  }

  /** @param {() => boolean} isStale */
  #sort(isStale) {
    this.#sortedFrom = { length: this.rows.length, finished: this.rows.finishedCount, at_ms: performance.now() };
    return inSlices(sorted(this.rows, this.column, this.#descending), isStale);
  }

  #drawAll() {
    const { lines, matches } = this.#shown;
    const { length } = this.rows;
    this.#edition++;
    this.#window.resize(lines.length);
    this.#list.setAttribute('aria-rowcount', String(lines.length + 1));
    setText(this.#part('matches'), matches < length ? `${count(matches)} of ${count(length)}` : plural(length, 'tensor'));
    this.#part('no-match').hidden = matches > 0 || length === 0;
    this.#part('collapse').hidden = !this.#wanted.grouped;
    setText(this.#part('collapse'), this.#wanted.collapsed.size ? 'Expand all' : 'Collapse all');
  }

  /** @param {HTMLElement} element @param {number} position */
  #fill(element, position) {
    const { collapsed, grouped } = this.#wanted;
    const line = this.#shown.lines[position];
    const status = groupOf(line) < 0 ? this.rows.status(line) : '';
    // Of a list that is arranged, this is all that what a line says depends on.
    const says = [this.#edition, position, line, status, position === this.#active].join(' ');
    if (this.#says.get(element) === says) return;
    this.#says.set(element, says);
    fillLine(element, line, position, {
      rows: this.rows, columns: this.columns, id: this.#lineId(), patterns: this.#patterns, sizes: this.#shown.sizes, collapsed, grouped,
    });
    element.classList.toggle('active', position === this.#active);
    element.setAttribute('aria-selected', String(position === this.#active));
  }

  /** @param {Column<R>} column */
  #sortBy(column) {
    this.#descending = column === this.column ? !this.#descending : !column.isRising;
    this.column = column;
    this.#order = null;
    this.#markSorted();
    this.#arrange();
  }

  #markSorted() {
    const direction = this.#descending ? 'descending' : 'ascending';
    this.#sortBox.value = this.column.id;
    this.columns.forEach((column, i) => this.#headings.children[i].setAttribute('aria-sort', column === this.column ? direction : 'none'));
  }

  #lineId(position = '') {
    return `${this.#prefix}line-${position}`;
  }

  /** @param {number} position */
  #setActive(position) {
    this.#active = position;
    this.#window.keep(position);
    if (position < 0) this.#list.removeAttribute('aria-activedescendant');
    else this.#list.setAttribute('aria-activedescendant', this.#lineId(String(position)));
  }

  /** @param {number} position */
  #moveTo(position) {
    const last = this.#shown.lines.length - 1;
    if (last < 0) return;
    this.#setActive(Math.min(Math.max(position, 0), last));
    this.#window.reveal(this.#active);
  }

  /** @param {number} pattern @param {boolean} isCollapsed */
  #collapse(pattern, isCollapsed) {
    const { collapsed } = this.#wanted;
    if (isCollapsed) collapsed.add(pattern);
    else collapsed.delete(pattern);
    this.#arrange();
  }

  #collapseOrExpandAll() {
    this.#wanted.collapsed = new Set(this.#wanted.collapsed.size ? [] : this.#patterns.keys());
    this.#arrange();
  }

  /** What Enter and a click do. @param {number} position */
  #activate(position) {
    if (position < 0 || position >= this.#shown.lines.length) return;
    this.#setActive(position);
    const line = this.#shown.lines[position];
    const pattern = groupOf(line);
    if (pattern >= 0) this.#collapse(pattern, !this.#wanted.collapsed.has(pattern));
    else this.open(line);
  }

  /** Closes a group, or goes from a tensor to the head of its group. */
  #outward() {
    if (this.#active < 0) return;
    const line = this.#shown.lines[this.#active];
    if (groupOf(line) >= 0) return this.#collapse(groupOf(line), true);
    const head = this.#shown.lines.indexOf(~this.rows.pattern(line));
    if (head >= 0) this.#moveTo(head);
  }

  /** Opens a group, or goes from its head to the first of its tensors. */
  #inward() {
    const pattern = this.#active < 0 ? -1 : groupOf(this.#shown.lines[this.#active]);
    if (pattern < 0) return;
    if (this.#wanted.collapsed.has(pattern)) this.#collapse(pattern, false);
    else this.#moveTo(this.#active + 1);
  }

  /** @type {Record<string, () => void>} */
  #keys = {
    ArrowDown: () => this.#moveTo(this.#active + 1),
    ArrowUp: () => this.#moveTo(this.#active - 1),
    PageDown: () => this.#moveTo(this.#active + this.#window.page),
    PageUp: () => this.#moveTo(this.#active - this.#window.page),
    Home: () => this.#moveTo(0),
    End: () => this.#moveTo(this.#shown.lines.length - 1),
    ArrowLeft: () => this.#outward(),
    ArrowRight: () => this.#inward(),
    Enter: () => this.#activate(this.#active),
    ' ': () => this.#activate(this.#active),
  };

  #listen() {
    this.#list.addEventListener('keydown', (event) => {
      const action = this.#keys[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
    this.#list.addEventListener('focus', () => {
      if (this.#active < 0 && this.#list.matches(':focus-visible')) this.#moveTo(0);
    });
    this.#body.addEventListener('click', (event) => {
      const line = /** @type {Element} */ (event.target).closest('.line');
      if (line) this.#activate(Number(line.getAttribute('aria-rowindex')) - 2);
    });
    this.#listenToTools();
  }

  #listenToTools() {
    this.#search.addEventListener('input', () => {
      this.#wanted.query = this.#search.value;
      this.#arrange();
      this.#showMatches();
    });
    this.#search.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowDown' && event.key !== 'Enter') return;
      event.preventDefault();
      this.focus();
      this.#moveTo(0);
    });
    this.#groupBox.addEventListener('change', () => {
      this.#wanted.grouped = this.#groupBox.checked;
      this.#arrange();
    });
    this.#sortBox.addEventListener('change', () => this.#sortBy(this.columns[this.#sortBox.selectedIndex]));
    this.#part('collapse').addEventListener('click', () => this.#collapseOrExpandAll());
  }
}
