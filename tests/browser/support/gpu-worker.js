// @ts-check
// A worker with the lab's WebGPU module and taps on what it does: calls are counted where the browser takes
// them, shaders can be changed, and the device can be taken away.

/** @typedef {{id: number, method: string, given: any[]}} Asked */

let [dispatches, submissions] = [0, 0];
/** @type {[from: string, to: string] | null} */
let mistake = null;
/** @type {any} */
let device;
/** @type {WebAssembly.Memory} */
let memory;
/** @type {lab_gpu_bindgen.GpuLab} */
let lab;

/**
 * Calls `tap` around a method of one of WebGPU's interfaces.
 *
 * @param {string} name
 * @param {string} method
 * @param {(original: () => any, given: any[]) => any} tap
 */
function wrap(name, method, tap) {
  const prototype = /** @type {any} */ (self)[name]?.prototype;
  if (!prototype) return;
  const original = prototype[method];
  prototype[method] = function (/** @type {any[]} */ ...given) {
    return tap(() => original.apply(this, given), given);
  };
}

wrap('GPUComputePassEncoder', 'dispatchWorkgroups', (original) => (dispatches++, original()));
wrap('GPUQueue', 'submit', (original) => (submissions++, original()));
wrap('GPUAdapter', 'requestDevice', async (original) => (device = await original()));
wrap('GPUDevice', 'createShaderModule', (original, given) => {
  if (mistake) given[0].code = given[0].code.replaceAll(...mistake);
  return original();
});

/** @type {Record<string, (...given: any[]) => any>} */
const methods = {
  async load(/** @type {string} */ folder) {
    importScripts(`${folder}/lab_gpu.js`);
    ({ memory } = await lab_gpu_bindgen({ module_or_path: `${folder}/lab_gpu_bg.wasm` }));
  },
  async open(/** @type {boolean} */ allowSoftware, /** @type {number | undefined} */ largest) {
    lab = await lab_gpu_bindgen.GpuLab.open(allowSoftware, largest);
    return JSON.parse(lab.facts());
  },
  async adapter() {
    // What Chromium tells pages; wgpu asks for the description only, which is empty.
    const { vendor, architecture } = (await /** @type {any} */ (navigator).gpu.requestAdapter()).info;
    return `${vendor} ${architecture}`;
  },
  counts: () => ({ told: lab.dispatches(), dispatches, submissions }),
  product: (dtype, weights, inputs, tokens, rule) => lab.product(dtype, weights, inputs, tokens, rule),
  /** A forward pass over one file, by the GPU or not. */
  async forward(/** @type {Uint8Array} */ file, /** @type {Uint8Array} */ config, /** @type {string[]} */ [tokens, a, b], /** @type {boolean} */ onGpu) {
    const pass = new lab_gpu_bindgen.ForwardPass('fixture');
    const at = pass.add_file('model.safetensors', file.length);
    for (let range; (range = pass.header_wants(at));) pass.header_feed(at, file.subarray(range[0], range[1]));
    pass.start(config, JSON.stringify({ tokens, a, b, attribute: false }));
    const reads = pass.reads();
    for (let read = 0; read < reads.length; read += 3) {
      const bytes = file.subarray(reads[read + 1], reads[read + 2]);
      const buffer = pass.buffer(bytes.length);
      new Uint8Array(memory.buffer, buffer, bytes.length).set(bytes);
      for (let fed = 0; fed < bytes.length;) {
        fed += pass.feed(fed, bytes.length);
        if (pass.is_ready()) await (onGpu ? pass.multiply_on(lab) : pass.multiply());
      }
    }
    return { report: pass.report('this'), facts: JSON.parse(lab.facts()) };
  },
  break: (/** @type {string} */ from, /** @type {string} */ to) => { mistake = [from, to]; },
  destroy: () => { device.destroy(); return device.lost.then(() => {}); },
  hide: () => { Object.defineProperty(navigator, 'gpu', { value: undefined }); },
};

self.onmessage = async (/** @type {MessageEvent<Asked>} */ { data: { id, method, given } }) => {
  try {
    self.postMessage({ id, value: await methods[method](...given) });
  } catch (error) {
    self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
  }
};
