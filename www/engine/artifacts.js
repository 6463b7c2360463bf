// @ts-check
// The wasm modules, the workers' code and the sample. All of it
// is asked for when the page loads; a worker that is started later asks for
// nothing, so that no request leaves the page while a file is open. The two
// exceptions are what makes a text tokens and what brings products to a GPU: they
// are large, and fetched from where the page came from when they are asked for.

import { manners, supplied } from './supply.js';
import { trusted } from './trusted.js';

/** @typedef {import('./messages.js').Core | 'tokenizer' | 'lab_gpu'} Core */

/** What is not needed for a first scan waits until its workers have started. */
const LATER_MS = 500;

/** A module of one function, which multiplies and adds by `f32x4.relaxed_madd`. */
const RELAXED = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b, // types: one, (v128) -> (v128)
  3, 2, 1, 0, // functions: one, of type 0
  10, 13, 1, 11, 0, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x85, 2, 0x0b, // its code: the argument thrice, the instruction
);

/** @param {string} name @returns {Promise<Response>} */
const fetched = (name) => supplied(`engine/${name}`);

/** @param {Core} core @returns {Promise<WebAssembly.Module>} */
async function compiled(core) {
  const response = await fetched(`${core}_bg.wasm`);
  // Streaming wants the right MIME type, which some hosts don't send.
  if (response.headers.get('Content-Type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** @param {string} name @returns {Promise<string>} */
const scriptOf = async (name) => (await fetched(name)).text();

/** @param {string[]} scripts @returns {string} a URL of the code of a worker */
const workerUrl = (...scripts) => URL.createObjectURL(new Blob(scripts, { type: 'text/javascript' }));

/**
 * @typedef {object} Artifacts
 * @property {(core: Core) => Promise<WebAssembly.Module>} module
 * @property {(name: string) => Worker} startWorker the name is for developer tools
 * @property {(name: string) => Promise<Worker>} startGpuWorker one that can bring products to a GPU
 */

/** @type {Promise<Artifacts> | null} */
let loading = null;

/** Loads once; after a failure it can be tried again. @returns {Promise<Artifacts>} */
export function loadArtifacts() {
  loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** Begins when the page has started; a guest does without. @template T @param {() => Promise<T>} begin @returns {Promise<T>} */
const later = (begin) => (manners.isGuest ? Promise.reject(new Error('this is only on the page')) : new Promise((resolve) => { setTimeout(resolve, LATER_MS); }).then(begin));

/** @returns {Promise<Artifacts>} */
async function load() {
  // The build makes one classic script of the wasm's glue and our worker-*.js.
  const [scan, script] = await Promise.all([compiled('scan'), scriptOf('worker.js')]);
  const url = workerUrl(script);
  const modules = { scan: Promise.resolve(scan), compare: later(() => compiled('compare')) };
  // Of the lab's only the bytes are kept: compiled code takes memory, and not every checkpoint is run.
  // It is there twice, and tells the same either way; not every browser knows the faster one's instructions.
  const lab = WebAssembly.validate(RELAXED) ? 'lab_relaxed' : 'lab';
  const labBytes = later(async () => (await fetched(`${lab}_bg.wasm`)).arrayBuffer());
  // Who needs one hears of what went wrong.
  for (const module of [modules.compare, labBytes]) module.catch(() => {});
  const onDemand = { lab: once(async () => WebAssembly.compile(await labBytes)), tokenizer: once(() => compiled('tokenizer')), lab_gpu: once(() => compiled('lab_gpu')) };
  const gpuUrl = once(async () => workerUrl(await scriptOf('lab_gpu.js'), script));
  return {
    module: (core) => (core === 'scan' || core === 'compare' ? modules[core] : onDemand[core]()),
    startWorker: (name) => new Worker(trusted(url), { name }),
    startGpuWorker: async (name) => new Worker(trusted(await gpuUrl()), { name }),
  };
}

/** Begins when it is asked for; after a failure it can be tried again. @template T @param {() => Promise<T>} begin @returns {() => Promise<T>} */
function once(begin) {
  /** @type {Promise<T> | undefined} */
  let begun;
  return () => (begun ??= begin().catch((error) => {
    begun = undefined;
    throw error;
  }));
}

/** @returns {Promise<File>} the built-in checkpoint */
export async function sampleFile() {
  const response = await supplied('sample.safetensors');
  return new File([await response.blob()], 'sample.safetensors');
}
