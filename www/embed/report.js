// @ts-check
// A report as the views know a checkpoint. Its figures are the JSON's own.

import { Rows } from '../engine/rows.js';
import { noProgress } from '../engine/rate.js';
import { bytes, plural } from '../text/numbers.js';
import { CASTS, FORMATS } from './made.js';

/** @typedef {import('../types.js').TensorReport} TensorReport */
/** @typedef {import('../types.js').Overview} Overview */
/** @typedef {import('../types.js').Statistics} Statistics */
/** A report as it was written, without module patterns. @typedef {Omit<Overview, 'patterns'> & {schema: string, floatscope: string, tensors: TensorReport[]}} Report */

const SCHEMA = 'floatscope.report/1';

/** What is wrong with a report, in words for the person whose page it is on. */
export class ReportError extends Error {}

/** The report at an address. @param {string} from perhaps a path of the page around @param {AbortSignal} signal @returns {Promise<Report>} */
export async function fetchReport(from, signal) {
  if (!URL.canParse(from, document.baseURI)) throw new ReportError(`report="${from}" is no address: it has to be a URL, or a path of this page’s site.`);
  const url = new URL(from, document.baseURI).href;
  const response = await fetch(url, { signal }).catch((error) => {
    if (signal.aborted) throw error;
    throw new ReportError(`${url} could not be loaded: the network, that server (which has to allow this page by CORS) or this page’s policy (connect-src) does not let it. (${error.message})`);
  });
  if (!response.ok) throw new ReportError(`${url} could not be loaded: the server says ${[response.status, response.statusText].join(' ').trim()}.`);
  const text = await response.text();
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    if (error instanceof ReportError) throw new ReportError(`${url} ${error.message}`);
    throw new ReportError(`${url} is no JSON. (${/** @type {Error} */ (error).message})`);
  }
}

/** @param {unknown} value @returns {value is Record<string, any>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What `floatscope diff --json` writes. @param {Record<string, any>} report */
const isComparison = ({ schema }) => typeof schema === 'string' && schema.startsWith('floatscope.diff/');

/** Whether it has what the views ask for. @param {any} report @returns {Report} */
export function checked(report) {
  if (isObject(report) && isComparison(report)) throw new ReportError('tells of a comparison of two checkpoints (floatscope diff); this element shows reports of one (floatscope scan).');
  if (!isObject(report) || typeof report.schema !== 'string' || !report.schema.startsWith('floatscope.report/')) throw new ReportError('is no report of Floatscope’s.');
  if (report.schema !== SCHEMA) throw new ReportError(`is a report of another version (${report.schema}), which this page’s Floatscope does not know. Load a newer embed.js.`);
  const { checkpoint, tensors, problems } = report;
  if (!isObject(checkpoint) || !Array.isArray(checkpoint.files) || !isObject(checkpoint.dtypes)) throw new ReportError('is damaged: it says nothing about the checkpoint.');
  if (!Array.isArray(tensors) || !Array.isArray(problems)) throw new ReportError('is damaged: it has no list of tensors or of problems.');
  const odd = tensors.findIndex((tensor) => !isObject(tensor) || typeof tensor.name !== 'string' || !Array.isArray(tensor.shape));
  if (odd >= 0) throw new ReportError(`is damaged: tensor ${odd} has no name or no shape.`);
  const bare = tensors.find(({ stats, bits, exponents, ancestry }) => ![stats, bits, exponents, ancestry].every(isObject));
  if (bare || !isObject(report.ancestry)) throw new ReportError('lacks statistics or verdicts: it was written with --only. Write it without.');
  return /** @type {Report} */ (report);
}

/** Tensors that differ in their layer's number only. @param {string} name */
const patternOf = (name) => name.split('.').map((part) => (/^[0-9]+$/.test(part) ? '*' : part)).join('.');

/** What a number in a column is: of a complex tensor none. @param {unknown} figure */
const number = (figure) => (figure === null || figure === undefined ? NaN : Number(figure));

/** @param {TensorReport[]} tensors @param {string[]} patterns @param {string[]} files */
function listing(tensors, patterns, files) {
  const places = new Map(patterns.map((pattern, i) => [pattern, i]));
  return {
    name: tensors.map(({ name }) => name),
    file: Uint32Array.from(tensors, ({ file }) => files.indexOf(file)),
    dtype: tensors.map(({ dtype }) => dtype),
    shape: tensors.map(({ shape }) => shape.join('×')),
    pattern: Uint32Array.from(tensors, ({ name }) => places.get(patternOf(name)) ?? 0),
    parameters: Float64Array.from(tensors, ({ stats }) => ('re' in stats ? stats.re : stats).count),
    bytes: Float64Array.from(tensors, ({ bytes }) => bytes),
  };
}

/** @param {TensorReport[]} tensors */
function figures(tensors) {
  /** Of real tensors. @param {(stats: Statistics, tensor: TensorReport) => unknown} figure */
  const column = (figure) => Float64Array.from(tensors, (tensor) => ('re' in tensor.stats ? NaN : number(figure(tensor.stats, tensor))));
  return {
    index: Uint32Array.from(tensors.keys()),
    failed: new Uint32Array(),
    label: tensors.map(({ ancestry }) => String(ancestry.label)),
    min: column(({ min }) => min), max: column(({ max }) => max), mean: column(({ mean }) => mean), std: column(({ std }) => std),
    abs_max: column(({ abs_max }) => abs_max), zeros: column(({ zeros }) => zeros), nan: column(({ nan }) => nan),
    // Two counts of the report's, as the page's own column has them.
    inf: column(({ pos_inf, neg_inf }) => pos_inf + neg_inf),
    joint_entropy: column((_, { bits }) => ('re' in bits ? NaN : bits.joint_entropy)),
    wasted_bytes: column((_, { wasted_bytes }) => wasted_bytes),
  };
}

/** @param {Report} report @returns {import('../types.js').Shown} */
export function shownOf({ tensors, pools = [], casts = {}, ...overview }) {
  const patterns = [...new Set(tensors.map(({ name }) => patternOf(name)))];
  const rows = new Rows(tensors.length);
  rows.add(0, /** @type {any} */ (listing(tensors, patterns, overview.checkpoint.files.map(({ name }) => name))));
  rows.finish(/** @type {any} */ (figures(tensors)));
  return {
    state: /** @type {any} */ ({
      phase: 'done', files: overview.checkpoint.files, ignored: [], forLab: [], address: null, error: null, progress: noProgress(),
      overview: { ...overview, pools, casts, patterns }, casts: { phase: 'done', bytes: 0, progress: noProgress() }, rows, isPaused: false,
    }),
    formats: FORMATS,
    casts: CASTS,
    tensor: async (row) => tensors[row],
  };
}

/** Its size, and where that is from. @param {string} version @returns {(state: unknown, overview: Overview) => string} */
export const saysOf = (version) => (_, { checkpoint }) =>
  `${plural(checkpoint.tensors, 'tensor')}, ${plural(checkpoint.parameters, 'parameter')}, ${bytes(checkpoint.bytes)}. As Floatscope ${version} reported.`;
