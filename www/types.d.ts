// The shapes that cross from the engine to the views. Names, units and meaning
// are those of the report (docs/report.md); `null` is "there is none".

/** A report's number: non-finite ones and integers past 2^53 are strings. */
export type Figure = number | string | null;

/** Statistics of one tensor, or of one part of a complex one. */
export interface Statistics {
  count: number;
  zeros: number;
  negative_zeros: number;
  subnormals: number;
  nan: number;
  pos_inf: number;
  neg_inf: number;
  negatives: number;
  min: Figure;
  max: Figure;
  abs_min_nonzero: Figure;
  abs_max: Figure;
  mean: Figure;
  std: Figure;
  rms: Figure;
  skewness: Figure;
  kurtosis: Figure;
  /** Keyed by probability; lower bounds when `quantiles_exact` is false. */
  quantiles: Record<string, Figure> | null;
  quantiles_upper?: Record<string, Figure> | null;
  quantiles_exact: boolean;
  /** Number of distinct codes; types of up to 16 bits only. */
  distinct?: number | null;
}

/** Entropies in bits, and the share of ones of each plane. */
export interface Bits {
  /** Width of a code. */
  width: number;
  sign_entropy: number | null;
  exponent_entropy: number | null;
  mantissa_entropy: number | null;
  joint_entropy: number | null;
  /** Most significant bit first. */
  plane_ones: number[];
  /** False: mantissa and joint entropy are upper bounds. */
  exact: boolean;
}

/** Counts per binade: `counts[i]` values have 2^(first+i) ≤ |x| < 2^(first+i+1); `first` is null where all are zero. */
export interface Exponents {
  first: number | null;
  counts: number[];
  zero: number;
}

/** Complex tensors have every statistic twice. */
export interface Complex<T> {
  re: T;
  im: T;
}

/** What one test found. */
export interface Evidence {
  test: string;
  n: number;
  expected: Figure;
  observed: Figure;
  log10_p: Figure;
  power: Figure;
  says: string;
}

/** Where a tensor's values come from. */
export interface Verdict {
  label: string;
  /** Stops that are proven, the first one first, joined by ">". */
  path: string;
  granularity: string | null;
  scale: 'none' | 'power_of_two' | 'real' | null;
  fraction: { value: number; low: number; high: number } | null;
  log10_odds: number;
  evidence: Evidence[];
  blind_spots: string[];
}

/** How many rows have which history. */
export interface RowFigures {
  count: number;
  zero: number;
  /** Rows of one value, zeros among them. */
  constant: number;
  examined: number;
  /** Of these, by label. */
  ancestry: Record<string, number>;
}

/** Share of even last bits by binade from `first` up. */
export interface Parity {
  first: number;
  even: (number | null)[];
  /** Standard errors. */
  error: (number | null)[];
}

/** How often a popular witness occurs. */
export interface Witness {
  threshold: string;
  observed: number;
  /** Of these, off the grid of FP16. */
  off_grid: number;
  expected: number | null;
}

/** The part that a tensor has in a known quantised layout. */
export interface Layout {
  scheme: string;
  role: string;
  /** All of it in words. */
  says: string;
}

/** One entry of the report's `tensors`. */
export interface TensorReport {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
  bytes: number;
  /** Of a sample. */
  sample?: TensorSample;
  stats: Statistics | Complex<Statistics>;
  bits: Bits | Complex<Bits>;
  exponents: Exponents | Complex<Exponents>;
  ancestry: Verdict;
  layout: Layout | null;
  /** Null for what is not floating point. */
  casts: Casts | null;
  /** What is left of a ratio without the largest thousandth of the values, 0 or less; null likewise. */
  outliers_db: number | null;
  rows: RowFigures | null;
  parity: Parity | null;
  witnesses: Witness[];
  duplicate_of: string | null;
  wasted_bytes: number;
  /** The form that would save them. */
  smaller_form: string | null;
}

/** One real-valued sequence of numbers: a tensor, or half of a complex one. */
export interface Part {
  /** "" for a real tensor. */
  title: string;
  /** "", "re." or "im.": in front of the names of its statistics. */
  prefix: string;
  stats: Statistics;
  bits: Bits;
  exponents: Exponents;
  /** Of a sample. */
  intervals?: IntervalTable;
}

