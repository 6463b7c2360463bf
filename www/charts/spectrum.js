// @ts-check
// The spectrum: how many values there are in each binade, on a logarithmic
// axis, with the range of each format as a band under it.

import { count, plural, powerOfTwo, value } from '../text/numbers.js';
import { s } from '../views/dom.js';
import { bandsFor, telling } from './bands.js';
import { readable } from './chart.js';

/** @typedef {import('../types.js').Part} Part */
/** @typedef {import('./bands.js').Band} Band */
/**
 * A bar: a binade, or what has no binade.
 * @typedef {object} Bar
 * @property {number | null} exponent null for zeros, infinities and NaNs
 * @property {string} label
 * @property {string} kind
 * @property {number} count
 */

/** Every spectrum shows at least these binades: spectra compare, and headroom shows. */
const LOWEST = -26;
const HIGHEST = 17;
const PLOT_HEIGHT = 220;
const AXIS_HEIGHT = 24;
const BAND_PITCH = 17;
const BAND_HEIGHT = 13;
const GUTTER = 76;
/** Room for the bars of zeros, infinities and NaNs, and the gap beside them. */
const ASIDE_BAR = 30;
const ASIDE_GAP = 16;

/** @param {Part} part @param {Band[]} bands @returns {[number, number]} first binade, and one past the last */
function domain({ exponents }, bands) {
  const { first, counts } = exponents;
  const [low, high] = first !== null ? [first - 1, first + counts.length + 1] : [0, 0];
  return [Math.min(low, bands.length ? LOWEST : -1), Math.max(high, HIGHEST)];
}

/** @param {Part} part @returns {{before: Bar[], after: Bar[]}} */
function asides({ stats, exponents }) {
  /** @param {string} label @param {string} kind @param {number} count */
  const bar = (label, kind, count) => (count ? [{ exponent: null, label, kind, count }] : []);
  return {
    before: bar('0', 'zero', exponents.zero),
    after: [...bar('−Inf', 'bad', stats.neg_inf), ...bar('+Inf', 'bad', stats.pos_inf), ...bar('NaN', 'bad', stats.nan)],
  };
}

/** @param {Part} part @param {[number, number]} domain @param {Band | undefined} stored @returns {Bar[]} */
function binades({ exponents: { first, counts } }, [low, high], stored) {
  return Array.from({ length: high - low }, (_, i) => {
    const exponent = low + i;
    const isSubnormal = stored !== undefined && exponent < stored.normal;
    return { exponent, label: powerOfTwo(exponent), kind: isSubnormal ? 'subnormal' : 'binade', count: (first !== null && counts[exponent - first]) || 0 };
  });
}

/** @param {Bar} bar */
function sayBar({ exponent, label, count: n }) {
  const values = plural(n, 'value');
  if (exponent === null) return `${label === '0' ? 'zero' : label}: ${values}`;
  const [from, to] = [2 ** exponent, 2 ** (exponent + 1)];
  return `${label} ≤ |x| < ${powerOfTwo(exponent + 1)}, ${value(from, 3)} to ${value(to, 3)}: ${values}`;
}

/** Where everything is across the picture. */
class Across {
  /** @param {number} width @param {Bar[]} before @param {Bar[]} bars @param {Bar[]} after */
  constructor(width, before, bars, after) {
    this.before = before.length;
    this.bars = bars.length;
    this.left = GUTTER + (before.length ? before.length * ASIDE_BAR + ASIDE_GAP : 0);
    this.right = width - (after.length ? after.length * ASIDE_BAR + ASIDE_GAP : 1);
    this.step = (this.right - this.left) / bars.length;
  }

  /** Left edge and width of a bar. @param {number} bar @returns {[number, number]} */
  place(bar) {
    if (bar < this.before) return [GUTTER + bar * ASIDE_BAR, ASIDE_BAR];
    const binade = bar - this.before;
    if (binade < this.bars) return [this.left + binade * this.step, this.step];
    return [this.right + ASIDE_GAP + (binade - this.bars) * ASIDE_BAR, ASIDE_BAR];
  }

  /** @param {number} x @param {number} bars all of them */
  at(x, bars) {
    for (let bar = 0; bar < bars; bar++) {
      const [left, width] = this.place(bar);
      if (x >= left && x < left + width) return bar;
    }
    return -1;
  }
}

