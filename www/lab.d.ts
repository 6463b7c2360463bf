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

export interface LabState {
  phase: 'empty' | 'reading header' | 'running' | 'done' | 'cancelled' | 'failed';
  /** Whether there is a config.json, without which nothing can be run. */
  hasConfig: boolean;
  /** Whether there is a tokenizer.json, so that text can be run. */
  hasTokenizer: boolean;
  /** Why it cannot be run, as a sentence without its end. */
  error: string | null;
  progress: Progress;
  /** What is being multiplied. */
  module: string;
  report: ForwardReport | null;
}

/** The lab's forward pass over what is open. */
export interface Lab {
  readonly state: LabState;
  /** Somebody looks at the form: the next pass begins sooner. */
  warm(): unknown;
  run(wanted: Wanted): unknown;
  cancel(): unknown;
  /** Leaves what was run. */
  close(): unknown;
  /** What was run, as JSON. */
  save(): Promise<Blob>;
  onchange(callback: (state: LabState) => void): unknown;
}
