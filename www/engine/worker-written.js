// @ts-check
// Reports as they leave wasm: piece by piece.

/** Bytes of the report that are put together at once. */
const REPORT_PART_BYTES = 4 << 20;
/** Messages wait no longer than this while they are. */
const REPORT_PART_MS = 50;
/** @type {Record<import('./messages.js').ExportEnding, string>} */
const EXPORT_TYPES = { csv: 'text/csv', md: 'text/markdown', html: 'text/html', svg: 'image/svg+xml' };

/** Lets messages in. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A report as a Blob made of Blobs, so that it is never whole in memory. @param {() => Uint8Array | undefined} next @param {string} type */
async function written(next, type) {
  const parts = [];
  let [chunks, bytes, since] = [/** @type {BlobPart[]} */ ([]), 0, performance.now()];
  for (let chunk = next(); chunk; chunk = next()) {
    if (chunk.byteLength) chunks.push(/** @type {BlobPart} */ (chunk));
    bytes += chunk.byteLength;
    if (bytes < REPORT_PART_BYTES && performance.now() - since < REPORT_PART_MS) continue;
    if (chunks.length) parts.push(new Blob(chunks));
    await breathe();
    [chunks, bytes, since] = [[], 0, performance.now()];
  }
  return new Blob([...parts, ...chunks], { type });
}
