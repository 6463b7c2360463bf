// @ts-check
// What the verdicts are called, and their colours: one row a label.

import { count, percent } from './numbers.js';

/** @typedef {import('../types.js').Verdict} Verdict */

/**
 * By label: its title, its colour and, where there is no history to tell, a sentence.
 * Colours go by family: a grid that the values passed, codes of a wider type, FP8 and its
 * kin, four bits and integers, histories without a name, and what says nothing.
 * @type {Record<string, [title: string, colour: string, sentence?: string]>}
 */
const LABELS = {
  native: ['native', 'blue', 'Made in this type: every history that was tested is excluded.'],
  inconclusive: ['inconclusive', 'edge', 'Too little to tell: some history can be neither shown nor excluded.'],
  f16: ['FP16', 'orange'],
  bf16: ['BF16', 'green'],
  tf32: ['TF32', 'green'],
  f32: ['FP32', 'green'],
  f8_e4m3: ['FP8 E4M3', 'purple'],
  f8_e5m2: ['FP8 E5M2', 'purple'],
  mxfp8_e4m3: ['MXFP8 E4M3', 'purple'],
  mxfp8_e5m2: ['MXFP8 E5M2', 'purple'],
  mxfp6_e2m3: ['MXFP6 E2M3', 'purple'],
  mxfp6_e3m2: ['MXFP6 E3M2', 'purple'],
  mxfp4: ['MXFP4', 'rose'],
  nvfp4: ['NVFP4', 'rose'],
  int8: ['INT8', 'rose'],
  int4: ['INT4', 'rose'],
  nf4: ['NF4', 'rose'],
  few_levels: ['few levels', 'rose', 'Few levels, and no code that is known has them.'],
  arithmetic: ['arithmetic', 'soft', 'Averages of values of the stored type, or sums on them.'],
  unexplained: ['unexplained', 'alert', 'Not native, and nothing that was tested explains it.'],
  constant: ['constant', 'rule', 'Every value is the same.'],
  empty: ['empty', 'rule', 'It holds no values.'],
  mixed: ['mixed', 'gold', 'Its parts have different histories.'],
  waiting: ['not read yet', 'wash'],
  failed: ['could not be read', 'alert'],
  not_float: ['not float', 'rule', 'These are not floating-point numbers: there is no history to tell.'],
};

/** What a label, or a stop of a path, is called. @param {string} label */
export const title = (label) => LABELS[label]?.[0] ?? label.replace(/^f(?=\d)/, 'FP').toUpperCase();

/** The custom property with its colour. @param {string} label */
export const colour = (label) => LABELS[label]?.[1] ?? 'rule';

/**
 * Entries by label in the order of the table.
 * @template T
 * @param {Record<string, T>} entries @returns {[string, T][]}
 */
export const byLabel = (entries) => Object.keys(LABELS).flatMap((label) =>
  (label in entries ? [/** @type {[string, T]} */ ([label, entries[label]])] : []));

/** Over what one scale holds. @param {Verdict} verdict */
function scales({ granularity, scale }) {
  if (!granularity || granularity === 'element') return '';
  const kind = scale === 'power_of_two' ? 'one power of two' : 'one scale';
  if (granularity === 'tensor') return `, ${kind} for all`;
  const [size, side] = granularity.split('x');
  if (side) return `, ${kind} for each ${size} × ${side}`;
  return `, ${kind} for each ${/\d/.test(size) ? `${size} neighbours` : size}`;
}

/** The share that a label speaks for. @param {Verdict} verdict */
function share({ fraction }) {
  if (!fraction) return '';
  const { value, low, high } = fraction;
  const between = low < high ? ` (${percent(low)} to ${percent(high)} with 95 % confidence)` : '';
  return `, ${percent(value)} of the values${between}`;
}

/** @param {Verdict} verdict */
export function verdictSentence(verdict) {
  const { label, path } = verdict;
  return LABELS[label]?.[2] ?? `${path.split('>').map(title).join(' → ')}${scales(verdict)}${share(verdict)}.`;
}

/** The report's odds, as a power of ten. @param {Verdict} verdict @returns {string | null} null where there are none */
export const exponentOfOdds = ({ log10_odds }) => (log10_odds > 0 ? count(log10_odds) : null);
