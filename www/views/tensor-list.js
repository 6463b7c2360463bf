// @ts-check
// The list of tensors: search, sort, groups, keyboard. Its lines are arranged
// by list-index.js and put on the screen by list-window.js.

import { count, plural } from '../text/numbers.js';
import { COLUMNS } from './columns.js';
import { byId, h, setText } from './dom.js';
import { LABEL } from './glob.js';
import { arranged, groupOf, sorted } from './list-index.js';
import { createLine, fillLine } from './list-line.js';
import { ListWindow } from './list-window.js';
import { inSlices } from './slices.js';

/** @typedef {import('../types.js').State} State */

/** While figures arrive, a list sorted by them is put in order this often. */
const RESORT_MS = 700;

/** Columns that start with their smallest: what one looks for elsewhere is large. */
const ASCENDING = ['name', 'label', 'dtype'];

/** @param {(column: string) => void} sortBy */
const headings = (sortBy) => h('div', { class: 'line', role: 'row', 'aria-rowindex': 1 },
  ...COLUMNS.map(({ id, title, hint }) => h('div', { class: `c-${id}`, role: 'columnheader' },
    h('button', { type: 'button', title: hint, on: { click: () => sortBy(id) } }, title))));

export class TensorList {
  #list = byId('tensor-list');
  #search = /** @type {HTMLInputElement} */ (byId('search'));
  #sortBox = /** @type {HTMLSelectElement} */ (byId('sort'));
  #body = h('div', { class: 'lines', role: 'rowgroup' });
  #headings = headings((column) => this.#sortBy(column));
  /** @type {import('./list-index.js').Arrangement} */
  #wanted = { column: 'name', descending: false, query: '', grouped: true, collapsed: new Set() };
  /** @type {import('./list-index.js').Lines} */
  #shown = { lines: new Int32Array(), sizes: new Uint32Array(), matches: 0 };
  /** All rows in the wanted order. @type {Uint32Array | null} */
  #order = null;
  /** @type {string[]} */
  #patterns = [];
  #widths = new Map();
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
   * @param {import('../types.js').Session} session
   * @param {(row: number) => void} open
   */
  constructor(session, open) {
    this.session = session;
    this.open = open;
    this.rows = session.state.rows;
    this.#list.append(this.#body);
    byId('headings').append(this.#headings);
    this.#window = new ListWindow(this.#body, {
      create: createLine,
      fill: (element, line) => this.#fill(element, line),
      coverTop: () => Math.max(0, byId('headings').getBoundingClientRect().bottom),
    });
    this.#sortBox.append(...COLUMNS.map(({ id, title }) => h('option', { value: id }, title)));
    this.#markSorted();
    this.#listen();
  }

  /** @type {ListWindow} */
  #window;

  /** @param {State} state */
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
    if (this.#list.getBoundingClientRect().top > innerHeight * 0.6) byId('tensors').scrollIntoView();
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

  /** Another checkpoint. @param {State} state */
  #restart({ rows }) {
    this.rows = rows;
    this.#search.value = this.#wanted.query = '';
    this.#wanted.collapsed = new Set();
    this.#sortedFrom.length = 0;
    this.#setActive(-1);
  }

  /** @param {State} state */
  #isOutOfOrder({ rows, phase }) {
    const isLive = COLUMNS.some(({ id, live }) => live && id === this.#wanted.column) || LABEL.test(this.#wanted.query);
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
    return inSlices(sorted(this.rows, { ...this.#wanted }), isStale);
  }

  #drawAll() {
    const { lines, matches } = this.#shown;
    const { length } = this.rows;
    this.#edition++;
    this.#widths = new Map(this.session.formats.map(({ name, bits }) => [name, bits]));
    this.#window.resize(lines.length);
    this.#list.setAttribute('aria-rowcount', String(lines.length + 1));
    setText(byId('matches'), matches < length ? `${count(matches)} of ${count(length)}` : plural(length, 'tensor'));
    byId('no-match').hidden = matches > 0 || length === 0;
    byId('collapse').hidden = !this.#wanted.grouped;
    setText(byId('collapse'), this.#wanted.collapsed.size ? 'Expand all' : 'Collapse all');
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
      rows: this.rows, patterns: this.#patterns, sizes: this.#shown.sizes, widths: this.#widths, collapsed, grouped,
    });
    element.classList.toggle('active', position === this.#active);
    element.setAttribute('aria-selected', String(position === this.#active));
  }

  /** @param {string} column */
  #sortBy(column) {
    const wanted = this.#wanted;
    wanted.descending = column === wanted.column ? !wanted.descending : !ASCENDING.includes(column);
    wanted.column = column;
    this.#order = null;
    this.#markSorted();
    this.#arrange();
  }

  #markSorted() {
    const { column, descending } = this.#wanted;
    this.#sortBox.value = column;
    COLUMNS.forEach(({ id }, i) => {
      const direction = descending ? 'descending' : 'ascending';
      this.#headings.children[i].setAttribute('aria-sort', id === column ? direction : 'none');
    });
  }

  /** @param {number} position */
  #setActive(position) {
    this.#active = position;
    this.#window.keep(position);
    if (position < 0) this.#list.removeAttribute('aria-activedescendant');
    else this.#list.setAttribute('aria-activedescendant', `line-${position}`);
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
    const groupBox = /** @type {HTMLInputElement} */ (byId('grouped'));
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
    groupBox.addEventListener('change', () => {
      this.#wanted.grouped = groupBox.checked;
      this.#arrange();
    });
    this.#sortBox.addEventListener('change', () => this.#sortBy(this.#sortBox.value));
    byId('collapse').addEventListener('click', () => this.#collapseOrExpandAll());
  }
}
