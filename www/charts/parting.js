// @ts-check
// Where two runs of a model part: a cell for each module and layer, the deeper the further
// apart its results are, and blank where all are equal.

import { percent, value } from '../text/numbers.js';
import { h, s } from '../views/dom.js';
import { readable } from './chart.js';

/** @typedef {import('../lab.js').ModuleDifference} ModuleDifference */

const LETTER = 6.7;
const [PITCH, AXIS, WIDEST] = [19, 20, 56];
/** Room for the name of the first to differ. */
const TOP = 20;
/** The faintest cell that differs. */
const FAINTEST = 0.14;

/** @param {ModuleDifference} module */
const says = ({ name, mean_abs, max_abs, equal }) => (equal === 1 ? `${name}: all results are equal`
  : `${name}: differs by ${value(mean_abs)} on average, at most ${value(max_abs)}; ${percent(equal)} are equal`);

/** Modules of the layers as lines and columns. @param {ModuleDifference[]} modules */
function grid(modules) {
  const cells = modules.flatMap((module) => {
    const found = /^layers\.(\d+)\.(.+)$/.exec(module.name);
    return found ? [{ module, layer: Number(found[1]), part: found[2] }] : [];
  });
  return { cells, parts: [...new Set(cells.map(({ part }) => part))], layers: Math.max(0, ...cells.map(({ layer }) => layer)) + 1 };
}

/** @param {ModuleDifference[]} modules */
function extent(modules) {
  const means = modules.map(({ mean_abs }) => Number(mean_abs)).filter((mean) => Number.isFinite(mean) && mean > 0);
  return { least: Math.min(...means), most: Math.max(...means) };
}

/** From the smallest difference to the largest, on a log scale. @param {ModuleDifference[]} modules */
function depths(modules) {
  const { least: smallest, most: largest } = extent(modules);
  const [least, most] = [Math.log(smallest), Math.log(largest)];
  return (/** @type {ModuleDifference} */ { mean_abs, equal }) => {
    if (equal === 1) return 0;
    const log = Math.log(Number(mean_abs));
    // What is not finite is as far apart as can be.
    if (!Number.isFinite(log)) return 1;
    return most > least ? FAINTEST + ((1 - FAINTEST) * (log - least)) / (most - least) : 1;
  };
}

/** What the colours mean, of those that there are. @param {ModuleDifference[]} modules @param {boolean} parts whether any differs */
function key(modules, parts) {
  const { least, most } = extent(modules);
  const amount = least < most ? `${value(least, 2)} to ${value(most, 2)}` : value(most, 2);
  const differing = [Number.isFinite(most) && `differ by ${amount} on average`, modules.some(({ mean_abs }) => !Number.isFinite(Number(mean_abs))) && 'not finite'].filter(Boolean);
  return h('ul', { class: 'legend' },
    modules.some(({ equal }) => equal === 1) && h('li', {}, h('i', { class: 'equal' }), 'all results are equal'),
    differing.length > 0 && h('li', {}, h('i', { class: 'apart', css: { '--depth': String(least < most ? FAINTEST : 1) } }), differing.join(', or ')),
    parts && h('li', {}, h('i', { class: 'framed' }), 'the first to differ'));
}

/** @param {import('../lab.js').ForwardReport} report */
export function partingPicture({ modules, first_difference }) {
  const { cells, parts, layers } = grid(modules);
  const depth = depths(cells.map(({ module }) => module));
  const first = cells.find(({ module }) => module.name === first_difference);
  const short = parts.map((part) => part.replace(/^(self_attn|mlp)\./, '').replace('post_attention_layernorm', 'norm 2').replace('input_layernorm', 'norm 1'));
  /** @param {number} width */
  function draw(width) {
    const left = Math.max(...short.map(({ length }) => length)) * LETTER + 12;
    const step = Math.min(WIDEST, (width - left) / layers);
    const gap = step > 9 ? 2 : step > 4 ? 1 : 0;
    const every = Math.ceil((14 + LETTER * String(layers).length) / step);
    const cursor = s('rect', { class: 'cursor', width: step, height: PITCH });
    const x = (/** @type {number} */ layer) => left + layer * step;
    const y = (/** @type {number} */ line) => TOP + line * PITCH;
    const isRight = first !== undefined && first.layer > layers / 2;
    const svg = s('svg', { width, height: y(parts.length) + AXIS, 'aria-hidden': 'true' },
      ...short.map((name, line) => s('text', { class: 'code', x: left - 10, y: y(line + 0.5) + 4, 'text-anchor': 'end' }, name)),
      ...cells.map(({ module, layer, part }) => s('rect', {
        class: 'cell', x: x(layer), y: y(parts.indexOf(part)), width: Math.max(1, step - gap), height: PITCH - 2,
        css: { '--depth': String(depth(module)) },
      })),
      ...Array.from({ length: layers }, (_, layer) => layer % every === 0 && s('text', { x: x(layer) + step / 2, y: y(parts.length) + 14, 'text-anchor': 'middle' }, String(layer))),
      first && s('rect', { class: 'first', x: x(first.layer), y: y(parts.indexOf(first.part)), width: Math.max(1, step - gap), height: PITCH - 2 }),
      first && s('path', { class: 'leader', d: `M${x(first.layer) + (step - gap) / 2} ${TOP - 4}V${y(parts.indexOf(first.part))}` }),
      first && s('text', { class: 'begins', x: isRight ? x(first.layer) + step : x(first.layer), y: 12, 'text-anchor': isRight ? 'end' : 'start' }, `starts at ${first.module.name.replace('layers.', 'layer ').replace(/\.(self_attn\.|mlp\.)?/, ', ')}`),
      cursor);
    return {
      svg,
      highlight: (/** @type {number} */ mark) => {
        cursor.classList.toggle('on', mark >= 0);
        if (mark < 0) return;
        cursor.setAttribute('x', String(x(cells[mark].layer)));
        cursor.setAttribute('y', String(y(parts.indexOf(cells[mark].part))));
      },
      markAt: (/** @type {number} */ at_x, /** @type {number} */ at_y) => {
        const [layer, line] = [Math.floor((at_x - left) / step), Math.floor((at_y - TOP) / PITCH)];
        return cells.findIndex((cell) => cell.layer === layer && parts[line] === cell.part);
      },
    };
  }
  const picture = readable({
    label: 'Where the two runs part: modules by layers', marks: cells.length, say: (mark) => says(cells[mark].module), draw,
    hint: 'A line is a module, a column a layer: the deeper its colour, the further apart its results.',
  });
  return h('div', {}, picture, key(cells.map(({ module }) => module), first !== undefined));
}
