// What the page, the coordinator and the scanners say to each other.

import type { ComparisonOverview, PairColumn, Rotary } from '../comparison.js';
import type { ProductsWanted, Wanted } from '../lab.js';
import type { Cast, FormatRange, Microscope, Overview } from '../types.js';

/** The wasm modules: one that scans a checkpoint, one that compares two, one that runs a model. */
export type Core = 'scan' | 'compare' | 'lab';

/** What the lab's worker is asked to run. */
export interface PassToRun {
  checkpoint: CheckpointFiles;
  wanted: Wanted;
  /** Where a text is to be run: the module that makes it tokens, and the tokenizer.json. */
  tokenizer?: { module: WebAssembly.Module; file: File };
}

/** The same of the other bench. */
export interface ProductsToRun {
  checkpoint: CheckpointFiles;
  wanted: ProductsWanted;
}

/** The first message to a worker: what it is to be. */
export interface Start {
  type: 'start';
  role: 'coordinator' | 'scanner' | 'lab';
  /** Which of the wasm modules this is. */
  core: Core;
  module: WebAssembly.Module;
  /** A scanner's line to the coordinator. */
  port?: MessagePort;
}

/** The page asks, the worker replies under the same number. */
export interface Request {
  type: 'request';
  id: number;
  method: string;
  argument: unknown;
}

/** The files of a checkpoint. */
export interface CheckpointFiles {
  name: string;
  files: NamedFile[];
  indexes: NamedFile[];
  /** Its config.json, for a comparison. */
  config?: NamedFile | null;
  /** What went wrong while it was looked for, each under the name of a file. */
  problems?: [file: string, what: string][];
}

/** What was found at an address. */
export type FoundFiles = CheckpointFiles & { tokenizer: NamedFile | null };

/** Exports of a scan that are no JSON. */
export type ExportEnding = 'csv' | 'md' | 'html' | 'svg';

/** What the page asks the coordinator. */
export interface Requests {
  /** Resolves when the headers are read and the scan has begun. */
  open: (checkpoint: CheckpointFiles & { scanners: number }) => void;
  /** The same for what is at an address, whose files are found first. Resolves with them. */
  address: (wanted: { address: Address; scanners: number }) => FoundFiles;
  /** Looks for the files at an address and does nothing with them. */
  find: (address: Omit<Address, 'isSampled'>) => FoundFiles;
  /** Of A and B, the same as `open`; `renames` is the table of names that differ. */
  compare: (comparison: { sides: CheckpointFiles[]; renames: string; scanners: number }) => void;
  /** Hands out nothing more, or goes on. */
  pause: (isPaused: boolean) => void;
  /** Gives up what is not finished. */
  abandon: (why: string) => void;
  /** Begins the second look, for the casts that are missing. */
  look: () => void;
  /** A tensor or a pair as in the report. */
  one: (index: number) => any;
  report: () => Blob;
  /** A scan as a file of this ending. */
  export: (as: ExportEnding) => Blob;
  /** A comparison as text. */
  text: (as: 'csv' | 'md') => Blob;
  /** The lab's first bench, of a comparison. */
  rotary: () => Rotary | { error: string } | undefined;
  /** Of the lab's worker: runs a model. Resolves with the report. */
  forward: (pass: PassToRun) => Blob;
  /** Of the lab's worker, too: multiplies matrices under two models of accumulation. */
  products: (products: ProductsToRun) => Blob;
  microscope: (typed: { text: string; format: string }) => Microscope | { error: string };
}

/** A file under the name that it has in the report. */
export interface NamedFile {
  name: string;
  file: File;
}

/** From the page to a worker. */
export type ToWorker =
  | Start
  | Request
  | { type: 'ping' }
  /** Another scanner, and the line to it. */
  | { type: 'scanner'; scanner: number; port: MessagePort }
  /** A scanner died. */
  | { type: 'lost'; scanner: number; what: string };

/** From a worker to the page. */
export type FromWorker =
  | { type: 'ready'; formats: FormatRange[] | null; casts: Cast[] | null }
  | { type: 'pong' }
  | { type: 'reply'; id: number; value?: any; error?: string }
  /** The worker trapped and is of no more use. */
  | { type: 'broken'; what: string }
  | LabEvent
  | EventOf<any, any, any, any>;

