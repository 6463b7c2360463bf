// @ts-check
// Files of the disk, in Node.

/** @typedef {{size: number, mtimeMs: number}} Stamp what tells that a file is another one now */

/** A file of the disk, or a part of one. */
class DiskFile {
  /** @param {string} path @param {Stamp} stamp @param {number} [begin] @param {number} [end] */
  constructor(path, stamp, begin = 0, end = stamp.size) {
    this.path = path;
    this.stamp = stamp;
    this.begin = begin;
    this.size = Math.max(0, end - begin);
  }

  /** @param {number} begin @param {number} end */
  slice(begin, end) {
    return new DiskFile(this.path, this.stamp, this.begin + begin, this.begin + Math.min(end, this.size));
  }

  async arrayBuffer() {
    const bytes = new Uint8Array(this.size);
    const reader = this.reader();
    try {
      for (let at = 0; at < bytes.length; ) {
        const chunk = await reader.read();
        if (!chunk?.byteLength) return bytes.slice(0, at).buffer;
        bytes.set(chunk, at);
        at += chunk.byteLength;
      }
    } finally {
      await reader.cancel();
    }
    return bytes.buffer;
  }

  /** @returns {ChunkReader} */
  reader() {
    let at = this.begin;
    const end = this.begin + this.size;
    /** @type {Promise<any> | undefined} */
    let opened;
    return {
      read: async () => {
        opened ??= ofNode('node:fs/promises').then(({ open }) => open(this.path));
        const handle = await opened;
        const buffer = new Uint8Array(freeBuffers.pop() ?? new ArrayBuffer(CHUNK_BYTES));
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.byteLength, end - at), at);
        at += bytesRead;
        // Before what was read is taken for what the file holds.
        if (at >= end || !bytesRead) await this.#check(handle);
        return buffer.subarray(0, bytesRead);
      },
      recycle: (buffer) => freeBuffers.push(buffer),
      cancel: async () => (await opened?.catch(() => undefined))?.close(),
    };
  }

  /** @param {any} handle */
  async #check(handle) {
    const { size, mtimeMs } = await handle.stat();
    if (size !== this.stamp.size || mtimeMs !== this.stamp.mtimeMs) throw new SourceError('the file was changed while it was read');
  }
}

/** Files with tensors, and indexes. @typedef {[files: NamedFile[], indexes: NamedFile[]]} Found */

const INDEX_ENDING = '.safetensors.index.json';
const lastOf = (/** @type {string} */ path) => path.slice(folderOf(path).length);

/** Looks for files by their paths, which have slashes on Windows, too. */
class Disk {
  /** @param {any} fs Node's */
  constructor(fs) {
    this.fs = fs;
  }

  /** @param {string} path @returns {Promise<NamedFile>} */
  async file(path) {
    return { name: path, file: asFile(new DiskFile(path, await this.fs.stat(path))) };
  }

  /** @param {string} path @returns {Promise<boolean>} */
  has(path) {
    return this.fs.stat(path).then(() => true, () => false);
  }

  /** The shards that an index names. @param {string} index @returns {Promise<Found>} */
  async byIndex(index) {
    const shards = [...shardsOf(await this.fs.readFile(index), folderOf(index))].sort();
    const isThere = await Promise.all(shards.map((shard) => this.has(shard)));
    // One that is missing is the index's problem, which core tells.
    const there = shards.filter((_, at) => isThere[at]);
    return [await Promise.all(there.map((shard) => this.file(shard))), [await this.file(index)]];
  }

  /** A folder with an index is what that says; one without, all its files with tensors. @param {string} folder @returns {Promise<Found>} */
  async inFolder(folder) {
    const names = /** @type {string[]} */ (await this.fs.readdir(folder)).sort();
    const ending = (/** @type {string} */ ending) => names.filter((name) => name.endsWith(ending)).map((name) => `${folder.replace(/\/+$/, '')}/${name}`);
    const [indexes, files] = [ending(INDEX_ENDING), ending('.safetensors')];
    const index = indexes.length > 1 ? indexes.find((index) => lastOf(index) === `model${INDEX_ENDING}`) : indexes[0];
    if (index) return this.byIndex(index);
    if (indexes.length) throw FloatscopeError.about(folder, `the folder holds several indexes, name one: ${indexes.map(lastOf).join(', ')}`);
    if (!files.length) throw FloatscopeError.about(folder, 'the folder holds no .safetensors file');
    return [await Promise.all(files.map((file) => this.file(file))), []];
  }

  /** Whether what is not there can be a repository of a hub. @param {string} text */
  async mayBeRepository(text) {
    return /^[^./][^/]*\/[^/]+$/.test(text) && !/\.(?:safetensors|json)$/.test(text) && !(await this.has(folderOf(text)));
  }
}

/** What is on the disk by that path or file: URL; nothing where it can only be elsewhere. @param {string} text @returns {Promise<Located | undefined>} */
async function onDisk(text) {
  const [fs, { basename, dirname, resolve, sep }, { fileURLToPath }] = await Promise.all(['node:fs/promises', 'node:path', 'node:url'].map(ofNode));
  const disk = new Disk(fs);
  const path = (/^file:/.test(text) ? fileURLToPath(text) : text).replaceAll(sep, '/');
  try {
    const isFolder = (await fs.stat(path)).isDirectory();
    const isIndex = !isFolder && path.endsWith('.json');
    const [files, indexes] = isFolder ? await disk.inFolder(path) : isIndex ? await disk.byIndex(path) : [[await disk.file(path)], []];
    return { name: basename(resolve(isIndex ? dirname(path) : path)), files, indexes, problems: [], isFar: false };
  } catch (error) {
    if (error instanceof FloatscopeError) throw error;
    const { code, message } = /** @type {{code?: string, message: string}} */ (error);
    if (code === 'ENOENT' && (await disk.mayBeRepository(text))) return undefined;
    throw FloatscopeError.about(path, code === 'ENOENT' ? 'there is no such file or folder' : message);
  }
}
