// The report (docs/report.md), for the page and for the package of npm; `null` is "there is none".

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
  format: string;
  bits: number | null;
  group: number | null;
  granularity: string | null;
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
  /** Bytes that were asked for, and that were read. */
  size: number;
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
  confidence: number;
  intervals: IntervalTable | Complex<IntervalTable>;
}

/** Everything but the tensors. */
export interface Overview {
  /** Where a sample stands for the whole. */
  sample?: SampleTotals;
  headline: string;
  checkpoint: Checkpoint;
  problems: Problem[];
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

/** The whole report. */
export interface Report extends Overview {
  /** "floatscope.report/1". */
  schema: string;
  /** The version that wrote it. */
  floatscope: string;
  tensors: TensorReport[];
}
