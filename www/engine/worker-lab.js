// @ts-check
// The lab's role: runs a model under two policies, in one pass over its weights, or multiplies its matrices.

/** At least this long between two messages about how far it is. */
const PROGRESS_MS = 100;

/** Bytes that are copied into wasm's memory at once. */
const FED_AT_ONCE_BYTES = 2 << 20;

/** What multiplies, as the report has it. */
const CPU = 'CPU, 1 thread, in the browser';

/** The lab's wasm: with what brings products to a GPU where this worker was started so. */
const labCore = typeof lab_gpu_bindgen === 'undefined' ? lab_bindgen : lab_gpu_bindgen;

/** @typedef {import('./messages.js').PassToRun} PassToRun */

/** @typedef {lab_bindgen.ForwardPass | lab_gpu_bindgen.ForwardPass} Pass */
/**
 * What multiplies.
 * @typedef {object} Device
 * @property {(pass: Pass) => Promise<void> | void} multiply
 * @property {() => string} says which it was, and why no faster one
 */

/** The GPU where it is asked for and passes its test, or the CPU. @param {boolean} onGpu @returns {Promise<Device>} */
async function openedDevice(onGpu) {
  if (!onGpu) return { multiply: (pass) => pass.multiply(), says: () => CPU };
  try {
    // Asked for, a software adapter will do.
    return gpuDevice(await lab_gpu_bindgen.GpuLab.open(true));
  } catch (error) {
    return { multiply: (pass) => pass.multiply(), says: () => `${CPU}: ${error}` };
  }
}

/** @param {lab_gpu_bindgen.GpuLab} gpu @returns {Device} */
function gpuDevice(gpu) {
  return {
    multiply: (pass) => /** @type {lab_gpu_bindgen.ForwardPass} */ (pass).multiply_on(gpu),
    says() {
      const { title, products, all, lost, adapter } = JSON.parse(gpu.facts());
      const rest = all - products;
      const why = lost ?? 'no GPU gives their bits for certain';
      return `GPU: ${title} (WebGPU${adapter.is_software ? ', in software' : ''})${rest ? `; ${rest} of ${all} products on the CPU: ${why}` : ''}`;
    },
  };
}

class LabRole {
  #told_ms = 0;

  /** @param {WebAssembly.Memory} memory @param {(error: unknown) => void} broken */
  constructor(memory, broken) {
    this.memory = memory;
    this.broken = broken;
  }

  /** @param {import('./messages.js').ToWorker} message */
  async receive(message) {
    if (message.type !== 'request') return;
    const { id } = message;
    try {
      tellPage({ type: 'reply', id, value: await this.#run(message) });
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.broken(error);
      else tellPage({ type: 'reply', id, error: error instanceof Error ? error.message : String(error) });
    }
  }

  /** @param {import('./messages.js').Request} request */
  #run({ method, argument }) {
    const given = /** @type {any} */ (argument);
    const asked = { ...given, checkpoint: readableFiles(given.checkpoint) };
    return method === 'products' ? multiplyAll(asked, this.memory, (...far) => this.#tell(...far)) : this.#forward(asked);
  }

  /** @param {PassToRun} pass */
  async #forward({ checkpoint, wanted, tokenizer }) {
    const core = new labCore.ForwardPass(checkpoint.name);
    const { used } = await readHeaders(takerOf(core), checkpoint);
    const config = checkpoint.config ? await checkpoint.config.file.arrayBuffer().catch(explain) : new ArrayBuffer(0);
    const tokens = wanted.text === undefined ? {} : await this.#tokenise(tokenizer, wanted.text);
    core.start(new Uint8Array(config), JSON.stringify({ ...wanted, ...tokens }));
    const device = await openedDevice(wanted.gpu === true);
    await this.#multiply(core, device, used.map(({ file }) => file));
    return new Blob([core.report(device.says()), '\n'], { type: 'application/json' });
  }

  /** A text's tokens, by the checkpoint's tokenizer.json. @param {PassToRun['tokenizer']} tokenizer @param {string} text */
  async #tokenise(tokenizer, text) {
    if (!tokenizer) throw new Error('there is no tokenizer.json, by which a text is made tokens: open it together with the checkpoint');
    tokenizer_bindgen.initSync({ module: tokenizer.module });
    const bytes = new Uint8Array(await readable(tokenizer.file).arrayBuffer().catch(explain));
    const { error, tokens, pieces } = JSON.parse(tokenizer_bindgen.tokenise(bytes, text));
    if (error) throw new Error(`tokenizer.json: ${error}`);
    return { tokens: tokens.join(), pieces };
  }

  /** Reads everything and multiplies it. @param {Pass} core @param {Device} device @param {File[]} files */
  async #multiply(core, device, files) {
    const total = core.total_bytes();
    let bytes = 0;
    for await (const part of readAhead(stretches(core.reads(), files))) {
      // A long one leaves no time between for messages.
      for (let at = 0; at < part.byteLength; at += FED_AT_ONCE_BYTES) {
        const piece = part.subarray(at, at + FED_AT_ONCE_BYTES);
        await this.#feed(core, device, piece);
        bytes += piece.byteLength;
        await this.#tell(bytes, total, core.module());
      }
    }
  }

  /** @param {Pass} core @param {Device} device @param {Uint8Array} part */
  async #feed(core, device, part) {
    const at = core.buffer(part.byteLength);
    // The memory may have grown, so the view is new each time.
    new Uint8Array(this.memory.buffer, at, part.byteLength).set(part);
    for (let fed = 0; fed < part.byteLength;) {
      fed += core.feed(fed, part.byteLength);
      if (core.is_ready()) await device.multiply(core);
    }
  }

  /** Tells how far it is, and takes in what has been sent. @param {number} bytes @param {number} total @param {string} module */
  async #tell(bytes, total, module) {
    if (performance.now() - this.#told_ms < PROGRESS_MS) return;
    tellPage({ type: 'multiplied', bytes, total, module });
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#told_ms = performance.now();
  }
}

/** @param {Float64Array} numbers file, begin and end of each @param {File[]} files @returns {import('./messages.js').Stretch[]} */
function stretches(numbers, files) {
  const all = [];
  for (let at = 0; at < numbers.length; at += 3) all.push({ file: files[numbers[at]], begin: numbers[at + 1], end: numbers[at + 2] });
  return all;
}
