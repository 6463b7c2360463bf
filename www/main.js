// @ts-check
// Wires the session to the views. State flows one way: session → state → views.

import { keepForOffline } from './engine/offline.js';
import { createSession } from './engine/session.js';
import { bytes } from './text/numbers.js';
import { addressOf, forgetToken, hubGiven, isRemote, showAddress, showLinked } from './views/address.js';
import { showBar } from './views/bar.js';
import { castsView } from './views/casts.js';
import { wireChooser } from './views/chooser.js';
import { tensorColumns } from './views/columns.js';
import { compareView } from './views/compare/compare.js';
import { byId, setText } from './views/dom.js';
import { formatsView } from './views/formats.js';
import { labView } from './views/lab/lab.js';
import { ModuleMap } from './views/map.js';
import { wireMenu } from './views/menu.js';
import { CastMatrix } from './views/matrix.js';
import { openedFrom } from './views/opened.js';
import { namesTensor, permalinks } from './views/permalink.js';
import { problemsIn } from './views/problems.js';
import { showProgress } from './views/progress.js';
import { sampleNote } from './views/sample-note.js';
import { save, stem } from './views/save.js';
import { VERDICTS } from './views/scan-map.js';
import { scanSummary } from './views/summary.js';
import { TensorList } from './views/tensor-list.js';
import { tensorView } from './views/tensor.js';

/** @type {import('./types.js').Session} */
const session = await createSession();
// What the workers need is asked for before the views are made; both at once would be one long task.
await new Promise((resolve) => { setTimeout(resolve); });
const { comparison } = session;
const columns = tensorColumns(session);
/** @param {number} row */
const openTensor = (row) => opened.open(row);
const list = new TensorList('', session.state.rows, columns, columns[0], openTensor);
const map = new ModuleMap('map', VERDICTS, openTensor);
const matrix = new CastMatrix(session, openTensor);
const showCasts = castsView(session, (key) => matrix.rankBy(key));
const showSummary = scanSummary((query) => list.filter(query));
const showProblems = problemsIn(byId('problems'));
const showSample = sampleNote(() => openAddress(session.state.address?.text ?? '', false));
const tensor = tensorView(session, { step: (direction) => opened.step(direction) });
const opened = openedFrom(byId('tensor'), list, tensor, (row) => links.ofTensor(row));

const formats = formatsView(session);
const compare = compareView(session, show);
const openLab = labView(session);
const links = permalinks(session, { open: openLinked, openTensor, lookFor: (name) => list.filter(name), openLab, askComparison: askAgain });

/** Where an address is read; elsewhere its document is called. @param {string} text @param {boolean} isSampled */
function openAddress(text, isSampled) {
  if (document.documentElement.dataset.document === 'file') session.refuse('This file may connect nowhere, so that it cannot read from an address.');
  else if (!isRemote) return location.replace(`remote.html${location.hash}`);
  showAddress(text);
  if (isRemote) session.openAddress(addressOf(text, isSampled));
}

/** @param {string} text @param {string} hub */
function openLinked(text, hub) {
  showLinked(text, hub);
  openAddress(text, true);
}

/** In the document that may connect, files of one's own are not read; what is open there stays. @param {() => void} read */
function readOwn(read) {
  if (!isRemote) read();
  else if (!session.state.overview) session.refuse('This page may connect to other places, so it reads no files of yours. Open them on the page for local files, which may connect nowhere.');
}

/** @param {File[]} files */
function openFiles(files) {
  readOwn(() => {
    links.closed();
    session.open(files);
  });
}

/** An address names it: the scan is shown meanwhile. @param {string} text */
function askAgain(text) {
  compare.follow();
  forgetToken();
  askComparison(text);
}

/** Where an address may be read. @param {string} text of what is compared with what is open */
function compareAddress(text) {
  comparison.compareAddress(addressOf(text, false));
  compare.enter(links.compared(text));
}

/** The list, and what is opened from it, that are on the screen. */
const here = () => (compare.isShown ? compare : { list, opened, pair: tensor });

