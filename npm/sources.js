// @ts-check
// From what is given to the files of a checkpoint.

/**
 * What there is to read.
 * @typedef {object} Located
 * @property {string} name of the checkpoint
 * @property {NamedFile[]} files
 * @property {NamedFile[]} indexes
 * @property {[file: string, what: string][]} problems
 * @property {boolean} isFar
 */

/** Bytes in memory, which can be read as a file is. */
class HeldBytes {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.size = bytes.byteLength;
  }

  /** @param {number} begin @param {number} end */
  slice(begin, end) {
    return new HeldBytes(this.bytes.subarray(begin, end));
  }

  async arrayBuffer() {
    return this.bytes.slice().buffer;
  }

  /** @returns {ChunkReader} */
  reader() {
    let at = 0;
    return {
      read: async () => this.bytes.subarray(at, (at += CHUNK_BYTES)),
      recycle() {},
      async cancel() {},
    };
  }
}

/** What has a file's size and slices is a file to who reads it. @param {HeldBytes | DiskFile | RemoteFile | Blob} file @returns {File} */
const asFile = (file) => /** @type {any} */ (file);

/** A name is one where nobody gave one. */
const UNNAMED = 'checkpoint.safetensors';

/**
 * Finds the files.
 * @param {unknown} source
 * @param {{token?: string, hub?: string}} options
 * @param {Asking} asking
 * @returns {Promise<Located>}
 */
async function located(source, options, asking) {
  const items = isSeveral(source) ? [...source] : [source];
  if (!items.length) throw new FloatscopeError('there is nothing to read: no source is given');
  if (!items.every((item) => typeof item === 'string' || item instanceof URL)) return heldFiles(items);
  const found = [];
  for (const item of items) found.push(await locatedAt(String(item), options, asking));
  const [first] = found;
  return {
    name: found.length > 1 ? `${first.name} and ${found.length - 1} more` : first.name,
    files: found.flatMap(({ files }) => files), indexes: found.flatMap(({ indexes }) => indexes),
    problems: found.flatMap(({ problems }) => problems), isFar: found.some(({ isFar }) => isFar),
  };
}

/** An array, a FileList. @param {unknown} source @returns {source is Iterable<unknown>} */
const isSeveral = (source) => typeof source === 'object' && source !== null && Symbol.iterator in source && !ArrayBuffer.isView(source);

/** @param {unknown[]} items @returns {Located} */
function heldFiles(items) {
  // The page's own way to tell shards from indexes from the rest.
  const chosen = select(/** @type {any} */ (items.map(heldFile)));
  if (chosen.error !== null) throw new FloatscopeError(chosen.error);
  const named = (/** @type {NamedFile} */ { name, file }) => ({ name, file: /** @type {any} */ (file).file });
  return { name: chosen.name, files: chosen.files.map(named), indexes: chosen.indexes.map(named), problems: [], isFar: false };
}

/** @param {any} item */
function heldFile(item) {
  const held = item?.blob ?? item;
  const name = String(item?.name ?? held?.name ?? UNNAMED);
  const file = held instanceof Blob ? held : new HeldBytes(bytesOf(held));
  return { name, webkitRelativePath: held?.webkitRelativePath || `/${name}`, file: asFile(file) };
}

/** @param {unknown} held */
function bytesOf(held) {
  if (ArrayBuffer.isView(held)) return new Uint8Array(held.buffer, held.byteOffset, held.byteLength);
  if (held instanceof ArrayBuffer || Object.prototype.toString.call(held) === '[object ArrayBuffer]') return new Uint8Array(/** @type {ArrayBuffer} */ (held));
  throw new FloatscopeError('a source is a Blob, an ArrayBuffer, a Uint8Array, {name, blob}, a URL, ORG/MODEL or, in Node, a path; or several of one kind');
}

/** Whether it can be no path. @param {string} text */
const isUrl = (text) => /^(?!file:)[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** What was looked for on a hub may have been meant for a file. @param {string} hub @returns {(problem: [file: string, what: string]) => [file: string, what: string]} */
const notHere = (hub) => ([file, what]) => [file, `there is nothing of this name here, and on ${(hub || HUB).trim().replace(/\/+$/, '')}: ${what}`];

/** @param {string} text @param {{token?: string, hub?: string}} options @param {Asking} asking @returns {Promise<Located>} */
async function locatedAt(text, { token = '', hub = '' }, asking) {
  if (isNode && !isUrl(text)) {
    const here = await onDisk(text);
    if (here) return here;
  }
  try {
    // One file for each scan: another one may have another token.
    const { files, indexes, name, problems } = await found({ text, hub, token }, asking, (place) => asFile(new RemoteFile(place, asking)));
    return { name, files, indexes, problems: isNode && !isUrl(text) ? problems.map(notHere(hub)) : problems, isFar: true };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    // A constructor that refuses does so with a sentence.
    throw typeof error === 'string' ? new FloatscopeError(error) : FloatscopeError.about(text, String(/** @type {any} */ (error)?.message ?? error));
  }
}
