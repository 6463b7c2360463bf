// What the page, the coordinator and the scanners say to each other.

import type { Cast, FormatRange, Microscope, Overview, TensorReport } from '../types.js';

/** The first message to a worker: what it is to be. */
export interface Start {
  type: 'start';
  role: 'coordinator' | 'scanner';
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

/** What the page asks the coordinator. */
export interface Requests {
  /** Resolves when the headers are read and the scan has begun. */
  open: (checkpoint: { name: string; files: NamedFile[]; indexes: NamedFile[]; scanners: number }) => void;
  /** Gives up what is not finished. */
  abandon: (why: string) => void;
  /** Begins the second look, for the casts that are missing. */
  look: () => void;
  tensor: (index: number) => TensorReport | undefined;
  report: () => Blob;
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
  | Event;

/** What the coordinator tells without being asked. */
export type Event =
  /** The headers are read. `files` are those that are used. */
  | { type: 'begun'; overview: Overview; files: { name: string; bytes: number }[]; ignored: string[] }
  | { type: 'rows'; first: number; columns: RowColumns }
  /**
   * What came since the last batch: one message, so that the page draws it at once.
   * `missing_bytes` is what a second look would read, told at the end.
   */
  | { type: 'batch'; bytes: number; figures: FigureColumns | null; news: News | null; isEnd: boolean; missing_bytes: number };

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
  label: string[];
  casts?: CastColumns;
}

/** SQNR of tensors by cast: NaN where there is none or none yet. */
export interface CastColumns {
  index: Uint32Array;
  sqnr_db: Record<string, Float32Array>;
}

/** From the coordinator to a scanner. */
export interface RunToScan {
  run: number;
  file: File;
  begin: number;
  end: number;
  spans: Uint8Array;
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
    }
  | { type: 'failed'; run: number; what: string };
