// @ts-check
// Reads many small stretches of files ahead of who needs them. A model's tensors are used in another order than they
// lie in its file, and to begin a stream costs milliseconds: so a batch of them is read as few long stretches.

/** @typedef {import('./messages.js').Stretch} StretchOfFile */

/** Bytes of a batch: that of a small model's layers. A longer stretch is a batch of its own, and streamed. */
const BATCH_BYTES = 16 << 20;

/** Shorter stretches are read at once and not as streams. */
const SHORT_BYTES = 256 << 10;

/** Stretches in the order in which they are used, as batches. @param {StretchOfFile[]} stretches */
function batchesOf(stretches) {
  /** @type {StretchOfFile[][]} */
  const batches = [];
  let room = 0;
  for (const stretch of stretches) {
    const bytes = stretch.end - stretch.begin;
    if (bytes > room) {
      batches.push([]);
      room = BATCH_BYTES;
    }
    /** @type {StretchOfFile[]} */ (batches.at(-1)).push(stretch);
    room -= bytes;
  }
  return batches;
}

/** Whether it is streamed. @param {StretchOfFile[]} batch */
const isLong = (batch) => batch.length === 1 && batch[0].end - batch[0].begin > BATCH_BYTES;

/** Those that touch, as one. @param {StretchOfFile[]} batch */
function joined(batch) {
  /** @type {StretchOfFile[]} */
  const all = [];
  for (const stretch of batch.toSorted((a, b) => a.begin - b.begin)) {
    const before = all.find(({ file, begin, end }) => file === stretch.file && begin <= stretch.begin && stretch.begin <= end);
    if (before) before.end = Math.max(before.end, stretch.end);
    else all.push({ ...stretch });
  }
  return all;
}

/** @param {StretchOfFile} stretch @returns {Promise<Uint8Array>} */
async function bytesOf({ file, begin, end }) {
  if (end - begin <= SHORT_BYTES) return new Uint8Array(await file.slice(begin, end).arrayBuffer().catch(explain));
  const bytes = new Uint8Array(end - begin);
  const reading = new Reading(file, begin, end);
  for (let at = 0; at < bytes.byteLength; at += reading.rest.byteLength) {
    await reading.next();
    bytes.set(reading.rest, at);
  }
  reading.close();
  return bytes;
}

/** Reads a batch and gives its stretches back in their order. @param {StretchOfFile[]} batch */
async function loaded(batch) {
  const read = joined(batch);
  const bytes = await Promise.all(read.map(bytesOf));
  return batch.map(({ file, begin, end }) => {
    const at = read.findIndex((it) => it.file === file && it.begin <= begin && end <= it.end);
    return bytes[at].subarray(begin - read[at].begin, end - read[at].begin);
  });
}

/**
 * The bytes of stretches, one after the other, cut anywhere; the next batch is read meanwhile.
 * @param {StretchOfFile[]} stretches
 */
async function* readAhead(stretches) {
  const batches = batchesOf(stretches);
  /** @param {number} at */
  const begin = (at) => {
    const batch = batches[at];
    if (!batch) return undefined;
    if (isLong(batch)) return new Reading(batch[0].file, batch[0].begin, batch[0].end);
    const parts = loaded(batch);
    // It may fail before anyone waits for it.
    parts.catch(() => {});
    return parts;
  };
  let next = begin(0);
  for (let at = 0; at < batches.length; at++) {
    const now = next;
    if (now instanceof Reading) {
      next = begin(at + 1);
      while (!now.isAtEnd) {
        if (!now.rest.byteLength) await now.next();
        yield now.part(now.rest.byteLength);
      }
      now.close();
    } else {
      const parts = await now;
      next = begin(at + 1);
      yield* parts ?? [];
    }
  }
}
