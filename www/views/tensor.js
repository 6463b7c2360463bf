// @ts-check
// One tensor: what is seen in a sentence, and the evidence beside it.

import { partFormat } from '../charts/bands.js';
import { bitPlanes, fieldsOf } from '../charts/bit-planes.js';
import { quantilePicture } from '../charts/quantiles.js';
import { spectrum } from '../charts/spectrum.js';
import { visible } from '../text/names.js';
import { bytes, entropy, shape } from '../text/numbers.js';
import { bitsSentence, valuesSentence } from '../text/sentences.js';
import { ancestrySections, notes, together, verdictLine } from './ancestry.js';
import { castsOfTensor } from './cast-tensor.js';
import { byId, h } from './dom.js';
import { breakable, furnishArticle } from './opened.js';
import { problemItem } from './problems.js';
import { sampleLine } from './sample-note.js';
import { statistics } from './statistics.js';

/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('../types.js').Part} Part */
/** @typedef {import('../types.js').Bits} Bits */
/** @typedef {import('../charts/bit-planes.js').Field} Field */
/** @typedef {import('../types.js').FormatRange} FormatRange */
/** @typedef {import('../types.js').State} State */

/** @param {TensorReport} report @returns {Part[]} two of a complex tensor */
export function partsOf({ stats, bits, exponents, sample }) {
  const [s, b, e, i] = /** @type {any[]} */ ([stats, bits, exponents, sample?.intervals]);
  if (!('re' in stats)) return [{ title: '', prefix: '', stats: s, bits: b, exponents: e, intervals: i }];
  return [
    { title: 'real', prefix: 're.', stats: s.re, bits: b.re, exponents: e.re, intervals: i?.re },
    { title: 'imaginary', prefix: 'im.', stats: s.im, bits: b.im, exponents: e.im, intervals: i?.im },
  ];
}

/** @param {Part} part @param {string} text */
const heading = ({ title }, text) => h('h3', {}, title ? `${text}, ${title} part` : text);

/** The fields with their colours and entropies: the key of the picture. @param {Bits} bits @param {Set<Field>} fields */
function entropies(bits, fields) {
  /** @type {[Field, number | null, boolean][]} */
  const known = [['sign', bits.sign_entropy, true], ['exponent', bits.exponent_entropy, true], ['mantissa', bits.mantissa_entropy, bits.exact]];
  const keys = known.filter(([field, amount]) => fields.has(field) && amount != null).map(([field, amount, isExact]) =>
    h('span', { class: 'key' }, h('i', { 'data-field': field }), `${field} ${isExact ? '' : '≤ '}${entropy(amount)}`));
  return h('p', { class: 'entropies figures' }, ...keys.flatMap((key) => [key, ' ']), h('b', {}, bitsSentence(bits)));
}

/** @param {Part} part @param {TensorReport} report @param {FormatRange[]} formats */
function pictures(part, { dtype }, formats) {
  if (part.stats.count === 0) return [];
  const strip = quantilePicture(part.stats);
  const fields = fieldsOf(formats.find(({ name }) => name === partFormat(dtype)), part.bits.plane_ones.length);
  return [
    h('section', { class: 'wide' }, heading(part, 'Spectrum'), spectrum(part, dtype, formats)),
    h('section', {}, heading(part, 'Bit planes'), bitPlanes(part.bits, fields), entropies(part.bits, new Set(fields))),
    strip && h('section', {}, heading(part, 'Where the values lie'), strip),
  ];
}

/** @param {Part} part */
const seen = (part) => h('p', { class: 'seen' }, part.title && h('span', { class: 'part' }, `The ${part.title} part: `), valuesSentence(part.stats));

/** What its values are; of an empty tensor the verdict has said it. @param {TensorReport} report @param {Part[]} parts */
const valuesOf = ({ ancestry }, parts) => (ancestry.label === 'empty' ? [] : parts.map(seen));

/** The verdict on the tensors with this one's place in their layers. @param {State} state @param {number} row */
function poolOf({ overview, rows }, row) {
  const pattern = overview?.patterns[rows.pattern(row)];
  return overview?.pools.find((pool) => pool.pattern === pattern);
}

/**
 * @param {TensorReport} report @param {FormatRange[]} formats @param {import('../types.js').Pool | undefined} pool
 * @param {Node | undefined} casts the section on them
 */
function evidence(report, formats, pool, casts) {
  const parts = partsOf(report);
  return [
    h('p', { class: 'meta figures' }, [report.dtype, shape(report.shape), bytes(report.bytes), report.file].join(' · ')),
    ...sampleLine(report), verdictLine(report), ...together(report, pool), ...notes(report), ...valuesOf(report, parts),
    h('div', { class: 'evidence' }, ...ancestrySections(report), ...parts.flatMap((part) => pictures(part, report, formats)), casts,
      h('section', { class: 'wide' }, h('h3', {}, 'Statistics'), statistics(parts))),
  ];
}

/**
 * @param {import('../types.js').Shown} session
 * @param {import('./opened.js').WaysOut} actions
 * @param {import('./dom.js').Root} [root]
 */
export function tensorView(session, actions, root = document) {
  const article = byId('tensor', root);
  const { name, body } = furnishArticle(article, 'Tensor', actions);
  let [shown, isComplete, isLast] = [-1, false, false];
  /** @type {ReturnType<typeof castsOfTensor>} */
  let casts = null;

  /** @param {number} row */
  async function fill(row) {
    const report = await session.tensor(row);
    if (row !== shown || isLast) return;
    isComplete = report !== undefined;
    isLast = isComplete && session.state.phase !== 'scanning';
    // With its figures and not before them: a name never stands over another tensor's.
    name.replaceChildren(...breakable(visible(session.state.rows.name(row))));
    casts = report ? castsOfTensor(report, session, row) : null;
    if (report) body.replaceChildren(...evidence(report, session.formats, poolOf(session.state, row), casts?.element));
    else body.replaceChildren(...waiting(session.state, row));
  }

  return {
    get row() { return shown; },
    /** @param {number} row */
    show(row) {
      [shown, isComplete, isLast, casts] = [row, false, false, null];
      article.hidden = false;
      return fill(row);
    },
    hide() {
      shown = -1;
      article.hidden = true;
      body.replaceChildren();
    },
    /** Fills in when the tensor has been read, and what all together show when they have. */
    update() {
      if (shown < 0) return;
      const { phase, rows } = session.state;
      const isPooled = !isLast && phase !== 'scanning' && poolOf(session.state, shown) !== undefined;
      if (isComplete ? isPooled : rows.status(shown) !== 'waiting') fill(shown);
      else casts?.update();
    },
  };
}

/** A tensor without figures: not yet, or never. @param {State} state @param {number} row */
function waiting({ overview, phase, rows }, row) {
  const problems = (overview?.problems ?? []).filter(({ tensor }) => tensor === rows.name(row));
  if (problems.length) return [h('ul', { class: 'seen problems' }, ...problems.map(problemItem))];
  const text = phase === 'scanning' ? 'Not read yet: its figures appear here when it has been.' : 'It was not read.';
  return [h('p', { class: 'seen' }, text)];
}