/** Powers of ten up to the largest count; a single value still has a bar. @param {number} largest */
function vertical(largest) {
  const decades = Math.max(1, Math.log10(Math.max(largest, 1)) + 0.15);
  const base = 0.35;
  /** @param {number} n */
  return (n) => PLOT_HEIGHT * (1 - (Math.log10(n) + base) / (decades + base));
}

/** @param {number} n */
const tickLabel = (n) => (n < 1e6 ? count(n) : n < 1e9 ? `${count(n / 1e6)} million` : `${count(n / 1e9)} billion`);

/** @param {(n: number) => number} y @param {number} largest @param {number} width */
function grid(y, largest, width) {
  const lines = [];
  const decades = Math.floor(Math.log10(Math.max(largest, 1)));
  const every = decades > 7 ? 2 : 1;
  for (let decade = 0; decade <= decades; decade += every) {
    const at = Math.round(y(10 ** decade)) + 0.5;
    lines.push(
      s('line', { class: 'grid', x1: GUTTER, x2: width, y1: at, y2: at }),
      s('text', { x: GUTTER - 8, y: at + 4, 'text-anchor': 'end' }, tickLabel(10 ** decade)));
  }
  return lines;
}

/**
 * Bars beside the binades are as wide as theirs, in the middle of their labels.
 * @param {Bar} bar @param {[number, number]} place @param {number} step
 * @returns {[number, number]}
 */
function barPlace({ exponent }, [left, width], step) {
  if (exponent !== null) return [left, width];
  const own = Math.min(width, Math.max(step, 8));
  return [left + (width - own) / 2, own];
}

/** @param {Bar} bar @param {[number, number]} place @param {(n: number) => number} y */
function drawBar({ kind, count: n }, [left, width], y) {
  if (!n) return s('rect', { class: 'none', x: left, y: PLOT_HEIGHT, width: 0, height: 0 });
  const gap = width > 10 ? 1.5 : width > 5 ? 1 : width > 3 ? 0.5 : 0;
  const top = y(n);
  return s('rect', { class: kind, x: left + gap, width: Math.max(1, width - 2 * gap), y: top, height: PLOT_HEIGHT - top, rx: width > 6 ? 1.5 : 0 });
}

/** Exponents at round steps, as close as their labels allow. @param {Across} across @param {[number, number]} domain */
function axis(across, [low, high]) {
  const every = [1, 2, 4, 8, 16, 32, 64, 128, 256].find((step) => step * across.step >= 34) ?? 512;
  const labels = [];
  for (let exponent = Math.ceil(low / every) * every; exponent < high; exponent += every) {
    const x = across.left + (exponent - low) * across.step;
    labels.push(
      s('line', { class: 'tick', x1: x, x2: x, y1: PLOT_HEIGHT, y2: PLOT_HEIGHT + 4 }),
      s('text', { x, y: PLOT_HEIGHT + 16, 'text-anchor': 'middle' }, powerOfTwo(exponent)));
  }
  return labels;
}

/** @param {Bar[]} bars @param {Across} across */
function asideLabels(bars, across) {
  return bars.flatMap(({ exponent, label, kind }, bar) => {
    const [left, width] = across.place(bar);
    return exponent === null ? [s('text', { class: kind, x: left + width / 2, y: PLOT_HEIGHT + 16, 'text-anchor': 'middle' }, label)] : [];
  });
}

/**
 * @param {Band} band @param {number} top @param {Across} across @param {[number, number]} domain
 * @param {boolean} isFirst names the two parts of the first band only
 */
function drawBand(band, top, across, [low, high], isFirst) {
  /** @param {number} exponent */
  const x = (exponent) => across.left + (Math.min(Math.max(exponent, low), high) - low) * across.step;
  /** @param {number} from @param {number} to @param {string} kind */
  const stretch = (from, to, kind) => (to > from ? [s('rect', { class: kind, x: from, width: to - from, y: top, height: BAND_HEIGHT })] : []);
  const [from, middle, end] = [x(band.subnormal), x(band.normal), x(band.end)];
  /** Covers the bars that the format cannot hold, while one points at its band. @param {number} from @param {number} to */
  const veil = (from, to) => s('rect', { class: 'veil', x: from, width: Math.max(0, to - from), y: 0, height: PLOT_HEIGHT });
  return s('g', { class: `band${band.isStored ? ' stored' : ''}` },
    s('rect', { class: 'hit', x: 0, width: across.right, y: top - 2, height: BAND_PITCH }),
    veil(across.left, from), veil(end, across.right),
    s('text', { x: GUTTER - 8, y: top + 10.5, 'text-anchor': 'end' }, band.name),
    ...stretch(from, middle, 'low'), ...stretch(middle, end, 'full'),
    ...caption(band, from, middle, end, top + 10, isFirst, low, high));
}

