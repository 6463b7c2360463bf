// @ts-check
// A worker that reads a part of a file in one of the ways a page can, and does
// nothing with the bytes.

/** @typedef {{file: File, begin: number, end: number, way: string, chunk: number}} Job */

/** @type {Record<string, (part: Blob, chunk: number) => Promise<number>>} */
const WAYS = {
  async 'byob stream'(part, chunk) {
    const reader = part.stream().getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(chunk);
    for (let bytes = 0; ; ) {
      const { done, value } = await reader.read(new Uint8Array(buffer, 0, chunk));
      if (done || !value) return bytes;
      bytes += value.byteLength;
      buffer = value.buffer;
    }
  },
  async 'default stream'(part) {
    const reader = part.stream().getReader();
    for (let bytes = 0; ; ) {
      const { done, value } = await reader.read();
      if (done) return bytes;
      bytes += value.byteLength;
    }
  },
  async 'slice arrayBuffer'(part, chunk) {
    let bytes = 0;
    while (bytes < part.size) bytes += (await part.slice(bytes, bytes + chunk).arrayBuffer()).byteLength;
    return bytes;
  },
  async FileReaderSync(part, chunk) {
    const reader = new FileReaderSync();
    let bytes = 0;
    while (bytes < part.size) bytes += reader.readAsArrayBuffer(part.slice(bytes, bytes + chunk)).byteLength;
    return bytes;
  },
};

self.onmessage = async (/** @type {MessageEvent<Job>} */ { data }) => {
  const { file, begin, end, way, chunk } = data;
  self.postMessage(await WAYS[way](file.slice(begin, end), chunk));
};
