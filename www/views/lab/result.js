// @ts-check
// What a pass has shown: a sentence, where the runs part, and every figure.

import { layersPicture } from '../../charts/layers.js';
import { partingPicture } from '../../charts/parting.js';
import { NOTHING, compact, count, percent, plural, value } from '../../text/numbers.js';
import { h } from '../dom.js';
import { breakable, titleOf } from './form.js';
import { table } from './table.js';

/** @typedef {import('../../lab.js').ForwardReport} ForwardReport */
/** @typedef {import('../../lab.js').ModuleDifference} ModuleDifference */

/** @param {{mean_abs: import('../../lab.js').Real, max_abs: import('../../lab.js').Real, equal: number}} difference */
const figures = ({ mean_abs, max_abs, equal }) => (equal === 1 ? ['=', '=', percent(1)] : [value(mean_abs), value(max_abs), percent(equal)]);

/** @param {ForwardReport} report */
function layers({ layers }) {
  return table('Hidden state behind each layer', ['layer', 'mean', 'max', 'equal'], layers.map((layer) => [String(layer.layer), ...figures(layer)]));
}

/** @param {string} title @param {ModuleDifference[]} modules */
const modules = (title, modules) => table(title, ['module', 'mean', 'max', 'equal'], modules.map((module) => [module.name, ...figures(module)]));

/** @param {ForwardReport} report */
function attribution({ attribution }) {
  if (attribution.length < 2) return [];
  return [h('h3', {}, 'How much each change does by itself'),
    h('ul', { class: 'attribution' }, ...attribution.map(({ change, logits_mean_abs, share }) => h('li', {},
      h('span', { class: 'code' }, change),
      h('b', { class: 'bar', 'aria-hidden': 'true' }, h('i', { css: { width: `${Math.min(100, 100 * Number(share ?? 0))}%` } })),
      h('span', { class: 'figures' }, share === null ? NOTHING : percent(Number(share)), `, ${value(logits_mean_abs)} on average`)))),
    h('p', { class: 'note' }, 'Shares are of what all changes do together; they need not add up.')];
}

/** @param {import('../../lab.js').TopToken[]} top */
const likeliest = (top) => top.map(({ token, logit }) => `${token} (${value(logit)})`).join(', ');

/** @param {ForwardReport} report */
function logits({ tokens, pieces, logits }) {
  const named = (/** @type {number} */ at) => (pieces ? `${count(at)} “${pieces[at]}”` : count(at));
  const rows = tokens.map((token, at) => [
    named(at), String(token), value(logits.kl[at]), likeliest(logits.top_k[at].a), likeliest(logits.top_k[at].b),
  ]);
  const edges = tokens.map((_, at) => [named(at), ...(/** @type {const} */ (['a', 'b'])).map((side) => logits.rows[at][side].map((logit) => value(logit)).join('  '))]);
  return [h('h3', {}, 'Logits'),
    h('p', { class: 'note' }, `${percent(logits.equal)} are equal; ${logits.allclose ? 'all' : 'not all'} are close as torch.allclose has it. KL is in nats.`),
    table('Logits by position', ['position', 'token', 'KL', 'likeliest in a', 'likeliest in b'], rows),
    h('details', {}, h('summary', {}, 'The first and the last three logits of each position'), table('First and last logits', ['position', 'a', 'b'], edges))];
}

/** Tokens that are listed; a long text has its table below. */
const TOKENS_AT_MOST = 24;

/** What was run: both policies, the second by what it changes, and the tokens. @param {ForwardReport} report */
function subject({ a, b, tokens, pieces }) {
  const entries = (/** @type {import('../../lab.js').Policy} */ policy) => Object.entries(policy).map(([key, value]) => `${key}=${value}`);
  const changes = entries(b).filter((entry) => !entries(a).includes(entry));
  const rest = tokens.length - TOKENS_AT_MOST;
  const listed = tokens.slice(0, TOKENS_AT_MOST).map((token, at) => (pieces ? `${token} “${pieces[at]}”` : String(token)));
  /** @param {string} title @param {string | null} call @param {string} says */
  const row = (title, call, says) => [h('dt', {}, title), h('dd', {}, call !== null && h('span', { class: 'call code' }, ...breakable(call)), h('span', { class: 'code' }, says))];
  return h('dl', { class: 'subject' },
    ...row('a', titleOf(a), entries(a).join(', ')),
    ...row('b', titleOf(b), changes.length ? `${changes.join(', ')}${changes.length < entries(b).length ? ', else as a' : ''}` : 'as a'),
    ...row('tokens', null, listed.join(', ') + (rest > 0 ? ` and ${count(rest)} more` : '')));
}

/** @param {ForwardReport} report */
export function labResult(report) {
  const { model } = report;
  const outer = report.modules.filter(({ name }) => !name.startsWith('layers.'));
  return [
    h('p', { class: 'lead headline' }, report.headline),
    h('p', { class: 'sub' }, [`${model.family}, ${plural(model.layers, 'layer')}`, plural(report.tokens.length, 'token'), `${compact(model.parameters)} parameters read`, report.device].join(' · ')),
    subject(report),
    ...report.notes.map((note) => h('p', { class: 'note' }, note)),
    h('h3', {}, 'Where the two runs part'),
    h('div', { class: 'parting' }, partingPicture(report)),
    h('h3', {}, 'How the difference grows'),
    h('div', { class: 'growth' }, layersPicture(report.layers)),
    modules('Before and behind the layers, and the rotary buffers', [...outer, ...report.buffers]),
    ...attribution(report),
    ...logits(report),
    h('details', {}, h('summary', {}, `All ${plural(report.layers.length, 'layer')}`), layers(report)),
    h('details', {}, h('summary', {}, `All ${plural(report.modules.length, 'module')}`), modules('All modules', report.modules)),
  ];
}
