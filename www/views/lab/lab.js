// @ts-check
// The lab over the open checkpoint: its benches in one dialog, one of them at a time.

import { byId, h } from '../dom.js';
import { save } from '../save.js';
import { benchPanel, isBusy } from './bench.js';
import { forwardBench } from './forward.js';
import { productsBench } from './products.js';

/** @typedef {ReturnType<typeof benchPanel<'forward'>> | ReturnType<typeof benchPanel<'products'>>} Panel */

/** @param {import('../../types.js').Session} session @returns {() => void} opens it */
export function labView(session) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('forward-view'));
  /** @type {Panel[]} */
  const panels = [benchPanel(forwardBench(session)), benchPanel(productsBench(session))];
  let shown = panels[0];
  const keep = h('button', { type: 'button', hidden: true, on: { click: () => save(keep, () => shown.session.save(), `${shown.fileName}.json`) } }, 'Save JSON');
  const tabs = panels.map((panel) => h('button', {
    type: 'button', role: 'tab', id: `lab-tab-${panel.id}`, 'aria-controls': panel.element.id, on: { click: () => choose(panel) },
  }, panel.title));
  const step = (/** @type {number} */ by) => {
    const at = (panels.indexOf(shown) + by + panels.length) % panels.length;
    choose(panels[at]);
    tabs[at].focus();
  };
  dialog.append(
    h('nav', {}, h('h2', { id: 'forward-title' }, 'The lab'), h('span', { class: 'actions' }, keep,
      h('button', { type: 'button', class: 'quiet', on: { click: () => dialog.close() } }, 'Close'))),
    h('div', {
      class: 'tabs', role: 'tablist', 'aria-label': 'Benches of the lab',
      on: { keydown: (/** @type {KeyboardEvent} */ { key }) => { if (key === 'ArrowRight') step(1); else if (key === 'ArrowLeft') step(-1); } },
    }, ...tabs),
    ...panels.map(({ element }) => element));
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });

  function draw() {
    const isFree = !panels.some(({ session }) => isBusy(session.state));
    for (const panel of panels) panel.draw(isFree);
    dialog.dataset.phase = shown.session.state.phase;
    keep.hidden = !shown.session.state.report;
  }

  /** @param {Panel} panel */
  function choose(panel) {
    shown = panel;
    for (const [at, { element }] of panels.entries()) {
      element.hidden = panels[at] !== shown;
      tabs[at].setAttribute('aria-selected', String(panels[at] === shown));
      tabs[at].tabIndex = panels[at] === shown ? 0 : -1;
    }
    panel.enter();
    draw();
  }

  for (const { session } of panels) session.onchange(draw);
  return () => {
    choose(shown);
    dialog.showModal();
  };
}
