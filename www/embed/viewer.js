// @ts-check
// <floatscope-viewer>: what a checkpoint's bits carry, on anybody's page. It shows a report at once and reads
// the checkpoint itself when it is asked to.

import { createSession } from '../engine/session.js';
import { manners } from '../engine/supply.js';
import { h, setText } from '../views/dom.js';
import { firstWords, paceOf } from '../views/progress.js';
import { Board, viewOf } from './board.js';
import { STYLE } from './made.js';
import { ReportError, fetchReport, saysOf, shownOf } from './report.js';

/** @typedef {import('../types.js').Session} Session */

manners.isGuest = true;

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);

/** The page that can do more. */
const HOSTED = new URL('../remote.html', import.meta.url);

/** An empty module: whether it may be compiled says what the policy of the page around allows. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function mayCompute() {
  try {
    return Boolean(new WebAssembly.Module(EMPTY));
  } catch {
    return false;
  }
}

/** A path is one of the page around; a URL, and ORG/MODEL of a hub, stay as they are. @param {string} src */
function addressOf(src) {
  const isPath = /^[./]|\.(?:safetensors|json)$/i.test(src) && !/^[a-z][a-z0-9+.-]*:/i.test(src);
  return isPath && URL.canParse(src, document.baseURI) ? new URL(src, document.baseURI).href : src;
}

