// @ts-check
// How a part of a file is read. This decides the speed of everything.

// Measured on two cores in Chromium 156, 1 GB of BF16 in the page cache, CPU-seconds
// of the whole browser: BYOB streams 0.7 to 0.8 whatever the buffer (256 KiB to
// 4 MiB) and the number of readers; default streams 1.5; slices of 4 to 16 MiB 1.6
// to 2.6; FileReaderSync 1.9 to 2.9. With a read under way while the last chunk is
// scanned two scanners took 1.2 s, one took 1.9 s.

/** Bytes asked for at once from a stream. */
const CHUNK_BYTES = 1 << 20;

/** Bytes of a slice, where there are no streams into buffers of our own. */
const SLICE_BYTES = 8 << 20;

/** Buffers of streams that wait to be read into: they are used again and again. @type {ArrayBuffer[]} */
const freeBuffers = [];

/**
 * Readings that are under way. Chromium may collect a stream as garbage while a
 * read waits for it, and then the read never ends, unless something that lives
 * holds on to the stream.
 * @type {Set<Reading>}
 */
const openReadings = new Set();

/** The file could not be read to the end of the part. */
class SourceError extends Error {}

/**
 * Reads a part of a file from its beginning to its end, one chunk ahead of who
 * takes them.
 */
class Reading {
  /** @param {File} file @param {number} begin @param {number} end */
  constructor(file, begin, end) {
    this.left_bytes = end - begin;
    this.reader = readerOf(file.slice(begin, end));
    openReadings.add(this);
    this.ahead = this.#read();
  }

  /**
   * The next bytes, or null at the end. They stay valid until the next call.
   * @returns {Promise<Uint8Array | null>}
   */
  async next() {
    if (this.given) this.reader.recycle(this.given);
    this.given = undefined;
    const chunk = await this.ahead;
    if (!chunk) return this.close();
    this.given = /** @type {ArrayBuffer} */ (chunk.buffer);
    this.left_bytes -= chunk.byteLength;
    this.ahead = this.#read();
    return chunk;
  }

  /** Gives up what has not been read. */
  close() {
    openReadings.delete(this);
    this.reader.cancel().catch(() => {});
    return null;
  }

  /** @returns {Promise<Uint8Array | null>} */
  #read() {
    const chunk = this.left_bytes === 0 ? Promise.resolve(null) : this.#chunk();
    // It may fail before anyone waits for it.
    chunk.catch(() => {});
    return chunk;
  }

  async #chunk() {
    const chunk = await this.reader.read().catch(explain);
    if (!chunk?.byteLength) throw new SourceError('the file ended early: it was cut after it was chosen');
    return chunk;
  }
}

/** @param {any} error @returns {never} */
function explain(error) {
  const why = /** @type {Record<string, string>} */ ({
    NotFoundError: 'it was changed, moved or removed after it was chosen',
    NotReadableError: 'it was changed, removed or locked after it was chosen',
    NotAllowedError: 'the browser no longer has the right to read it',
    SecurityError: 'the browser does not allow it',
  })[error?.name];
  throw new SourceError(`the file could not be read: ${why ?? error?.message ?? error}`);
}

/**
 * @typedef {object} ChunkReader
 * @property {() => Promise<Uint8Array | undefined>} read some bytes, none at the end
 * @property {(buffer: ArrayBuffer) => void} recycle takes the buffer of a chunk that is no longer used
 * @property {() => Promise<void>} cancel
 */

/** The best way that the browser has. @param {Blob} part @returns {ChunkReader} */
function readerOf(part) {
  try {
    return byobReader(part.stream().getReader({ mode: 'byob' }));
  } catch {
    return sliceReader(part);
  }
}

/** One long stream into buffers of our own. @param {ReadableStreamBYOBReader} reader @returns {ChunkReader} */
function byobReader(reader) {
  return {
    read: async () => (await reader.read(new Uint8Array(freeBuffers.pop() ?? new ArrayBuffer(CHUNK_BYTES)))).value,
    recycle: (buffer) => freeBuffers.push(buffer),
    cancel: () => reader.cancel(),
  };
}

/** Slice by slice, for browsers whose streams bring their own buffers. @param {Blob} part @returns {ChunkReader} */
function sliceReader(part) {
  let at = 0;
  return {
    async read() {
      const bytes = new Uint8Array(await part.slice(at, at + SLICE_BYTES).arrayBuffer());
      at += bytes.byteLength;
      return bytes;
    },
    recycle() {},
    async cancel() {},
  };
}