export interface Problem {
  file: string;
  tensor: string | null;
  where: string | null;
  what: string;
}

export interface DtypeTotals {
  tensors: number;
  parameters: number;
  bytes: number;
}

export interface Checkpoint {
  name: string;
  files: { name: string; bytes: number; metadata: Record<string, string> }[];
  tensors: number;
  parameters: number;
  bytes: number;
  dtypes: Record<string, DtypeTotals>;
}

/** Tensors that are inconclusive alone, judged together. */
export interface Pool {
  /** The module pattern, or "*" for the checkpoint. */
  pattern: string;
  tensors: number;
  ancestry: Verdict;
}

/** What a tensor can be cast to. */
export interface Cast {
  /** As in the report: "f8_e4m3/row". */
  key: string;
  title: string;
  /** Its codes and its scales, in words. */
  says: string;
  /** Of a code. */
  bits: number;
}

/** What a cast does. */
export interface CastFigures {
  exact: number;
  overflow: number;
  underflow: number;
  subnormal: number;
  max_abs_error: Figure;
  mse: Figure;
  sqnr_db: Figure;
  bytes: number;
}

/** Casts by key; one that is not computed yet is missing. */
export type Casts = Record<string, CastFigures>;

/** How narrow the tensors may become at a level of quality. */
export interface Recommendation {
  level: string;
  threshold_db: number;
  /** Its key; null: none will do. */
  cast: string | null;
  /** So many tensors will do, of so many. */
  tensors: number;
  of: number;
  /** Names of tensors that are better kept, and how many more there are. */
  keep: string[];
  keep_more: number;
  bytes: number;
  says: string;
}

/** What a sample of a checkpoint reads; its figures are estimates. */
export interface SampleTotals {
  bytes: number;
  of: number;
  /** Tensors of which a sample is read, that are read whole, and of which nothing is read. */
  sampled: number;
  whole: number;
  left_out: number;
}

/** Where figures lie with 95 % confidence, by their keys; null where that cannot be told. */
export type IntervalTable = { [key: string]: [Figure, Figure] | null } & { quantiles?: Record<string, [Figure, Figure] | null> };

/** What the figures of a sampled tensor rest on. */
export interface TensorSample {
  elements: number;
  of: number;
  stretch: number;
  firsts: number[];
  intervals: IntervalTable | Complex<IntervalTable>;
}

export interface Overview {
  /** Where a sample stands for the whole. */
  sample?: SampleTotals;
  headline: string;
  checkpoint: Checkpoint;
  problems: Problem[];
  /** Module patterns, "layers.*.weight"; rows point into this. */
  patterns: string[];
  /** Finished tensors by label. */
  ancestry: Record<string, { tensors: number; parameters: number }>;
  /** Empty until every tensor is finished. */
  pools: Pool[];
  wasted_bytes: number;
  /** Sums over the finished floating-point tensors, and how many these are. */
  casts: Record<string, CastFigures & { tensors: number; parameters: number; stored_bytes: number }>;
  /** Missing until every cast is there. */
  recommendations?: Recommendation[];
  /** Where few values decide every ratio, in a sentence; missing likewise. */
  outliers?: string | null;
  /** What FP16 would do, in a sentence; missing likewise. */
  f16?: string | null;
}

export type NumberColumn =
  | 'min' | 'max' | 'mean' | 'std' | 'abs_max' | 'zeros' | 'nan' | 'inf' | 'joint_entropy' | 'wasted_bytes';

/** What lists and maps need to know: columns of tensors, or of pairs of them. */
export interface NamedRows {
  length: number;
  /** How many there will be. */
  total: number;
  finishedCount: number;
  name(row: number): string;
  shape(row: number): string;
  parameters(row: number): number;
  bytes(row: number): number;
  pattern(row: number): number;
  /** What `label:` and the like in a filter mean, in words apart; "" until it is finished. */
  label(row: number): string;
  status(row: number): 'waiting' | 'done' | 'failed';
}

/** The tensors as columns; a number that is not there yet is NaN. The label is the verdict's. */
export interface Rows extends NamedRows, Record<NumberColumn, (row: number) => number> {
  file(row: number): number;
  dtype(row: number): string;
  /** Tensors that have casts. */
  castCount: number;
  /** Counts arrivals of casts: for a tensor 0, 1 or, after a second look, 2. */
  castEdition: number;
  castArrivals(row: number): number;
  /** In dB: NaN where there is none or none yet, Infinity where nothing is lost. */
  sqnr(row: number, cast: string): number;
}

