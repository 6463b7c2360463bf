import type { Overview, Problem, Report, TensorReport } from './report.js';

export type * from './report.js';

/** Bytes in memory or in a file, under the name that they have in the report. */
export interface NamedBlob {
  /** Of a shard, as its index names it: "model-00001-of-00002.safetensors". */
  name: string;
  blob: Blob | ArrayBuffer | Uint8Array;
}

/** What is in memory, or chosen by a person. */
export type Held = Blob | ArrayBuffer | Uint8Array | NamedBlob;

/**
 * What is scanned: a checkpoint that is held, whole or as shards with their index; an address (a URL, or `ORG/MODEL`
 * of a hub); or, in Node, a path, several, or a folder.
 */
export type Source = Held | string | URL | Iterable<Held> | Iterable<string | URL>;

/** A part of a tensor's report: `stats` has `bits` and `exponents` with it, `ancestry` what stands between. */
export type Section = 'stats' | 'ancestry' | 'casts';

export interface Progress {
  /** Bytes that this look at the files has read, of how many. */
  bytes: number;
  total: number;
  /** 2: casts whose scales are real numbers are carried out, for which files are read once more. */
  look: 1 | 2;
}

export interface ScanOptions {
  /**
   * Read about so many bytes in all, or (`true`) 8 MiB: figures are estimates then, with their intervals. `false` reads
   * all. What is at an address is sampled unless this says otherwise; everything else is read whole.
   */
  sample?: number | boolean;
  /** Which casts to carry out, by their keys ("f8_e4m3/row"): all of them, none, or these. @default true */
  casts?: boolean | string | string[];
  /** Only these parts of the report; fields of the others are missing. */
  only?: Section | Section[];
  /** Stops the scan: what waits for it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** For a hub, or for the server of a URL; sent to no other. */
  token?: string;
  /** Where `ORG/MODEL` is looked up. @default "https://huggingface.co" */
  hub?: string;
  /** Called a few times a second. */
  onprogress?: (progress: Progress) => void;
  /** Asks servers in place of the global one. */
  fetch?: typeof globalThis.fetch;
}

/**
 * A scan. It goes on while someone waits for it: for the next tensor, or for the report. Tensors come when nothing of
 * them is missing, which need not be the order of the file. Leaving a loop over them ends the scan.
 */
export interface Scanning extends AsyncIterableIterator<TensorReport> {
  next(): Promise<IteratorResult<TensorReport, undefined>>;
  return(): Promise<IteratorResult<TensorReport, undefined>>;
  /** Everything but the tensors, as far as it is known: headline, problems and more; null until headers are read. */
  readonly overview: Overview | null;
  /** The whole report, when all is scanned. It may be asked for before, while and after tensors are. */
  report(): Promise<Report>;
  /** The same as the command writes it: for reports that are too large for memory, and for people. @default "json" */
  blob(as?: 'json' | 'csv' | 'md' | 'html' | 'svg'): Promise<Blob>;
}

/**
 * Scans a checkpoint in this thread, in short steps. A tensor that cannot be read is one of `overview.problems`, and
 * the rest is scanned; where nothing can be, a {@link FloatscopeError} says why and where.
 */
export function scan(source: Source, options?: ScanOptions): Scanning;

/**
 * Starts floatscope_bg.wasm from elsewhere than beside index.js, before the first scan. What it gets is a URL, an
 * answer, bytes or a compiled module. A path is relative to index.js, or to the bundle that has it.
 */
export function init(from?: string | URL | Response | BufferSource | WebAssembly.Module | Promise<Response | WebAssembly.Module>): Promise<void>;

/** Why there is no report: about a file, or about what was asked for. */
export class FloatscopeError extends Error {
  private constructor(message: string);
  name: 'FloatscopeError';
  /** All that is wrong, as in a report. */
  readonly problems: Problem[];
  /** What the first one is about: file, tensor, and the place in words. */
  readonly file: string | null;
  readonly tensor: string | null;
  readonly where: string | null;
}
