// @ts-check
// What the element shows of a checkpoint: the page's own views, one at a time.

import { byLabel, colour, title } from '../text/labels.js';
import { ModuleMap } from '../views/map.js';
import { h } from '../views/dom.js';
import { problemsIn } from '../views/problems.js';
import { sampleNote } from '../views/sample-note.js';
import { VERDICTS } from '../views/scan-map.js';
import { scanSummary } from '../views/summary.js';
import { tensorView } from '../views/tensor.js';

/** @typedef {import('../types.js').Shown} Shown */
/** @typedef {'summary' | 'map' | 'tensor'} View */

/** What each view is called. @type {[View, string][]} */
const VIEWS = [['summary', 'Summary'], ['map', 'Map'], ['tensor', 'Tensor']];

/** @param {string | null} text @param {View} otherwise @returns {View} */
export const viewOf = (text, otherwise) => VIEWS.find(([view]) => view === text)?.[0] ?? otherwise;

/** The places that the views fill, by the ids that they have on the page. @type {Record<View, () => Element[]>} */
const PLACES = {
  summary: () => [
    h('section', { id: 'summary' }, h('h2', { id: 'headline' }), h('p', { id: 'sub', class: 'sub' }), h('div', { id: 'sample-note', class: 'note', hidden: true }), h('div', { id: 'shares' })),
    h('section', { id: 'problems', class: 'trouble', 'aria-labelledby': 'problems-title', hidden: true }),
  ],
  map: () => [
    h('section', { id: 'map', class: 'map', 'aria-labelledby': 'map-title', hidden: true },
      h('div', { class: 'tools' }, h('h2', { id: 'map-title' }, 'Modules × layers'),
        h('label', {}, 'coloured by ', h('select', { id: 'map-by' })), h('span', { id: 'map-scale', class: 'figures' })),
      h('div', { id: 'map-place', class: 'wide' }), h('ul', { id: 'map-key', class: 'legend', 'aria-label': 'Colours' })),
  ],
  tensor: () => [h('p', { id: 'no-tensor', class: 'sub', hidden: true }), h('article', { id: 'tensor', class: 'detail', 'aria-labelledby': 'tensor-name', hidden: true })],
};

/** The row of a tensor; -1 for none. @param {import('../types.js').Rows} rows @param {string} name */
function rowOf(rows, name) {
  for (let row = 0; row < rows.length; row++) if (rows.name(row) === name) return row;
  return -1;
}

/** The one that holds most. @param {import('../types.js').Rows} rows */
function largest(rows) {
  let best = 0;
  for (let row = 1; row < rows.length; row++) if (rows.parameters(row) > rows.parameters(best)) best = row;
  return rows.length ? best : -1;
}

/** The colours of the verdicts that there are; kin share one. @param {import('../types.js').Overview} overview */
function keyOf({ ancestry }) {
  /** @type {Map<string, string[]>} */
  const titles = new Map();
  for (const [label, { tensors }] of byLabel(ancestry)) {
    if (tensors > 0) titles.set(colour(label), [...(titles.get(colour(label)) ?? []), title(label)]);
  }
  return [...titles].map(([colour, names]) => h('li', {}, h('i', { css: { background: `var(--${colour})` } }), names.join(', ')));
}

export class Board {
  /** @type {View} */
  view = 'summary';
  #from = /** @type {View} */ ('summary');
  /** The tensor that is asked for and not there yet. @type {string | null} */
  #wanted = null;
  /** @type {ReturnType<typeof tensorView>} */
  #tensor;

