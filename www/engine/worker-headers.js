// @ts-check
// Reads what is small and comes first: indexes, headers, config.json.

/** @typedef {import('./messages.js').NamedFile} NamedFile */
/**
 * What takes them in: a scan, or one side of a comparison.
 * @typedef {object} HeaderTaker
 * @property {(name: string, bytes: number) => number} addFile
 * @property {(name: string, bytes: Uint8Array) => void} addIndex
 * @property {(file: string, what: string) => void} addProblem
 * @property {(file: number) => Float64Array | undefined} wants
 * @property {(file: number, bytes: Uint8Array) => void} feed
 * @property {(file: number, what: string) => void} failed
 */

/**
 * What has these methods is a taker under their names: a scan, and each bench of the lab.
 * @param {Pick<wasm_bindgen.Coordinator, 'add_file' | 'add_index' | 'add_problem' | 'header_wants' | 'header_feed' | 'header_failed'>} core
 * @returns {HeaderTaker}
 */
const takerOf = (core) => ({
  addFile: (name, bytes) => core.add_file(name, bytes),
  addIndex: (name, bytes) => core.add_index(name, bytes),
  addProblem: (file, what) => core.add_problem(file, what),
  wants: (file) => core.header_wants(file),
  feed: (file, bytes) => core.header_feed(file, bytes),
  failed: (file, what) => core.header_failed(file, what),
});

/** Reads them all. @param {HeaderTaker} taker @param {import('./messages.js').CheckpointFiles} checkpoint */
async function readHeaders(taker, { files, indexes }) {
  const { used, ignored } = await readIndexes(taker, files, indexes);
  const opened = [];
  for (const { name, file } of used) if (await isThere(taker, name, file)) opened.push({ name, file });
  for (const { name, file } of opened) taker.addFile(name, file.size);
  for (const [index, { file }] of opened.entries()) await readHeader(taker, index, file);
  return { used: opened, ignored };
}

/** What is at an address is looked for; what is here is there. @param {HeaderTaker} taker @param {string} name @param {File} file */
async function isThere(taker, name, file) {
  try {
    if (/** @type {unknown} */ (file) instanceof RemoteFile) await /** @type {any} */ (file).open();
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    taker.addProblem(name, sentenceOf(error));
    return false;
  }
}

/** The folder of a path, with its slash. @param {string} path */
const folderOf = (path) => path.slice(0, path.lastIndexOf('/') + 1);

/**
 * Adds the indexes. Where a folder has one, it says which of the folder's files are used.
 * @param {HeaderTaker} taker @param {NamedFile[]} files @param {NamedFile[]} indexes
 */
async function readIndexes(taker, files, indexes) {
  /** @type {string[]} */
  const ignored = [];
  for (const { name, file } of indexes) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      taker.addIndex(name, bytes);
      const shards = shardsOf(bytes, folderOf(name));
      const isStray = (/** @type {NamedFile} */ { name: other }) => folderOf(other) === folderOf(name) && !shards.has(other);
      if (!files.some(({ name }) => shards.has(name))) continue;
      ignored.push(...files.filter(isStray).map(({ name }) => name));
      files = files.filter((file) => !isStray(file));
    } catch (error) {
      taker.addProblem(name, sentenceOf(error));
    }
  }
  return { used: files, ignored };
}

/** The shards that an index names, none when it cannot be read; core says why. @param {Uint8Array} bytes @param {string} folder @returns {Set<string>} */
function shardsOf(bytes, folder) {
  try {
    const names = Object.values(JSON.parse(new TextDecoder().decode(bytes)).weight_map);
    return new Set(names.map((name) => folder + name));
  } catch {
    return new Set();
  }
}

/** @param {HeaderTaker} taker @param {number} index @param {File} file */
async function readHeader(taker, index, file) {
  try {
    for (let range = taker.wants(index); range; range = taker.wants(index)) {
      const bytes = await file.slice(range[0], range[1]).arrayBuffer();
      taker.feed(index, new Uint8Array(bytes));
    }
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    taker.failed(index, sentenceOf(error));
  }
}

/** @param {unknown} error why a file could not be read */
function sentenceOf(error) {
  try {
    return explain(error);
  } catch (explained) {
    return /** @type {Error} */ (explained).message;
  }
}
