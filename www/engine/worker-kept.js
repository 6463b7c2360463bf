// @ts-check
// What was read at an address and will be looked at again: it is not asked for twice.

/** Kept at most; a sample is less, unless someone wants a large one. */
const KEPT_BYTES = 32 << 20;

/** @typedef {import('./messages.js').Stretch} Stretch */

/** Stretches of files. */
class Kept {
  /** @type {(Stretch & {bytes: Blob})[]} */
  #there = [];
  /** What a run brings. @type {Map<number, Stretch>} */
  #coming = new Map();
  #left_bytes = KEPT_BYTES;

  /** Where a stretch is read: here, if all of it is kept; the runs that brought it may have been cut in other places. @param {Stretch} stretch @returns {Stretch} */
  placeOf(stretch) {
    const parts = [];
    for (let at = stretch.begin; at < stretch.end;) {
      const kept = this.#there.find((kept) => kept.file === stretch.file && kept.begin <= at && at < kept.end);
      if (!kept) return stretch;
      const end = Math.min(kept.end, stretch.end);
      parts.push(kept.bytes.slice(at - kept.begin, end - kept.begin));
      at = end;
    }
    return { file: new File(parts, ''), begin: 0, end: stretch.end - stretch.begin };
  }

  /** Whether there is room for what a run brings. @param {number} run @param {Stretch} stretch of it */
  hasRoom(run, stretch) {
    const bytes = stretch.end - stretch.begin;
    if (!(stretch.file instanceof RemoteFile) || bytes > this.#left_bytes) return false;
    this.#left_bytes -= bytes;
    this.#coming.set(run, stretch);
    return true;
  }

  /** Takes what a run has brought. @param {number} run @param {Uint8Array} bytes */
  keep(run, bytes) {
    const stretch = this.#coming.get(run);
    if (stretch) this.#there.push({ ...stretch, bytes: new Blob([/** @type {BlobPart} */ (bytes)]) });
    this.#coming.delete(run);
  }
}
