// The shapes that cross from the engine to the views. Names, units and meaning
// are those of the report (report.d.ts); `null` is "there is none".

import type { Bits, Exponents, Figure, IntervalTable, Overview as Reported, Statistics, TensorReport } from './report.js';

export type * from './report.js';

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

/** Everything but the tensors. */
export interface Overview extends Reported {
  /** Module patterns, "layers.*.weight"; rows point into this. */
  patterns: string[];
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
  /** Whether its figures are those of a sample. */
  isEstimate?(row: number): boolean;
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
  /** What keeps it waiting; the next progress ends it. */
  trouble?: string;
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
