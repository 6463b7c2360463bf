// @ts-check
// The worker that unpacks what the page as one file carries, and hands out one part after another.

/** @param {string} text in Base64, of what gzip made @returns {Promise<ArrayBuffer>} */
const unzipped = (text) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).arrayBuffer();
};

self.onmessage = async ({ data: { files, sum, decoder, packed } }) => {
  try {
    unpack_bindgen.initSync({ module: await WebAssembly.compile(await unzipped(decoder)) });
    const unpacker = new unpack_bindgen.Unpacker(packed, sum);
    for (const [path, length, sumOfFile] of files) {
      const bytes = unpacker.next(length, sumOfFile);
      self.postMessage({ path, bytes }, { transfer: [bytes.buffer] });
    }
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
