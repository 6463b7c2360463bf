// @ts-check
// The tensors as columns: a hundred thousand of them take tens of megabytes.

/** @typedef {import('./messages.js').RowColumns} RowColumns */
/** @typedef {import('./messages.js').FigureColumns} FigureColumns */

const NUMBERS = /** @type {const} */ (['min', 'max', 'mean', 'std', 'abs_max', 'zeros', 'nan', 'inf', 'joint_entropy', 'wasted_bytes']);
const STATUS = /** @type {const} */ (['waiting', 'done', 'failed']);
const [, DONE, FAILED] = STATUS.keys();

/** What a list and a map need of tensors, or of pairs of them. */
export class NamedRows {
  /** Tensors whose header's part has arrived. */
  length = 0;
  finishedCount = 0;
  /** @type {string[]} */
  #names = [];
  /** @type {string[]} */
  #shapes = [];
  /** A text that stands in many rows is kept once. @type {Map<string, string>} */
  #texts = new Map();

  /** @param {number} [total] tensors that will come */
  constructor(total = 0) {
    this.total = total;
    this.patterns = new Uint32Array(total);
    this.parameterCounts = new Float64Array(total);
    this.byteCounts = new Float64Array(total);
    this.statuses = new Uint8Array(total);
  }

  /** @param {number} first @param {Pick<RowColumns, 'name' | 'shape' | 'pattern' | 'parameters' | 'bytes'>} columns */
  add(first, columns) {
    this.patterns.set(columns.pattern, first);
    this.parameterCounts.set(columns.parameters, first);
    this.byteCounts.set(columns.bytes, first);
    for (const name of columns.name) this.#names.push(name);
    for (const shape of columns.shape) this.#shapes.push(this.once(shape));
    this.length = first + columns.name.length;
  }

  /** @param {number} row @param {boolean} isFailed */
  settle(row, isFailed) {
    if (!isFailed && this.statuses[row] !== DONE) this.finishedCount++;
    this.statuses[row] = isFailed ? FAILED : DONE;
  }

  /** @param {number} row */
  name = (row) => this.#names[row];
  /** @param {number} row */
  shape = (row) => this.#shapes[row];
  /** @param {number} row */
  parameters = (row) => this.parameterCounts[row];
  /** @param {number} row */
  bytes = (row) => this.byteCounts[row];
  /** Index into the overview's patterns. @param {number} row */
  pattern = (row) => this.patterns[row];
  /** @param {number} row */
  status = (row) => STATUS[this.statuses[row]];

  /** @param {string} text */
  once(text) {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  }
}

export class Rows extends NamedRows {
  castCount = 0;
  castEdition = 0;
  /** SQNR by cast, a column from the first figure on. @type {Map<string, Float32Array>} */
  #casts = new Map();
  /** @type {string[]} */
  #dtypes = [];
  /** @type {string[]} */
  #labels = [];

  /** @param {number} [total] tensors that will come */
  constructor(total = 0) {
    super(total);
    this.files = new Uint32Array(total);
    this.arrivals = new Uint8Array(total);
    this.estimates = new Uint8Array(total);
    this.numbers = NUMBERS.map(() => new Float64Array(total).fill(NaN));
  }

  /** @param {number} first @param {RowColumns} columns */
  add(first, columns) {
    super.add(first, columns);
    this.files.set(columns.file, first);
    for (const dtype of columns.dtype) this.#dtypes.push(this.once(dtype));
  }

  /** @param {FigureColumns} columns */
  finish(columns) {
    NUMBERS.forEach((id, column) => columns.index.forEach((row, i) => (this.numbers[column][row] = columns[id][i])));
    columns.index.forEach((row, i) => {
      this.settle(row, false);
      this.#labels[row] = this.once(columns.label[i]);
      this.estimates[row] = columns.estimate?.[i] ?? 0;
    });
    for (const row of columns.failed) this.settle(row, true);
    if (columns.casts) this.#addCasts(columns.casts);
  }

  /** @param {import('./messages.js').CastColumns} columns */
  #addCasts({ index, sqnr_db }) {
    this.castEdition++;
    for (const row of index) if (!this.arrivals[row]++) this.castCount++;
    for (const [key, numbers] of Object.entries(sqnr_db)) {
      const column = this.#casts.get(key) ?? new Float32Array(this.total).fill(NaN);
      this.#casts.set(key, column);
      for (let i = 0; i < index.length; i++) column[index[i]] = numbers[i];
    }
  }

  /** Index into the checkpoint's files. @param {number} row */
  file = (row) => this.files[row];
  /** @param {number} row */
  dtype = (row) => this.#dtypes[row];

  /** @param {number} row */
  isEstimate = (row) => this.estimates[row] === 1;
  /** @param {number} row */
  castArrivals = (row) => this.arrivals[row];
  /** @param {number} row @param {string} cast */
  sqnr = (row, cast) => this.#casts.get(cast)?.[row] ?? NaN;

  /** @param {number} row */
  min = (row) => this.numbers[0][row];
  /** @param {number} row */
  max = (row) => this.numbers[1][row];
  /** @param {number} row */
  mean = (row) => this.numbers[2][row];
  /** @param {number} row */
  std = (row) => this.numbers[3][row];
  /** @param {number} row */
  abs_max = (row) => this.numbers[4][row];
  /** @param {number} row */
  zeros = (row) => this.numbers[5][row];
  /** @param {number} row */
  nan = (row) => this.numbers[6][row];
  /** @param {number} row */
  inf = (row) => this.numbers[7][row];
  /** @param {number} row */
  joint_entropy = (row) => this.numbers[8][row];
  /** @param {number} row */
  wasted_bytes = (row) => this.numbers[9][row];
  /** The verdict's label, once the tensor is finished. @param {number} row */
  label = (row) => this.#labels[row] ?? '';
}
