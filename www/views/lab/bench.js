// @ts-check
// What the benches of the lab share: a form, how far a run is, why it was refused, and what it showed.

import { sentence } from '../../text/sentences.js';
import { h, redrawer, setText } from '../dom.js';
import { paceOf } from '../progress.js';

/** @typedef {import('../../lab.js').Benches} Benches */
/** @template {Benches} B @typedef {import('../../lab.js').LabState<import('../../lab.js').Reports[B]>} LabState */
/**
 * @typedef {object} Form
 * @property {HTMLElement} element
 * @property {(state: {canRun: boolean, hasTokenizer: boolean}) => void} update
 */
/**
 * A bench before it is drawn.
 * @template {Benches} B
 * @typedef {object} Bench
 * @property {B} id
 * @property {string} title of its tab
 * @property {string} says what it is for
 * @property {import('../../lab.js').Bench<B>} session
 * @property {(state: LabState<B>) => string} lacks what must be opened besides, as a sentence; "" where nothing
 * @property {() => Form} form made when it is first shown
 * @property {(report: import('../../lab.js').Reports[B]) => import('../dom.js').Child[]} result
 * @property {(report: import('../../lab.js').Reports[B]) => string} file the name under which the report is saved, without its end
 */

/** @param {LabState<Benches>} state */
export const isBusy = ({ phase }) => phase === 'reading header' || phase === 'running';

/** How it stands, for who does not see it. @param {LabState<Benches>} state */
function spoken({ phase, report, error }) {
  if (phase === 'done') return `The run is done. ${report?.headline ?? ''}`;
  if (phase === 'failed') return sentence(error ?? '');
  return phase === 'cancelled' ? 'The run was cancelled.' : '';
}

/** @template {Benches} B @param {Bench<B>} bench */
export function benchPanel(bench) {
  const { id, title, session } = bench;
  const lead = h('p', { class: 'lead', hidden: true });
  const place = h('div');
  const bar = h('progress', { max: 1, 'aria-label': 'Weights multiplied' });
  const pace = h('p', { class: 'figures note' });
  const cancel = h('button', { type: 'button', on: { click: () => session.cancel() } }, 'Cancel');
  const running = h('div', { class: 'running', hidden: true }, bar, pace, cancel);
  const error = h('p', { class: 'error', role: 'alert' });
  const result = h('div', { class: 'figures' });
  const live = h('p', { class: 'spoken', 'aria-live': 'polite' });
  const element = h('div', { id: `lab-${id}`, role: 'tabpanel', 'aria-labelledby': `lab-tab-${id}`, hidden: true },
    h('p', { class: 'sub' }, bench.says), lead, place, running, error, result, live);
  const redraw = redrawer(result);
  /** @type {Form | undefined} */
  let form;
  return {
    id, title, session, element,
    get fileName() {
      return session.state.report ? bench.file(session.state.report) : 'lab';
    },
    /** Somebody looks at it. */
    enter() {
      if (!form) place.append((form = bench.form()).element);
      if (!bench.lacks(session.state)) session.warm();
    },
    /** @param {boolean} isFree whether nothing else is being run */
    draw(isFree) {
      const { state } = session;
      const { phase, hasTokenizer, report, progress, module } = state;
      const lacks = bench.lacks(state);
      setText(lead, lacks);
      lead.hidden = !lacks;
      place.hidden = Boolean(lacks);
      form?.update({ canRun: !lacks && isFree, hasTokenizer });
      const hasBegun = isBusy(state) && running.hidden;
      running.hidden = !isBusy(state);
      if (phase === 'running') bar.value = progress.total ? progress.bytes / progress.total : 0;
      else bar.removeAttribute('value');
      setText(pace, phase === 'running' ? [...paceOf(progress), module].filter(Boolean).join(' · ') : 'Reading the headers…');
      setText(error, phase === 'failed' ? sentence(state.error ?? '') : '');
      setText(live, spoken(state));
      // A run that was given up leaves nothing else to see.
      live.className = phase === 'cancelled' ? 'note ended' : 'spoken';
      redraw(report, () => (report ? bench.result(report) : []));
      // In a low window it would be out of sight below the button.
      if (hasBegun) running.scrollIntoView({ block: 'nearest' });
    },
  };
}