/** What is the same for a scan and a comparison. */
function showFrame() {
  const { isShown } = compare;
  const { phase, error } = isShown ? comparison.state : session.state;
  document.body.dataset.view = isShown ? 'compare' : 'scan';
  document.body.dataset.phase = session.state.phase;
  document.body.dataset.look = session.state.casts.phase;
  document.body.dataset.compare = comparison.state.phase;
  byId('failure').hidden = phase !== 'failed';
  setText(byId('failure-title'), `This could not be ${isShown ? 'compared' : 'read'}.`);
  setText(byId('failure-text'), error ?? '');
  showBar(session, isShown);
  showProgress(isShown ? comparison.state : session.state);
}

function show() {
  const { state } = session;
  const { phase, overview, rows } = state;
  showFrame();
  byId('welcome').hidden = phase !== 'empty';
  byId('entrance').hidden = phase !== 'empty' && phase !== 'failed';
  byId('summary').hidden = !overview;
  byId('tensors').hidden = !rows.length;
  showSummary(state);
  showSample(state);
  showProblems(overview?.problems ?? []);
  if (phase === 'reading header' || phase === 'failed') opened.close();
  showCasts(state);
  matrix.update(state);
  map.update(state);
  list.update(state);
  tensor.update();
  compare.update();
  links.update();
}

function showComparison() {
  showFrame();
  compare.update();
}

/** @param {KeyboardEvent} event */
function shortcut(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const { list, opened, pair } = here();
  const isTyping = event.target instanceof Element && event.target.matches('select, textarea, [type=search]');
  if (event.key === 'Escape' && isTyping && list.holds(event.target)) list.focus();
  else if (event.key === 'Escape' && pair.row >= 0) history.back();
  if (isTyping || list.isHidden) return;
  if (event.key === '/') {
    event.preventDefault();
    list.focusSearch();
  }
  if (event.key === 'j') opened.step(1);
  if (event.key === 'k') opened.step(-1);
}

/** The address has changed: to or from the formats, to or from the comparison, or away from what was opened. */
function follow() {
  const wasComparing = compare.isShown;
  const isFormats = formats.follow();
  if (location.hash === '#formats') return;
  if (compare.follow()) return;
  if (isFormats || wasComparing !== compare.isShown) return;
  if (!namesTensor()) here().opened.close();
  links.begin();
}

/** @param {string} id @param {(button: HTMLButtonElement) => void} click */
const onClick = (id, click) => byId(id).addEventListener('click', ({ currentTarget }) => click(/** @type {HTMLButtonElement} */ (currentTarget)));

const askComparison = wireChooser({
  open: openFiles,
  compare: (files) => readOwn(() => {
    comparison.compare(files);
    compare.enter();
  }),
  openAddress(text) {
    links.opened(text, hubGiven());
    openAddress(text, true);
  },
  compareAddress,
  openSample() {
    links.closed();
    session.openSample();
  },
  name: () => (session.state.overview ? session.state.overview.checkpoint.name : null),
  size: () => bytes(session.state.overview?.checkpoint.bytes ?? 0),
});
onClick('cancel', () => (compare.isShown ? comparison : session).cancel());
onClick('back', () => compare.leave());
onClick('to-comparison', () => compare.enter());
onClick('to-lab', () => openLab());
onClick('swap', () => comparison.swap());
wireMenu('export');
for (const as of /** @type {const} */ (['json', 'csv', 'md', 'html', 'svg'])) {
  const name = () => `${stem(session.state.overview?.checkpoint.name ?? 'report')}.floatscope.${as}`;
  onClick(`save-${as}`, (button) => save(button, () => session.saveReport(as), name()));
}
for (const as of /** @type {const} */ (['json', 'csv', 'md'])) {
  const name = () => `diff-${stem(comparison.state.names.a)}-${stem(comparison.state.names.b)}.${as}`;
  onClick(`save-diff-${as}`, (button) => save(button, () => comparison.save(as), name()));
}
addEventListener('popstate', follow);
addEventListener('keydown', shortcut);
session.onchange(show);
comparison.onchange(showComparison);
compare.follow();
show();
links.begin();
// The system opens files of ours with this page where it is installed.
/** @type {any} */ (globalThis).launchQueue?.setConsumer(async (/** @type {{files: FileSystemFileHandle[]}} */ { files }) => {
  if (!files.length) return;
  openFiles(await Promise.all(files.map((file) => file.getFile())));
});
const isReading = () => [session.state, comparison.state].some(({ phase }) => phase === 'reading header' || phase === 'scanning');
// Without it the page is as good, but for the next time without a network.
keepForOffline(isReading).catch(() => {});
