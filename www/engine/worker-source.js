// @ts-check
// How a part of a file is read. This decides the speed of everything.

// Measured on two cores in Chromium 156, 1 GB of BF16 in the page cache, CPU-seconds
// of the whole browser: BYOB streams 0.7 to 0.8 whatever the buffer (256 KiB to
// 4 MiB) and the number of readers; default streams 1.5; slices of 4 to 16 MiB 1.6
// to 2.6; FileReaderSync 1.9 to 2.9. The browser fills a stream meanwhile: to ask for the
// next chunk before the last one is scanned cost 0.1 s more.

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

/** Reads a part of a file from its beginning to its end. */
class Reading {
  /** Of the chunk that was read last, what is still to be looked at. @type {Uint8Array} */
  rest = new Uint8Array();

  /** All that has been read, where that is kept. @type {Uint8Array | null} */
  kept = null;

  /** @param {File} file @param {number} begin @param {number} end @param {boolean} [isKept] */
  constructor(file, begin, end, isKept = false) {
    this.left_bytes = end - begin;
    if (isKept) this.kept = new Uint8Array(end - begin);
    this.reader = readerOf(file.slice(begin, end));
    openReadings.add(this);
  }

  get isAtEnd() {
    return this.left_bytes === 0 && this.rest.byteLength === 0;
  }

  /** Reads the next chunk, in place of the last one. */
  async next() {
    this.#recycle();
    const chunk = this.left_bytes > 0 ? await this.reader.read().catch(explain) : undefined;
    if (!chunk?.byteLength) throw new SourceError('the file ended early: it was cut after it was chosen');
    this.given = /** @type {ArrayBuffer} */ (chunk.buffer);
    this.rest = chunk;
    this.kept?.set(chunk, this.kept.byteLength - this.left_bytes);
    this.left_bytes -= chunk.byteLength;
  }

  /** The next bytes of the chunk, no more than so many. They stay valid until the next chunk. @param {number} bytes */
  part(bytes) {
    const part = this.rest.subarray(0, bytes);
    this.rest = this.rest.subarray(bytes);
    return part;
  }

  /** Gives up what has not been read. */
  close() {
    openReadings.delete(this);
    this.#recycle();
    this.reader.cancel().catch(() => {});
  }

  #recycle() {
    if (this.given) this.reader.recycle(this.given);
    this.given = undefined;
    this.rest = new Uint8Array();
  }
}

/** @param {any} error @returns {never} */
function explain(error) {
  if (error instanceof SourceError) throw error;
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

/** The best way that the browser has; what is no Blob knows its own. @param {Blob | {reader: () => ChunkReader}} part @returns {ChunkReader} */
function readerOf(part) {
  if ('reader' in part) return part.reader();
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

/**
 * Slice by slice, for browsers whose streams bring their own buffers. Nothing is
 * read between two slices unless the next one is asked for ahead.
 * @param {Blob} part @returns {ChunkReader}
 */
function sliceReader(part) {
  let at = 0;
  const slice = () => {
    const bytes = part.slice(at, (at += SLICE_BYTES)).arrayBuffer();
    // It may fail before anyone waits for it.
    bytes.catch(() => {});
    return bytes;
  };
  let ahead = slice();
  return {
    async read() {
      const bytes = new Uint8Array(await ahead);
      if (at < part.size) ahead = slice();
      return bytes;
    },
    recycle() {},
    async cancel() {},
  };
}
