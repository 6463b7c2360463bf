// @ts-check
// Starts the wasm module, once, when it is first needed.

/** Whose words these are: that module judges answers of servers, too. */
const core = wasm_bindgen;

const isNode = typeof process === 'object' && Boolean(process?.versions?.node);

/** A module of Node. Bundlers for browsers see no name that they would look for. @param {string} name @returns {Promise<any>} */
const ofNode = (name) => import(/* webpackIgnore: true */ /* @vite-ignore */ name);

/** @type {Promise<WebAssembly.Memory> | undefined} */
let started;
/** Why there will be no more scans. @type {FloatscopeError | undefined} */
let broken;

/**
 * Starts the module from elsewhere than beside this one.
 * @param {string | URL | Response | BufferSource | WebAssembly.Module | Promise<Response | WebAssembly.Module>} [from]
 * @returns {Promise<void>}
 */
async function init(from) {
  await memoryOf(from);
}

/** Wasm's memory; what failed may be tried again. @param {Parameters<typeof init>[0]} [from] */
function memoryOf(from) {
  started ??= start(from).catch((error) => {
    started = undefined;
    throw new FloatscopeError(`floatscope_bg.wasm cannot be started: ${error?.message ?? error}`, { cause: error });
  });
  return started;
}

/** @param {Parameters<typeof init>[0]} from */
async function start(from = WASM) {
  const given = await from;
  const url = given instanceof URL || typeof given === 'string' ? new URL(given, WASM) : undefined;
  // Node's fetch reads no files.
  const isFile = isNode && url?.protocol === 'file:';
  const source = isFile ? await (await ofNode('node:fs/promises')).readFile(url) : url ?? given;
  return (await wasm_bindgen.default({ module_or_path: source })).memory;
}

/** A trap leaves wasm in an unknown state. @param {unknown} error */
function brokenBy(error) {
  // A panic's own words say more than "unreachable".
  broken = new FloatscopeError(`floatscope has a fault and can scan no more here: ${wasm_bindgen.last_panic() ?? error}`, { cause: error });
  return broken;
}