  /**
   * @param {ShadowRoot} root @param {Element} place that it fills @param {Shown} session
   * @param {Parameters<typeof scanSummary>[2]} says @param {(() => void) | null} readAll of what is a sample @param {() => void} changed another view or tensor is shown
   */
  constructor(root, place, session, says, readAll, changed) {
    this.session = session;
    this.changed = changed;
    this.tabs = VIEWS.map(([view, title]) => h('button', {
      type: 'button', role: 'tab', id: `tab-${view}`, 'aria-controls': `panel-${view}`, on: { click: () => this.show(view), keydown: (event) => this.#walk(event) },
    }, title));
    this.panels = VIEWS.map(([view]) => h('div', {
      id: `panel-${view}`, role: 'tabpanel', 'aria-labelledby': `tab-${view}`, hidden: true,
    }, ...PLACES[view]()));
    place.replaceChildren(h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views' }, ...this.tabs), ...this.panels);
    this.summary = scanSummary(null, root, says);
    this.sample = sampleNote(readAll, root);
    this.problems = problemsIn(/** @type {HTMLElement} */ (root.getElementById('problems')));
    const by = /** @type {HTMLSelectElement} */ (root.getElementById('map-by'));
    by.addEventListener('change', () => this.#showKey());
    this.key = /** @type {HTMLElement} */ (root.getElementById('map-key'));
    this.by = by;
    this.map = new ModuleMap('map', VERDICTS, (row) => this.#open(row, true), root);
    this.#tensor = tensorView(session, { step: (direction) => this.#step(direction), close: () => this.#close() }, root);
    this.missing = /** @type {HTMLElement} */ (root.getElementById('no-tensor'));
    this.panels[2].addEventListener('keydown', (event) => this.#shortcut(event));
  }

  /** The name of the tensor that is shown. */
  get tensor() {
    return this.view === 'tensor' && this.#tensor.row >= 0 ? this.session.state.rows.name(this.#tensor.row) : null;
  }

  /** @param {View} view @param {string | null} [tensor] */
  show(view, tensor = null) {
    if (view !== 'tensor') this.#from = view;
    this.view = view;
    VIEWS.forEach(([name], i) => {
      this.panels[i].hidden = name !== view;
      this.tabs[i].setAttribute('aria-selected', String(name === view));
      this.tabs[i].tabIndex = name === view ? 0 : -1;
    });
    if (view === 'tensor') this.#showTensor(tensor);
    this.changed();
  }

  /** Something has been read. */
  update() {
    const { state } = this.session;
    this.summary(state);
    this.sample(state);
    this.problems(state.overview?.problems ?? []);
    this.map.update(state);
    this.#showKey();
    this.tabs[1].hidden = state.rows.total < 2;
    this.#tensor.update();
    if (this.#wanted !== null && this.view === 'tensor') this.#showTensor(this.#wanted);
  }

  /** What the colours of the map say. */
  #showKey() {
    const { overview } = this.session.state;
    // Numbers have the ends of their scale beside the menu.
    this.key.hidden = this.by.value !== '' || !overview;
    if (overview) this.key.replaceChildren(...keyOf(overview));
  }

  /** @param {string | null} name */
  #showTensor(name) {
    const { rows, phase } = this.session.state;
    const row = name ? rowOf(rows, name) : this.#tensor.row >= 0 ? this.#tensor.row : largest(rows);
    const isComing = row < 0 && (phase === 'scanning' || phase === 'reading header');
    this.#wanted = isComing ? name : null;
    this.missing.hidden = row >= 0 || isComing;
    this.missing.textContent = name ? `There is no tensor “${name}” in it.` : 'There is no tensor in it.';
    if (row < 0) this.#tensor.hide();
    else if (row !== this.#tensor.row) this.#tensor.show(row);
  }

  /** @param {number} row @param {boolean} isFocused */
  #open(row, isFocused) {
    this.#tensor.show(row);
    this.show('tensor');
    if (isFocused) /** @type {HTMLElement | null} */ (this.panels[2].querySelector('.name'))?.focus({ preventScroll: true });
  }

  /** @param {1 | -1} direction */
  #step(direction) {
    const next = this.#tensor.row + direction;
    if (this.#tensor.row >= 0 && next >= 0 && next < this.session.state.rows.length) this.#open(next, false);
  }

  #close() {
    this.show(this.#from);
    const opener = this.#from === 'map' ? this.panels[1].querySelector('[role="slider"]') : null;
    /** @type {HTMLElement} */ (opener ?? this.tabs[VIEWS.findIndex(([view]) => view === this.#from)]).focus({ preventScroll: true });
  }

  /** The page's keys, while the focus is in the tensor. @param {KeyboardEvent} event */
  #shortcut({ key, ctrlKey, metaKey, altKey }) {
    if (ctrlKey || metaKey || altKey) return;
    if (key === 'Escape') this.#close();
    if (key === 'j') this.#step(1);
    if (key === 'k') this.#step(-1);
  }

  /** Arrow keys go from tab to tab. @param {KeyboardEvent} event */
  #walk(event) {
    const there = this.tabs.filter(({ hidden }) => !hidden);
    const at = there.indexOf(/** @type {HTMLButtonElement} */ (event.currentTarget));
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: there.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = there[(next + there.length) % there.length];
    tab.click();
    tab.focus();
  }
}