/** @param {string[]} names */
const listed = (names) => [names.slice(0, -1).join(', '), names.at(-1)].filter(Boolean).join(' and ');

/**
 * What a band says of itself, where it has the room.
 * @param {Band} band @param {number} from @param {number} middle @param {number} end @param {number} y
 * @param {boolean} isFirst @param {number} low @param {number} high
 */
function caption(band, from, middle, end, y, isFirst, low, high) {
  /** @param {number} left @param {number} right @param {string} text */
  const inside = (left, right, text) => (right - left > text.length * 6 + 8 ? [s('text', { x: left + 6, y, class: 'in' }, text)] : []);
  const reaches = band.normal < low && band.end > high;
  if (reaches) {
    const range = `from ${powerOfTwo(band.normal)} to ${powerOfTwo(band.end)}`;
    const others = band.alike.length ? `; ${listed(band.alike)} ${band.alike.length > 1 ? 'reach' : 'reaches'} past this picture, too` : '';
    const whole = inside(middle, end, range + others);
    return whole.length ? whole : inside(middle, end, range);
  }
  const normal = inside(middle, end, isFirst ? 'normal numbers' : '');
  return [...normal, ...inside(from, middle, isFirst ? 'subnormal' : '')];
}

/**
 * The band that names its two parts: the first whose subnormals have the room.
 * @param {Band[]} bands @param {number} low @param {number} step pixels a binade
 */
const firstWithRoom = (bands, low, step) => bands.findIndex(({ subnormal, normal }) => (normal - Math.max(subnormal, low)) * step > 64);

/**
 * @param {number} width
 * @param {{before: Bar[], bars: Bar[], after: Bar[], domain: [number, number], bands: Band[]}} picture
 */
function draw(width, { before, bars, after, domain, bands }) {
  const all = [...before, ...bars, ...after];
  const across = new Across(width, before, bars, after);
  const largest = Math.max(...all.map(({ count }) => count));
  const y = vertical(largest);
  const height = PLOT_HEIGHT + AXIS_HEIGHT + bands.length * BAND_PITCH;
  const marks = all.map((bar, i) => drawBar(bar, barPlace(bar, across.place(i), across.step), y));
  const cursor = s('rect', { class: 'cursor', y: 0, height, width: 0, x: 0 });
  const named = firstWithRoom(bands, domain[0], across.step);
  const svg = s('svg', { width, height, 'aria-hidden': 'true' },
    ...grid(y, largest, width), cursor, ...marks,
    s('line', { class: 'base', x1: GUTTER, x2: width, y1: PLOT_HEIGHT + 0.5, y2: PLOT_HEIGHT + 0.5 }),
    ...axis(across, domain), ...asideLabels(all, across),
    ...bands.map((band, i) => drawBand(band, PLOT_HEIGHT + AXIS_HEIGHT + i * BAND_PITCH, across, domain, i === named)));
  /** @param {number} bar */
  const highlight = (bar) => {
    const [x, barWidth] = bar < 0 ? [0, 0] : across.place(bar);
    cursor.setAttribute('x', String(x));
    cursor.setAttribute('width', String(barWidth && Math.max(1, barWidth)));
    marks.forEach((mark, i) => mark.classList.toggle('on', i === bar));
  };
  return { svg, highlight, markAt: (/** @type {number} */ x) => across.at(x, all.length) };
}

/**
 * @param {Part} part @param {string} dtype
 * @param {import('../types.js').FormatRange[]} formats
 */
export function spectrum(part, dtype, formats) {
  const formatBands = bandsFor(formats, dtype);
  const range = domain(part, formatBands);
  const bands = telling(formatBands, range);
  const { before, after } = asides(part);
  const bars = binades(part, range, bands[0]);
  const all = [...before, ...bars, ...after];
  const fullest = all.reduce((best, { count }, i) => (count > all[best].count ? i : best), 0);
  return readable({
    label: `Counts of values per binade; the fullest: ${sayBar(all[fullest])}`,
    marks: all.length,
    start: fullest,
    say: (mark) => sayBar(all[mark]),
    hint: 'Values in each binade, 2ᵏ ≤ |x| < 2ᵏ⁺¹, on a logarithmic axis. Point at a bar for its count.',
    draw: (width) => draw(width, { before, bars, after, domain: range, bands }),
  });
}
