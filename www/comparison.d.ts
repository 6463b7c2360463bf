// The shapes of a comparison (docs/diff.md) on their way from the engine to the views.

import type { Address } from './engine/messages.js';
import type { DtypeTotals, Figure, NamedRows, Phase, Progress } from './types.js';

/** Kinds of pairs, which exclude each other. */
export type Kind = 'identical' | 'equal' | 'explained' | 'unexplained' | 'failed';

/** One of the two checkpoints. */
export interface Side {
  name: string;
  files: { name: string; bytes: number; metadata: Record<string, string> }[];
  tensors: number;
  parameters: number;
  bytes: number;
  dtypes: Record<string, DtypeTotals>;
  /** What config.json says, where there is one. */
  config: { dtype: string | null; tie_word_embeddings: boolean | null } | null;
}

/** Tensors by their best explanation. */
export interface Explained {
  conversion: string;
  direction: 'a>b' | 'b>a';
  tensors: number;
  says: string;
}

/** What one of the two sides has under a name. */
export interface SideTensor {
  name: string;
  dtype: string;
  shape: number[];
  file: string;
}

/** Something to look at. */
export interface Triage {
  about: string;
  says: string;
  /** Ten at most, of so many. */
  tensors: string[];
  count: number;
}

export interface SidedProblem {
  side: 'a' | 'b' | null;
  file: string | null;
  tensor: string | null;
  where: string | null;
  what: string;
}

/** The report without its tensors. */
export interface ComparisonOverview {
  headline: string;
  a: Side;
  b: Side;
  tolerance: { rtol: number; atol: number; equal_nan: boolean };
  differ: boolean;
  pairs: { compared: number } & Record<Kind, number>;
  explanations: Explained[];
  renames: { a: string; b: string; tensors: number }[];
  only_in_a: string[];
  only_in_b: string[];
  shape_mismatch: { name: string; a: SideTensor; b: SideTensor }[];
  triage: Triage[];
  problems: SidedProblem[];
  /** Module patterns; pairs point into this. */
  patterns: string[];
}

/** One of the elements that differ most. */
export interface Worst {
  index: number[];
  a: Figure;
  b: Figure;
  abs: Figure;
  ulp: Figure;
}

/** A conversion that turns one into the other. */
export interface Explanation {
  conversion: string;
  direction: 'a>b' | 'b>a';
  says: string;
}

/** What a pair looks like that nothing explains; what belongs to it stands beside. */
export interface Looks extends Record<string, unknown> {
  like: string;
  says: string;
}

/** One entry of the report's `tensors`. */
export interface PairReport {
  name: string;
  a: SideTensor;
  b: SideTensor;
  identical_bits: boolean;
  count: number;
  equal: number;
  both_nan: number;
  first_difference: number[] | null;
  /** Elements by their distance: "0", "1", "2", "3-4" …, "inf", "nan". */
  ulp: Record<string, number> | null;
  ulp_of: string | null;
  max_ulp: Figure;
  finite: number;
  max_abs: Figure;
  mean_abs: Figure;
  max_rel: Figure;
  mean_rel: Figure;
  allclose: boolean;
  not_close: number;
  cosine: Figure;
  sqnr_db: Figure;
  differing_rows: { rows: number; differing: number } | null;
  worst: Worst[];
  explained_by: Explanation[];
  looks: Looks | null;
}

export type PairColumn = 'equal' | 'max_ulp' | 'max_abs' | 'mean_abs' | 'max_rel' | 'cosine' | 'sqnr_db' | 'not_close';

/** The pairs as columns; a number that is not there is NaN. Of `equal` it is the share. */
export interface PairRows extends NamedRows, Record<PairColumn, (row: number) => number> {
  /** The name in B. */
  nameInB(row: number): string;
  /** "F32 → BF16", or one type where they are the same. */
  dtype(row: number): string;
  /** "" until the pair is finished. */
  kind(row: number): Kind | '';
  /** Key of the best explanation, "" for none. */
  conversion(row: number): string;
  direction(row: number): string;
  /** What it looks like, "" for none. */
  looks(row: number): string;
}

export interface ComparisonState {
  /** 'empty': nothing is compared. */
  phase: Phase;
  /** What the sides are called. */
  names: { a: string; b: string };
  /** Files of B that are no part of it. */
  ignored: string[];
  error: string | null;
  progress: Progress;
  overview: ComparisonOverview | null;
  rows: PairRows;
}

/** What rounding does to the angles at a position. */
export interface RotaryRounding {
  angles: { position: number; error: number; turned: number }[];
  says: string[];
}

/** What rounding the rotary frequencies does, as the core tells it. */
export interface Rotary {
  frequencies: { index: number; f32: number; bf16: number; relative_error: number }[];
  bf16: RotaryRounding;
  f16: RotaryRounding;
  notes: string[];
}

/** What can be saved of a comparison. */
export type Saved = 'json' | 'csv' | 'md';

export interface Comparing {
  readonly state: ComparisonState;
  /** Compares the open checkpoint with these files. */
  compare(files: File[]): unknown;
  /** Compares it with what is at an address, all of which is read. */
  compareAddress(address: Address): unknown;
  /** The other way round: reads both again. */
  swap(): unknown;
  /** Names that differ: a table of them, a line each. */
  rename(table: string): unknown;
  readonly renames: string;
  cancel(): unknown;
  pair(row: number): Promise<PairReport | undefined>;
  /** The lab's first bench, by the config.json of a side. */
  rotary(): Promise<Rotary | { error: string }>;
  save(as: Saved): Promise<Blob>;
  onchange(callback: (state: ComparisonState) => void): unknown;
}
