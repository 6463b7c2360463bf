// @ts-check
// The lab's other bench: each matrix of a checkpoint times the same activations, summed in two ways.

/** What multiplies, as the report has it. */
const PRODUCTS_BY = 'The processor multiplies, in the browser.';

/** @typedef {import('./messages.js').ProductsToRun} ProductsToRun */
/** @typedef {lab_bindgen.Products | lab_gpu_bindgen.Products} Products */

/**
 * @param {ProductsToRun} asked @param {WebAssembly.Memory} memory
 * @param {(bytes: number, total: number, module: string) => Promise<void>} tell how far it is
 * @returns {Promise<Blob>} the report
 */
async function multiplyAll({ checkpoint, wanted }, memory, tell) {
  const core = new labCore.Products(checkpoint.name, JSON.stringify(wanted));
  const { used } = await readHeaders(takerOf(core), checkpoint);
  if (wanted.names) core.select(wanted.names);
  const total = core.start();
  let bytes = 0;
  for (let block = core.next_block(); block; block = core.next_block()) {
    const [file, begin, end] = block;
    try {
      fed(core, memory, new Uint8Array(await used[file].file.slice(begin, end).arrayBuffer()));
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      core.block_failed(sentenceOf(error));
    }
    bytes += end - begin;
    await tell(bytes, total, core.module());
  }
  return new Blob([core.report(PRODUCTS_BY), '\n'], { type: 'application/json' });
}

/** @param {Products} core @param {WebAssembly.Memory} memory @param {Uint8Array} bytes */
function fed(core, memory, bytes) {
  const at = core.buffer(bytes.byteLength);
  // The memory may have grown, so the view is new each time.
  new Uint8Array(memory.buffer, at, bytes.byteLength).set(bytes);
  core.feed(bytes.byteLength);
}
