// @ts-check
// Where the wasm modules, the workers' code and the sample come from. All of it
// is fetched when the page loads; a worker that is started later asks for
// nothing, so that no request leaves the page while a file is open. The one
// exception is what makes a text tokens: it is large, and fetched from where the
// page came from when a tokenizer.json is opened.

/** @typedef {import('./messages.js').Core | 'tokenizer'} Core */

/** What is not needed for a first scan waits until its workers have started. */
const LATER_MS = 500;

/** @param {string} name @returns {Promise<Response>} */
async function fetched(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} could not be loaded (${response.status} ${response.statusText})`);
  return response;
}

/** @param {Core} core @returns {Promise<WebAssembly.Module>} */
async function compiled(core) {
  const response = await fetched(`${core}_bg.wasm`);
  // Streaming wants the right MIME type, which some hosts don't send.
  if (response.headers.get('Content-Type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}

/** @returns {Promise<string>} a URL of the code of a worker */
async function workerUrl() {
  // The build makes one classic script of the wasm's glue and our worker-*.js.
  const script = await (await fetched('worker.js')).text();
  return URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
}

/**
 * The one place that turns a string into the address of a script. Only what
 * `workerUrl` made gets through.
 * @type {{createScriptURL: (url: string) => any}}
 */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy('floatscope', { createScriptURL: ownUrl })
  ?? { createScriptURL: ownUrl };

/** @param {string} url */
function ownUrl(url) {
  if (!url.startsWith('blob:')) throw new TypeError(`${url} is no worker of this page`);
  return url;
}

/**
 * @typedef {object} Artifacts
 * @property {(core: Core) => Promise<WebAssembly.Module>} module
 * @property {(name: string) => Worker} startWorker the name is for developer tools
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

/** Begins when the page has started. @template T @param {() => Promise<T>} begin @returns {Promise<T>} */
const later = (begin) => new Promise((resolve) => { setTimeout(resolve, LATER_MS); }).then(begin);

/** @returns {Promise<Artifacts>} */
async function load() {
  const [scan, url] = await Promise.all([compiled('scan'), workerUrl()]);
  const modules = { scan: Promise.resolve(scan), compare: later(() => compiled('compare')), lab: later(() => compiled('lab')) };
  // Who needs one hears of what went wrong.
  for (const module of [modules.compare, modules.lab]) module.catch(() => {});
  /** @type {Promise<WebAssembly.Module> | undefined} */
  let tokenizer;
  const module = (/** @type {Core} */ core) => (core === 'tokenizer' ? (tokenizer ??= compiled('tokenizer').catch((error) => { tokenizer = undefined; throw error; })) : modules[core]);
  return { module, startWorker: (name) => new Worker(policy.createScriptURL(url), { name }) };
}

/** @returns {Promise<File>} the built-in checkpoint */
export async function sampleFile() {
  const response = await fetched('../sample.safetensors');
  return new File([await response.blob()], 'sample.safetensors');
}