export interface Progress {
  bytes: number;
  total: number;
  elapsed_ms: number;
  bytes_per_second: number;
  remaining_ms: number | null;
}

/** The second look at the file, for casts that follow from no counts. */
export interface SecondLook {
  /** 'none' until the scan is done; 'done' when no cast is missing; 'waiting' until it is asked for. */
  phase: 'none' | 'waiting' | 'looking' | 'stopped' | 'done';
  /** Of the file, that it has to read. */
  bytes: number;
  progress: Progress;
}

export type Phase = 'empty' | 'reading header' | 'scanning' | 'done' | 'cancelled' | 'failed';

export interface State {
  phase: Phase;
  files: { name: string; bytes: number }[];
  /** Files that were given and are no part of the checkpoint. */
  ignored: string[];
  /** Files that the lab reads. */
  forLab: string[];
  /** What is open, where that is not on this machine. */
  address: import('./engine/messages.js').Address | null;
  /** A sentence, when there is nothing to show. */
  error: string | null;
  progress: Progress;
  overview: Overview | null;
  casts: SecondLook;
  rows: Rows;
  /** While a comparison is read, what is left of the scan waits. */
  isPaused: boolean;
}

/** A number format: the widths of its fields, and its range as binary exponents of its values. */
export interface FormatRange {
  name: string;
  /** What it is called in prose. */
  title: string;
  bits: number;
  /** Widths of the fields; integers have none. */
  exponent_bits?: number | null;
  mantissa_bits?: number | null;
  exponent_min_subnormal?: number | null;
  exponent_min_normal?: number | null;
  exponent_max?: number | null;
  kind?: 'float' | 'complex' | 'signed' | 'unsigned' | 'bool';
  sign_bits?: number | null;
  bias?: number | null;
  /** Significant bits, the hidden one counted, and as decimal digits. */
  precision?: number | null;
  decimal_digits?: number | null;
  largest?: Figure;
  smallest_normal?: number | null;
  smallest_subnormal?: number | null;
  infinity?: boolean | null;
  nan?: boolean | null;
  source?: string;
}

/** A number beside another in a format. */
export interface Neighbour {
  code: string;
  value: Figure;
}

/** What a number is in one format. */
export interface Look {
  name: string;
  title: string;
  outcome: 'exact' | 'rounded' | 'underflow' | 'overflow' | 'none';
  /** Its code, taken apart: fields in binary. */
  stored: {
    code: string;
    sign: string;
    exponent: string;
    mantissa: string;
    class: 'zero' | 'subnormal' | 'normal' | 'infinite' | 'nan';
    value: Figure;
    below: Neighbour | null;
    above: Neighbour | null;
  } | null;
  error: number | null;
  relative_error: number | null;
  ulps: number | null;
}

/** A number in every float format, the widest first. */
export interface Microscope {
  input: { text: string; value: Figure; format: string | null; code: string | null; note: string | null };
  formats: Look[];
}

export interface Session {
  readonly state: State;
  /** The comparison of what is open with something else. */
  readonly comparison: import('./comparison.js').Comparing;
  /** What is open run under two policies. */
  readonly lab: import('./lab.js').Bench<'forward'>;
  /** Its other bench. */
  readonly products: import('./lab.js').Bench<'products'>;
  readonly formats: FormatRange[];
  readonly casts: Cast[];
  open(files: File[]): unknown;
  openAddress(address: import('./engine/messages.js').Address): unknown;
  refuse(why: string): unknown;
  openSample(): unknown;
  cancel(): unknown;
  /** Leaves nothing open and no worker running. */
  end(): unknown;
  /** Reads the file once more for the casts that are missing. */
  look(): unknown;
  endLook(): unknown;
  tensor(row: number): Promise<TensorReport | undefined>;
  saveReport(as: import('./engine/messages.js').ExportEnding | 'json'): Promise<Blob>;
  microscope(text: string, format: string): Promise<Microscope | { error: string }>;
  onchange(callback: (state: State) => void): unknown;
}

/** What the views of a checkpoint need of it, whether it is read or a report tells of it. */
export type Shown = Pick<Session, 'state' | 'formats' | 'casts' | 'tensor'>;
