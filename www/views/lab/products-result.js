// @ts-check
// What matrix products have shown: a sentence, which layers are sensitive, and every figure.

import { mapPicture } from '../../charts/map.js';
import { NOTHING, count, percent, plural, shape, value } from '../../text/numbers.js';
import { sentence } from '../../text/sentences.js';
import { h, setText } from '../dom.js';
import { cellsOf } from '../map-cells.js';
import { depths, lineNames, lookOfNumbers } from '../map.js';
import { inSlices } from '../slices.js';
import { table } from './table.js';

/** @typedef {import('../../lab.js').ProductsReport} ProductsReport */
/** @typedef {import('../../lab.js').ProductFigures} ProductFigures */
/** @typedef {import('../../lab.js').ProductTensor} ProductTensor */

/** Lines of a list; the JSON has all. */
const MOST_LINES = 500;

/** What cells are coloured by; deep where it is small, where it falls. @type {[title: string, number: (tensor: ProductTensor) => number, isFalling: boolean][]} */
const MEASURES = [
  ['relative RMS of a − b', ({ sums }) => Number(sums.relative_rms ?? NaN), false],
  ['share of equal outputs in BF16', ({ rounded }) => rounded.equal_share ?? NaN, true],
  ['share of equal outputs in FP32', ({ sums }) => sums.equal_share ?? NaN, true],
  ['largest |a − b|', ({ sums }) => Number(sums.max_abs ?? NaN), false],
];

/** What says most comes first: on a phone the rest is beyond the edge. */
const TITLES = ['relative RMS', 'max |a − b|', 'equal in BF16', 'equal in FP32', 'outputs'];
const NOT_FINITE = ['not finite: a', 'b'];

/** @param {import('../../lab.js').Real | null} number */
const figure = (number) => (number === null ? NOTHING : value(number, 3));
/** @param {number | null} share */
const shareOf = (share) => (share === null ? NOTHING : percent(share));

/** @param {number} n */
const matrices = (n) => `${count(n)} ${n === 1 ? 'matrix' : 'matrices'}`;

/** Figures and their titles; those of what is not finite only where something is. @param {ProductFigures} total */
function columns({ outputs, sums }) {
  const isFinite = sums.finite === outputs;
  return {
    titles: isFinite ? TITLES : [...TITLES, ...NOT_FINITE],
    /** @param {ProductFigures} figures */
    figures: ({ outputs, sums, rounded }) => [
      figure(sums.relative_rms), figure(sums.max_abs), shareOf(rounded.equal_share), shareOf(sums.equal_share), count(outputs),
      ...(isFinite ? [] : [sums.a_not_finite, sums.b_not_finite].map((n) => (n ? count(n) : NOTHING))),
    ],
  };
}

/** The pattern of a name, as the pools have it. @param {string} name */
const patternOf = (name) => name.split('.').map((part) => (/^\d+$/.test(part) ? '*' : part)).join('.');

