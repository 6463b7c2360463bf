// @ts-check
// Keeps elements only for the lines near the screen, however many there are.
// The page itself scrolls, unless the list has a box of its own.

/** Lines drawn beyond each edge of the screen. */
const MARGIN = 6;

/**
 * @typedef {object} LineMaker
 * @property {() => HTMLElement} create
 * @property {(element: HTMLElement, line: number) => void} fill
 * @property {() => number} coverTop pixels at the top of the screen, or of the box, that sticky parts cover
 */

export class ListWindow {
  /** @type {Map<number, HTMLElement>} */
  #drawn = new Map();
  #length = 0;
  #kept = -1;
  #lineHeight = 32;
  #isQueued = false;
  /** What the lines say may have changed, not only which are on the screen. */
  #isChanged = false;

  /**
   * @param {HTMLElement} body gets one child per visible line
   * @param {LineMaker} maker
   * @param {HTMLElement | null} box that scrolls; otherwise the page does
   */
  constructor(body, maker, box = null) {
    this.body = body;
    this.maker = maker;
    this.box = box;
    (box ?? window).addEventListener('scroll', () => this.#queue(), { passive: true });
    addEventListener('resize', () => { this.#measure(); this.#queue(); });
    new ResizeObserver(() => this.#measure()).observe(body);
  }

  /** How many lines there are from now on. @param {number} lines */
  resize(lines) {
    this.#length = lines;
    this.#measure();
    this.draw();
  }

  /** This line has an element even off the screen: assistive software points at it. @param {number} line */
  keep(line) {
    this.#kept = line;
  }

  /** Draws at the next frame. */
  draw() {
    this.#isChanged = true;
    this.#queue();
  }

  #queue() {
    if (this.#isQueued) return;
    this.#isQueued = true;
    requestAnimationFrame(() => this.#drawLines());
  }

  /** Where lines can be seen, from the top of the screen. */
  get #view() {
    return this.box?.getBoundingClientRect() ?? { top: 0, bottom: innerHeight };
  }

  /** Lines that fit on the screen. */
  get page() {
    const { top, bottom } = this.#view;
    return Math.max(1, Math.floor((bottom - top - this.maker.coverTop()) / this.#lineHeight) - 1);
  }

  /** Scrolls as little as shows the line. @param {number} line */
  reveal(line) {
    const top = this.body.getBoundingClientRect().top + line * this.#lineHeight;
    const view = this.#view;
    const above = top - view.top - this.maker.coverTop();
    const below = top + this.#lineHeight - view.bottom;
    if (above < 0 || below > 0) (this.box ?? window).scrollBy(0, above < 0 ? above : below);
    this.drawNow();
  }

  /** Draws at once, for who is in a frame already. */
  drawNow() {
    this.#isChanged = true;
    this.#drawLines();
  }

  #drawLines() {
    this.#isQueued = false;
    if (!this.body.offsetParent) return;
    const wanted = this.#wanted();
    const spare = [...this.#drawn.keys()].filter((line) => !wanted.has(line));
    for (const line of wanted) this.#place(line, this.#drawn.get(line) ?? this.#take(spare.pop()));
    for (const line of spare) this.#take(line).remove();
    this.#isChanged = false;
  }

  #wanted() {
    const { top } = this.body.getBoundingClientRect();
    const view = this.#view;
    const lines = new Set();
    const first = Math.max(0, Math.floor((view.top - top) / this.#lineHeight) - MARGIN);
    const end = Math.min(this.#length, Math.ceil((view.bottom - top) / this.#lineHeight) + MARGIN);
    for (let line = first; line < end; line++) lines.add(line);
    if (this.#kept >= 0 && this.#kept < this.#length) lines.add(this.#kept);
    return lines;
  }

  /** The element of a line that is no longer wanted, or a new one. @param {number | undefined} line */
  #take(line) {
    const element = line === undefined ? undefined : this.#drawn.get(line);
    if (line !== undefined) this.#drawn.delete(line);
    return element ?? this.maker.create();
  }

  /** @param {number} line @param {HTMLElement} element */
  #place(line, element) {
    const isThere = this.#drawn.get(line) === element;
    if (isThere && !this.#isChanged) return;
    if (!isThere) this.#move(line, element);
    this.maker.fill(element, line);
  }

  /** @param {number} line @param {HTMLElement} element */
  #move(line, element) {
    this.#drawn.set(line, element);
    element.style.setProperty('transform', `translateY(${line * this.#lineHeight}px)`);
    if (!element.parentNode) this.body.append(element);
  }

  /** The height of a line follows the font, the zoom and the width of the screen. */
  #measure() {
    if (!this.body.offsetParent) return;
    const probe = this.body.appendChild(this.maker.create());
    const height = probe.getBoundingClientRect().height;
    probe.remove();
    this.body.style.setProperty('height', `${this.#length * height}px`);
    if (height === this.#lineHeight) return;
    this.#lineHeight = height;
    for (const element of this.#drawn.values()) element.remove();
    this.#drawn.clear();
    this.draw();
  }
}
