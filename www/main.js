// @ts-check
// Wires the session to the views. State flows one way: session → state → views.

import { createSession } from './engine/session.js';
import { bytes, compact, percent, plural } from './text/numbers.js';
import { castsView } from './views/casts.js';
import { wireChooser } from './views/chooser.js';
import { byId, setText } from './views/dom.js';
import { formatsView } from './views/formats.js';
import { ModuleMap } from './views/map.js';
import { CastMatrix } from './views/matrix.js';
import { showProblems } from './views/problems.js';
import { showProgress } from './views/progress.js';
import { showSummary } from './views/summary.js';
import { TensorList } from './views/tensor-list.js';
import { tensorView } from './views/tensor.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Session} Session */

/** @type {Session} */
const session = await createSession();
const list = new TensorList(session, openTensor);
const map = new ModuleMap(openTensor);
const matrix = new CastMatrix(session, openTensor);
const showCasts = castsView(session, (key) => matrix.rankBy(key));
const tensor = tensorView(session, { close: () => history.back(), step: stepTensor });

const formats = formatsView(session);

/** Where the page stood when a tensor was opened. */
let returnTo_px = 0;
/** What had the focus. @type {HTMLElement | null} */
let opener = null;

/** @param {number} row */
async function openTensor(row) {
  if (tensor.row < 0) {
    returnTo_px = scrollY;
    opener = /** @type {HTMLElement | null} */ (document.activeElement);
    // The browser's own way back, which a phone has at hand, closes the tensor.
    history.pushState({ tensor: row }, '');
  }
  await showTensor(row);
  if (tensor.row === row) byId('tensor').scrollIntoView();
}

/** @param {number} row */
function showTensor(row) {
  list.select(row);
  const shown = tensor.show(row);
  byId('tensor-name').focus({ preventScroll: true });
  return shown;
}

function closeTensor() {
  if (tensor.row < 0) return;
  tensor.hide();
  list.redraw();
  scrollTo(0, returnTo_px);
  opener?.focus({ preventScroll: true });
}

/** The page stays where it is, so that one picture can be compared. @param {1 | -1} direction */
function stepTensor(direction) {
  const next = tensor.row < 0 ? null : list.neighbour(tensor.row, direction);
  if (next !== null) showTensor(next);
}

/** @param {State} state */
function fileSummary({ files, overview }) {
  if (!files.length) return '';
  const [first, ...more] = files;
  const name = more.length ? `${first.name} and ${plural(more.length, 'file')} more` : first.name;
  if (!overview) return name;
  const { checkpoint } = overview;
  return [name, bytes(checkpoint.bytes), plural(checkpoint.tensors, 'tensor'), `${compact(checkpoint.parameters)} parameters`].join(' · ');
}

/** @param {State} state */
function showBar(state) {
  const { phase, files, overview } = state;
  const isBusy = phase === 'reading header' || phase === 'scanning';
  setText(byId('file'), fileSummary(state));
  byId('open').hidden = isBusy || phase === 'empty' || phase === 'failed';
  byId('cancel').hidden = !isBusy;
  byId('save-json').hidden = isBusy || !overview;
  document.title = [...(phase === 'scanning' ? [progressTitle(state)] : []), ...(files[0] ? [files[0].name] : []), 'Floatscope'].join(' · ');
}

/** @param {State} state */
const progressTitle = ({ progress }) => percent(progress.total ? progress.bytes / progress.total : 0).replace(/\.\d+/, '');

/** @param {State} state */
function show(state) {
  const { phase, overview, error, rows } = state;
  document.body.dataset.phase = phase;
  document.body.dataset.look = state.casts.phase;
  byId('welcome').hidden = phase !== 'empty';
  byId('failure').hidden = phase !== 'failed';
  byId('entrance').hidden = phase !== 'empty' && phase !== 'failed';
  setText(byId('failure-text'), error ?? '');
  byId('summary').hidden = !overview;
  byId('problems').hidden = !overview?.problems.length;
  byId('tensors').hidden = !rows.length;
  showBar(state);
  showProgress(state);
  showSummary(state, (query) => list.filter(query));
  showProblems(overview?.problems ?? []);
  if (phase === 'reading header' || phase === 'failed') closeTensor();
  showCasts(state);
  matrix.update(state);
  map.update(state);
  list.update(state);
  tensor.update();
}

async function save() {
  const button = /** @type {HTMLButtonElement} */ (byId('save-json'));
  button.disabled = true;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await session.saveReport());
  link.download = `${(session.state.overview?.checkpoint.name ?? 'report').replace(/\.safetensors$/, '')}.floatscope.json`;
  link.click();
  // The download has begun by then; the blob may be large.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  button.disabled = false;
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const isTyping = event.target instanceof Element && event.target.matches('select, [type=search]');
  if (event.key === 'Escape' && isTyping && byId('tensors').contains(event.target)) list.focus();
  else if (event.key === 'Escape' && tensor.row >= 0) history.back();
  if (isTyping || byId('tensors').hidden) return;
  if (event.key === '/') {
    event.preventDefault();
    list.focusSearch();
  }
  if (event.key === 'j') stepTensor(1);
  if (event.key === 'k') stepTensor(-1);
}

wireChooser(session);
byId('cancel').addEventListener('click', () => session.cancel());
byId('save-json').addEventListener('click', save);
addEventListener('popstate', () => formats.follow() || closeTensor());
addEventListener('keydown', shortcut);
session.onchange(show);
show(session.state);