/** Modules by layers. It is there a little later: many tensors are sorted into cells in slices of time. @param {ProductsReport} report */
function sensitivity({ tensors, pools }) {
  const place = h('div', { class: 'sensitivity' });
  const scale = h('span', { class: 'note figures' });
  let measure = MEASURES[0];
  let paint = () => {};
  /** @type {(tensors: number[]) => import('../../charts/map.js').Look} */
  let look = () => ({ row: -1, says: '', fill: [] });
  function colour() {
    const [, number, isFalling] = measure;
    const numberOf = (/** @type {number} */ row) => number(tensors[row]);
    const { low, high, depth } = depths(numberOf, tensors.length, isFalling);
    look = (rows) => lookOfNumbers(numberOf, depth, isFalling, rows);
    const [pale, deep] = isFalling ? [high, low] : [low, high];
    setText(scale, low <= high ? `pale ${value(pale, 3)}, deep ${value(deep, 3)}` : '');
    paint();
  }
  const choice = h('select', { on: { change: () => { measure = MEASURES[choice.selectedIndex]; colour(); } } }, ...MEASURES.map(([title]) => h('option', {}, title)));
  const lines = new Map(pools.map(({ pattern }, line) => [pattern, line]));
  const rows = { length: tensors.length, name: (/** @type {number} */ row) => tensors[row].name, pattern: (/** @type {number} */ row) => lines.get(patternOf(tensors[row].name)) ?? 0 };
  colour();
  inSlices(cellsOf(/** @type {any} */ (rows), pools.map(({ pattern }) => pattern)), () => false).then((cells) => {
    if (!cells) return;
    const picture = mapPicture({
      label: 'Sensitivity by module and layer; the tables below say the same',
      hint: 'A line is a module, the most sensitive first, a column a layer. Point at a cell for its figure.',
      cells, names: lineNames(cells), look: (rows) => look(rows),
      say(mark) {
        const here = cells.tensors[mark];
        if (!here) return 'no matrix';
        const { row, says } = look(here);
        return `${tensors[row].name}${here.length > 1 ? ` and ${count(here.length - 1)} more` : ''}: ${measure[0]} ${says}`;
      },
    });
    paint = picture.paint;
    place.append(picture.element);
  });
  return [h('h3', {}, 'Which layers are sensitive'), h('p', { class: 'tools' }, h('label', {}, 'coloured by ', choice), scale), place];
}

/** @param {string} title @param {(string | Node)[][]} rows @param {string[]} titles */
function listed(title, titles, rows) {
  const more = rows.length - MOST_LINES;
  return h('details', {}, h('summary', {}, title), table(title, titles, rows.slice(0, MOST_LINES)), more > 0 && h('p', { class: 'note' }, `and ${count(more)} more, which the JSON has`));
}

/** @param {ProductsReport} report */
export function productsResult(report) {
  const { a, b, tokens, seed, device, tensors, pools, skipped, problems, total } = report;
  const { titles, figures } = columns(total);
  const several = pools.filter(({ tensors }) => tensors > 1);
  /** @param {{model: string, says: string}} side */
  const model = ({ model, says }) => [h('span', { class: 'code' }, model), `: ${says}.`];
  return [
    h('p', { class: 'lead headline' }, report.headline),
    h('p', { class: 'sub' }, [matrices(tensors.length), plural(total.outputs, 'output'), `${plural(tokens, 'token')} of seed ${seed}`].join(' · '), ` · ${device.says}`),
    h('p', { class: 'note' }, 'a is ', ...model(a), ' b is ', ...model(b)),
    ...(problems.length ? [h('ul', { class: 'error' }, ...problems.slice(0, MOST_LINES).map(({ file, tensor, what }) => h('li', {}, sentence(`${tensor ?? file}: ${what}`))))] : []),
    ...(tensors.length > 1 ? sensitivity(report) : []),
    ...(several.length ? [h('h3', {}, 'Modules, over all layers'), table('Modules over all layers', ['module', ...titles, 'matrices'], several.map((pool) => [h('span', { class: 'code' }, pool.pattern), ...figures(pool), count(pool.tensors)]))] : []),
    ...(tensors.length ? [listed(`All ${matrices(tensors.length)}, the most sensitive first`, ['tensor', ...titles, 'dtype', 'shape'], tensors.map((tensor) => [h('span', { class: 'code' }, tensor.name), ...figures(tensor), tensor.dtype, shape(tensor.shape)]))] : []),
    ...(skipped.length ? [listed(`${plural(skipped.length, 'tensor')} left out`, ['tensor', 'dtype', 'shape', 'why'], skipped.map(({ name, dtype, shape: sides, why }) => [h('span', { class: 'code' }, name), dtype, shape(sides), why]))] : []),
    h('p', { class: 'note' }, 'Relative RMS: that of a − b in FP32 over that of the sums in FP64. In BF16: of the sums rounded to it, as a model in BF16 hands them on.'),
  ];
}
