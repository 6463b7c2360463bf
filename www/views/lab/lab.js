// @ts-check
// The lab: the open checkpoint run under two policies, to see why the same weights give
// different logits.

import { sentence } from '../../text/sentences.js';
import { byId, h, redrawer, setText } from '../dom.js';
import { paceOf } from '../progress.js';
import { save, stem } from '../save.js';
import { labForm } from './form.js';
import { labResult } from './result.js';

/** @typedef {import('../../lab.js').LabState} LabState */

const NO_CONFIG = 'A forward pass needs the model’s config.json. Open it together with the checkpoint: drop both, or the folder.';

/** How it stands, for who does not see it. @param {LabState} state */
function spoken({ phase, report, error }) {
  if (phase === 'done') return `The pass is done. ${report?.headline ?? ''}`;
  if (phase === 'failed') return sentence(error ?? '');
  return phase === 'cancelled' ? 'The pass was cancelled.' : '';
}

/** @param {import('../../types.js').Session} session @returns {() => void} opens it */
export function forwardView(session) {
  const { lab } = session;
  const dialog = /** @type {HTMLDialogElement} */ (byId('forward-view'));
  /** @type {ReturnType<typeof labForm> | undefined} */
  let form;
  const noConfig = h('p', { class: 'lead', hidden: true }, NO_CONFIG);
  const place = h('div');
  const bar = h('progress', { max: 1, 'aria-label': 'Weights multiplied' });
  const pace = h('p', { class: 'figures note' });
  const cancel = h('button', { type: 'button', on: { click: () => lab.cancel() } }, 'Cancel');
  const running = h('div', { class: 'running', hidden: true }, bar, pace, cancel);
  const error = h('p', { class: 'error', role: 'alert' });
  const result = h('div', { class: 'figures' });
  const keep = h('button', { type: 'button', hidden: true, on: { click: () => save(keep, () => lab.save(), `${stem(lab.state.report?.checkpoint ?? 'lab')}.forward.json`) } }, 'Save JSON');
  const live = h('p', { class: 'spoken', 'aria-live': 'polite' });
  dialog.append(
    h('nav', {}, h('h2', { id: 'forward-title' }, 'The lab: one model, two numerics'), h('span', { class: 'actions' }, keep,
      h('button', { type: 'button', class: 'quiet', on: { click: () => dialog.close() } }, 'Close'))),
    h('p', { class: 'sub' }, 'The same weights can give different logits. Both policies are run in one pass over the weights, here, and held against each other module by module.'),
    noConfig, place, running, error, result, live);
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  const redraw = redrawer(result);

  /** @param {LabState} state */
  function show(state) {
    const { phase, hasConfig, hasTokenizer, report, progress, module } = state;
    dialog.dataset.phase = phase;
    const isBusy = phase === 'reading header' || phase === 'running';
    noConfig.hidden = hasConfig;
    place.hidden = !hasConfig;
    form?.update({ canRun: hasConfig && !isBusy, hasTokenizer });
    const hasBegun = isBusy && running.hidden;
    running.hidden = !isBusy;
    if (phase === 'running') bar.value = progress.total ? progress.bytes / progress.total : 0;
    else bar.removeAttribute('value');
    setText(pace, phase === 'running' ? [...paceOf(progress), module].filter(Boolean).join(' · ') : 'Reading the headers…');
    setText(error, phase === 'failed' ? sentence(state.error ?? '') : '');
    setText(live, spoken(state));
    // A pass that was given up leaves nothing else to see.
    live.className = phase === 'cancelled' ? 'note ended' : 'spoken';
    keep.hidden = !report;
    redraw(report, () => (report ? labResult(report) : []));
    // In a low window it would be out of sight below the button.
    if (hasBegun) running.scrollIntoView({ block: 'nearest' });
  }

  lab.onchange(show);
  return () => {
    if (!form) {
      // The casts are known when the core has started.
      form = labForm(session.casts.map(({ key }) => key), (wanted) => lab.run(wanted));
      place.append(form.element);
    }
    show(lab.state);
    if (lab.state.hasConfig) lab.warm();
    dialog.showModal();
  };
}
