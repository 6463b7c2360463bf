// What the lab's forward pass tells, as its JSON has it: docs/lab.md.

import type { Progress } from './types.js';

/** A number, or "NaN", "Infinity", "-Infinity". */
export type Real = number | string;

export interface ModuleDifference {
  name: string;
  mean_abs: Real;
  max_abs: Real;
  /** A share. */
  equal: number;
}

export interface LayerDifference extends Omit<ModuleDifference, 'name'> {
  layer: number;
}

export interface TopToken {
  token: number;
  logit: Real;
}

/** The same of both runs. */
export interface Both<T> {
  a: T;
  b: T;
}

/** The keys of a policy. */
export type PolicyKey = 'inv_freq' | 'activations' | 'norm' | 'softmax' | 'accumulate' | 'weights';
export type Policy = Record<PolicyKey, string>;

export interface ForwardReport {
  checkpoint: string;
  model: { family: string; layers: number; hidden: number; heads: number; kv_heads: number; head_dim: number; vocabulary: number; is_tied: boolean; parameters: number };
  tokens: number[];
  /** Of each token, where a tokenizer.json was there. */
  pieces?: string[] | null;
  a: Policy;
  b: Policy;
  /** What multiplied, in words. */
  device: string;
  first_difference: string | null;
  modules: ModuleDifference[];
  buffers: ModuleDifference[];
  layers: LayerDifference[];
  position_0_equal: number;
  logits: {
    equal: number;
    allclose: boolean;
    mean_abs: Real;
    max_abs: Real;
    kl: Real[];
    top_k: Both<TopToken[]>[];
    rows: Both<Real[]>[];
  };
  attribution: { change: string; logits_mean_abs: Real; share: Real | null }[];
  headline: string;
  notes: string[];
}

/** What a pass is asked to run. */
export interface Wanted {
  /** Ids with commas or spaces between. */
  tokens: string;
  /** In place of ids, where a tokenizer.json is there. */
  text?: string;
  /** `KEY=VALUE,…`. */
  a: string;
  b: string;
  /** Each change by itself, too. */
  attribute: boolean;
  /** By WebGPU, where that gives the same bits. */
  gpu?: boolean;
}

/** What outputs under two models have between them. */
export interface Apart {
  equal: number;
  equal_share: number | null;
  both_nan: number;
  finite: number;
  a_not_finite: number;
  b_not_finite: number;
  max_abs: Real | null;
  mean_abs: Real | null;
  relative_rms: Real | null;
}

export interface ProductFigures {
  outputs: number;
  reference_rms: Real | null;
  /** Of the sums in FP32, and of those rounded to BF16. */
  sums: Apart;
  rounded: Apart;
}

export interface ProductTensor extends ProductFigures {
  name: string;
  file: string;
  dtype: string;
  shape: number[];
}

export interface ProductsReport {
  checkpoint: { name: string };
  a: { model: string; says: string };
  b: { model: string; says: string };
  tokens: number;
  seed: number;
  device: { says: string };
  headline: string;
  total: ProductFigures;
  pools: (ProductFigures & { pattern: string; tensors: number })[];
  tensors: ProductTensor[];
  skipped: { name: string; file: string; dtype: string; shape: number[]; why: string }[];
  problems: { file: string; tensor: string | null; place: string | null; what: string }[];
}

/** What matrix products are asked for. */
export interface ProductsWanted {
  /** Models of accumulation. */
  a: string;
  b: string;
  /** Whole numbers as they were typed. */
  tokens: string;
  seed: string;
  /** The tensors that are multiplied; all of them where there is no list. */
  names?: string[];
}

/** The benches over a checkpoint: what each is asked for, and what it tells. */
export interface Asked {
  forward: Wanted;
  products: ProductsWanted;
}
export interface Reports {
  forward: ForwardReport;
  products: ProductsReport;
}
export type Benches = keyof Asked;

export interface LabState<R = ForwardReport> {
  phase: 'empty' | 'reading header' | 'running' | 'done' | 'cancelled' | 'failed';
  /** Whether there is a config.json, without which no model can be run. */
  hasConfig: boolean;
  /** Whether there is a tokenizer.json, so that text can be run. */
  hasTokenizer: boolean;
  /** Why it cannot be run, as a sentence without its end. */
  error: string | null;
  progress: Progress;
  /** What is being multiplied. */
  module: string;
  report: R | null;
}

/** A bench over what is open. */
export interface Bench<B extends Benches> {
  readonly state: LabState<Reports[B]>;
  /** Somebody looks at the form: it begins sooner. */
  warm(): unknown;
  run(wanted: Asked[B]): unknown;
  cancel(): unknown;
  /** Leaves what was run. */
  close(): unknown;
  /** What was run, as JSON. */
  save(): Promise<Blob>;
  onchange(callback: (state: LabState<Reports[B]>) => void): unknown;
}
