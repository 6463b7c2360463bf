// @ts-check
// A worker that reads a part of a file in one of the ways a page can, and does
// nothing with the bytes.

/** Chromium may collect a stream while it is being read; that read then never ends. @type {ReadableStream | undefined} */
let held;

/** @typedef {{file: File, begin: number, end: number, way: string, chunk: number}} Job */

/** @type {Record<string, (part: Blob, chunk: number) => Promise<number>>} */
const WAYS = {
  async 'byob stream'(part, chunk) {
    held = part.stream();
    const reader = held.getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(chunk);
    for (let bytes = 0; ; ) {
      const { done, value } = await reader.read(new Uint8Array(buffer, 0, chunk));
      if (done || !value) return bytes;
      bytes += value.byteLength;
      buffer = value.buffer;
    }
  },
  async 'default stream'(part) {
    held = part.stream();
    const reader = held.getReader();
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