/** As people read it. @param {string} url */
const brief = (url) => url.replace(/^https?:\/\//, '');

export class FloatscopeViewer extends HTMLElement {
  static observedAttributes = ['src', 'report', 'view', 'tensor', 'theme', 'hub'];

  #root = this.attachShadow({ mode: 'open' });
  #name = h('span', { class: 'file' });
  #away = h('a', { class: 'away', target: '_blank', rel: 'noopener' }, 'Open in Floatscope');
  #says = h('p', { class: 'says', role: 'status' });
  #read = h('button', { type: 'button', hidden: true, on: { click: () => this.#readSource() } }, 'Read it yourself');
  #cancel = h('button', { type: 'button', hidden: true, on: { click: () => this.#session?.cancel() } }, 'Cancel');
  #bar = h('progress', { max: 1, value: 0, 'aria-label': 'Bytes read', hidden: true });
  #error = h('p', { class: 'failed', role: 'alert', hidden: true });
  #place = h('div');
  #article = h('article', { class: 'viewer', 'aria-label': 'Floatscope' },
    h('header', {}, h('b', { class: 'brand' }, 'Floatscope'), this.#name, this.#read, this.#cancel, this.#away),
    this.#bar, this.#says, this.#error, this.#place);
  /** @type {Board | null} */
  #board = null;
  /** What reads the checkpoint. @type {Session | null} */
  #session = null;
  /** What was asked for last, and how it is given up. */
  #job = new AbortController();
  #isAskedSoon = false;
  /** Whether it has to begin when it is on a page. */
  #isOut = true;
  /** Why it could not be read. @type {string | null} */
  #failure = null;
  /** What the policy of the page around forbade meanwhile. */
  #forbidden = '';

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(h('div', { class: 'frame' }, this.#article));
  }

  connectedCallback() {
    document.addEventListener('securitypolicyviolation', this.#violated);
    if (this.#isOut) this.#soon();
  }

  disconnectedCallback() {
    document.removeEventListener('securitypolicyviolation', this.#violated);
    // One that is only moved is connected again at once.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#isOut = true;
      this.#giveUp();
    });
  }

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (before === now) return;
    const isOther = name === 'src' || name === 'report' || name === 'hub';
    if (!this.isConnected) this.#isOut ||= isOther;
    else if (isOther) this.#soon();
    else if (name === 'theme') this.#board?.map.repaint();
    else this.#show();
  }

  /** Attributes that are set one after the other are one wish. */
  #soon() {
    if (this.#isAskedSoon) return;
    this.#isAskedSoon = true;
    queueMicrotask(() => {
      this.#isAskedSoon = false;
      if (!this.isConnected) return;
      this.#isOut = false;
      this.#load();
    });
  }

  #giveUp() {
    this.#job.abort();
    this.#session?.end();
    this.#session = null;
    this.#board = null;
    this.#place.replaceChildren();
  }

  async #load() {
    this.#giveUp();
    this.#failure = null;
    this.#job = new AbortController();
    const { signal } = this.#job;
    const [src, report] = [this.getAttribute('src'), this.getAttribute('report')];
    this.#tell({});
    setText(this.#name, brief(src ?? report ?? ''));
    this.#link();
    if (!src && !report) return this.#tell({ error: 'This element shows a checkpoint: its report="…" names a report that Floatscope wrote, its src="…" a checkpoint.' });
    if (!report) return this.#readSource();
    this.#tell({ says: 'Loading the report…' });
    try {
      const found = await fetchReport(report, signal);
      if (signal.aborted) return;
      this.#tell({});
      this.#furnish(shownOf(found), saysOf(String(found.floatscope)));
      if (src) this.#offer();
    } catch (error) {
      if (signal.aborted) return;
      const { message } = /** @type {Error} */ (error);
      this.#board = null;
      this.#place.replaceChildren();
      this.#tell({ error: error instanceof ReportError ? message : `${report} is damaged and cannot be drawn. (${message})` });
      if (src) this.#offer();
    }
  }

  /** What was reported can be read again, where the page around allows it. */
  #offer() {
    if (mayCompute()) this.#read.hidden = false;
    else setText(this.#says, 'This page’s policy does not let WebAssembly run, so the checkpoint cannot be read here: what you see is the report.');
  }

  /** @param {boolean} [isSampled] */
  #readSource(isSampled = true) {
    const src = this.getAttribute('src') ?? '';
    if (!mayCompute()) return this.#tell({ error: 'This page’s policy does not let WebAssembly run, so nothing can be computed here. The link above opens the checkpoint on a page that can.' });
    this.#forbidden = '';
    this.#failure = null;
    const session = createSession();
    this.#session?.end();
    this.#session = session;
    this.#tell({ says: 'Reading the header…' });
    session.onchange(() => { if (session === this.#session) this.#follow(session); });
    session.openAddress({ text: addressOf(src), hub: this.getAttribute('hub') ?? '', token: '', isSampled });
  }

  /** @param {Session} session that has changed */
  #follow(session) {
    const { phase, progress, overview, error } = session.state;
    const isBusy = phase === 'scanning' || phase === 'reading header';
    if (phase === 'empty' || (phase === 'cancelled' && this.hasAttribute('report'))) {
      // Back to the report, where there is one.
      this.#session = null;
      session.end();
      return this.#load();
    }
    if (phase === 'failed') {
      this.#session = null;
      this.#failure = error ?? '';
      this.#tellFailure();
      if (this.#board?.session === session) this.#place.replaceChildren();
      return;
    }
    this.#tell({ says: phase === 'scanning' ? paceOf(progress).join(' · ') : isBusy ? firstWords(progress) : '', share: isBusy ? (progress.total && progress.bytes / progress.total) : null });
    if (!overview) return;
    if (this.#board?.session !== session) this.#furnish(session);
    else this.#board.update();
  }

  /** @param {import('../types.js').Shown} shown @param {ReturnType<typeof saysOf>} [says] of a report */
  #furnish(shown, says) {
    setText(this.#name, shown.state.overview?.checkpoint.name ?? '');
    this.#article.setAttribute('aria-label', `Floatscope: ${this.#name.textContent}`);
    this.#board = new Board(this.#root, this.#place, shown, says, says ? null : () => this.#readSource(false), () => this.#link());
    this.#board.update();
    this.#show();
  }

  /** What the attributes ask for. */
  #show() {
    const tensor = this.getAttribute('tensor');
    this.#board?.show(viewOf(this.getAttribute('view'), tensor ? 'tensor' : 'summary'), tensor);
  }

  #tellFailure() {
    // What follows from what the policy forbade is of no use to anybody.
    this.#tell({ error: `It could not be read here. ${this.#forbidden || this.#failure}`, canRead: true });
  }

  /** Above the views, as much as there is. @param {{says?: string, error?: string, share?: number | null, canRead?: boolean}} notice */
  #tell({ says = '', error = '', share = null, canRead = false }) {
    setText(this.#says, says);
    setText(this.#error, error);
    this.#error.hidden = !error;
    this.#read.hidden = !canRead;
    setText(this.#read, canRead ? 'Try again' : 'Read it yourself');
    this.#cancel.hidden = this.#bar.hidden = share === null;
    if (share) this.#bar.value = share;
    else this.#bar.removeAttribute('value');
  }

  /** To the page, at what is shown here. */
  #link() {
    const src = this.getAttribute('src');
    const said = new URLSearchParams(src ? { src: addressOf(src) } : {});
    const tensor = this.#board?.tensor;
    if (src && tensor) said.set('tensor', tensor);
    if (src && this.#board) said.set('view', this.#board.view);
    const hub = this.getAttribute('hub');
    if (src && hub) said.set('hub', hub);
    this.#away.hidden = !src;
    this.#away.href = `${HOSTED.href}#${said}`;
  }

  /** @param {SecurityPolicyViolationEvent} violation */
  #violated = ({ effectiveDirective, blockedURI }) => {
    const isOurs = /^(?:worker|script|connect)-src|trusted-types/.test(effectiveDirective);
    if (!isOurs || (!this.#session && this.#failure === null)) return;
    // Trusted Types name what was wanted in place of an address.
    const what = effectiveDirective === 'trusted-types' ? 'the policy floatscope' : blockedURI || 'it';
    this.#forbidden = `This page’s policy forbids it: its ${effectiveDirective} does not allow ${what}.`;
    // It may be told after the failure.
    if (this.#failure !== null) this.#tellFailure();
  };
}