/** What the coordinator tells without being asked: of a scan or of a comparison. */
export type EventOf<Head, Columns, Figures, News> =
  /** The headers are read. `files` are those that are used, `bytes` and `rows` what there is to read. */
  | { type: 'begun'; overview: Head; files: { name: string; bytes: number }[]; ignored: string[]; bytes: number; rows: number }
  | { type: 'rows'; first: number; columns: Columns }
  | Trouble
  /**
   * What came since the last batch: one message, so that the page draws it at once.
   * `missing_bytes` is what a second look would read, told at the end.
   */
  | { type: 'batch'; bytes: number; figures: Figures | null; news: News | null; isEnd: boolean; missing_bytes: number };

/** What keeps a worker waiting that reads from far away. */
export interface Trouble {
  type: 'trouble';
  what: string;
}

/** How far the lab's worker is. */
export interface LabEvent {
  type: 'multiplied';
  bytes: number;
  total: number;
  module: string;
}

export type ScanEvent = EventOf<Overview, RowColumns, FigureColumns, News>;
export type ComparisonEvent = EventOf<ComparisonOverview, PairColumns, DifferenceColumns, Partial<ComparisonOverview>>;

/** What has changed of the overview. */
export type News = Pick<Overview, 'headline' | 'problems' | 'ancestry' | 'wasted_bytes' | 'casts' | 'recommendations' | 'outliers' | 'f16'>;

/** What the headers say of consecutive tensors. */
export interface RowColumns {
  name: string[];
  file: number[];
  dtype: string[];
  shape: string[];
  parameters: number[];
  bytes: number[];
  pattern: number[];
}

/** Figures of tensors in any order; NaN is "there is none". */
export interface FigureColumns {
  index: Uint32Array;
  /** Tensors that were given up. */
  failed: Uint32Array;
  min: Float64Array;
  max: Float64Array;
  mean: Float64Array;
  std: Float64Array;
  abs_max: Float64Array;
  zeros: Float64Array;
  nan: Float64Array;
  inf: Float64Array;
  joint_entropy: Float64Array;
  wasted_bytes: Float64Array;
  /** 1 where the figures are those of a sample. */
  estimate?: Float64Array;
  label: string[];
  casts?: CastColumns;
}

/** What the headers say of consecutive pairs of tensors. */
export interface PairColumns extends Omit<RowColumns, 'file' | 'dtype'> {
  /** In B, null where it is the same. */
  name_b: (string | null)[];
  dtype_a: string[];
  dtype_b: string[];
}

/** Figures of pairs in any order; NaN and "" are "there is none". */
export interface DifferenceColumns extends Record<PairColumn, Float64Array> {
  index: Uint32Array;
  kind: string[];
  conversion: string[];
  direction: string[];
  looks: string[];
}

/** SQNR of tensors by cast: NaN where there is none or none yet. */
export interface CastColumns {
  index: Uint32Array;
  sqnr_db: Record<string, Float32Array>;
}

/** A file at an address, as it is sent between workers. */
export interface RemotePlace {
  url: string;
  /** In bytes; Infinity where nobody says it. */
  size: number;
  version: string | null;
  movedTo: string | null;
  token: string | null;
}

/** What is read at an address. */
export interface Address {
  /** A URL, or a repository of a hub as ORG/MODEL. */
  text: string;
  /** The hub; "" is the usual one. */
  hub: string;
  /** "" is none. */
  token: string;
  /** Whether a sample will do. */
  isSampled: boolean;
}

/** A stretch of a file. */
export interface Stretch {
  file: File;
  begin: number;
  end: number;
}

/** From the coordinator to a scanner: one stretch, or one of A and one of B. */
export interface RunToScan {
  run: number;
  stretches: Stretch[];
  tasks: Uint8Array;
  /** Whether its bytes are wanted when all of them have been read: they will be looked at again. */
  isKept?: boolean;
}

/** From a scanner to the coordinator. */
export type FromScanner =
  | { type: 'ready' }
  | {
      type: 'seen';
      run: number;
      /** Bytes of the run that have been read so far. */
      read: number;
      observations: Uint8Array | null;
      /** Whether the run is at its end. */
      isEnd: boolean;
      /** Its bytes then, where they are kept. */
      kept: Uint8Array | null;
    }
  /** One of its stretches could not be read. */
  | { type: 'failed'; run: number; stretch: number; what: string };
