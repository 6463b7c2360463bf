// @ts-check
// What the bench runs inside the page. Each function is sent there whole, so it
// uses nothing from this module.

/** @typedef {{way: string, chunk: number, readers: number}} Method */

/**
 * Keeps the files at hand in the page: an input of the bench's own.
 *
 * @param {string} workerSource
 */
export function prepare(workerSource) {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.id = 'bench-files';
  document.body.append(input);
  const blob = new Blob([workerSource], { type: 'text/javascript' });
  /** @type {any} */ (window).benchWorker = URL.createObjectURL(blob);
}

/**
 * Reads all files by a method, with workers that are running already, and
 * returns the milliseconds. Each reader has its share of every file.
 *
 * @param {Method} method
 * @returns {Promise<number>}
 */
export async function bareRead({ way, chunk, readers }) {
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#bench-files'));
  const files = [...(input.files ?? [])];
  const workers = Array.from({ length: readers }, () => new Worker(/** @type {any} */ (window).benchWorker));
  /** @param {Worker} worker @param {object} job @returns {Promise<number>} */
  const run = (worker, job) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(job);
    });
  await Promise.all(workers.map((worker) => run(worker, { file: files[0], begin: 0, end: 1, way, chunk: 1 })));
  const start_ms = performance.now();
  const shares = workers.map(async (worker, i) => {
    let bytes = 0;
    for (const file of files) {
      const share = Math.ceil(file.size / readers);
      bytes += await run(worker, { file, begin: i * share, end: Math.min(file.size, (i + 1) * share), way, chunk });
    }
    return bytes;
  });
  const bytes = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0);
  const took_ms = performance.now() - start_ms;
  for (const worker of workers) worker.terminate();
  const wanted = files.reduce((sum, { size }) => sum + size, 0);
  if (bytes !== wanted) throw new Error(`${way}: ${bytes} of ${wanted} bytes`);
  return took_ms;
}

/**
 * Gives the page the file as its own button does.
 *
 * @returns {Promise<number>} milliseconds until the scan is done
 */
export async function fullScan() {
  const bench = /** @type {HTMLInputElement} */ (document.querySelector('#bench-files'));
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#file-input'));
  const transfer = new DataTransfer();
  const [first, ...others] = bench.files ?? [];
  // A config.json belongs to the checkpoint.
  for (const file of [first, ...others.filter(({ name }) => name === 'config.json')]) transfer.items.add(file);
  input.files = transfer.files;
  const start_ms = performance.now();
  input.dispatchEvent(new Event('change', { bubbles: true }));
  // Watched, not asked for again and again: that would cost the page time.
  return new Promise((resolve, reject) => {
    new MutationObserver((_, observer) => {
      const { phase } = document.body.dataset;
      if (phase !== 'done' && phase !== 'failed') return;
      observer.disconnect();
      if (phase === 'done') resolve(performance.now() - start_ms);
      else reject(new Error('the scan failed'));
    }).observe(document.body, { attributeFilter: ['data-phase'] });
  });
}

/**
 * Waits for the second look, which a scan goes on to by itself.
 *
 * @returns {Promise<number>} milliseconds until every cast is there
 */
export async function secondLook() {
  const start_ms = performance.now();
  const isDone = () => document.body.dataset.look === 'done';
  return new Promise((resolve) => {
    if (isDone()) return resolve(0);
    new MutationObserver((_, observer) => {
      if (!isDone()) return;
      observer.disconnect();
      resolve(performance.now() - start_ms);
    }).observe(document.body, { attributeFilter: ['data-look'] });
  });
}

/**
 * Compares what is open with the last of the files, as the page's own button does.
 *
 * @returns {Promise<number>} milliseconds from the files until the comparison is done
 */
export async function compareFiles() {
  const bench = /** @type {HTMLInputElement} */ (document.querySelector('#bench-files'));
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#file-input'));
  const transfer = new DataTransfer();
  transfer.items.add(/** @type {File} */ ([...(bench.files ?? [])].at(-1)));
  /** @type {HTMLElement} */ (document.querySelector('#compare-with')).click();
  input.files = transfer.files;
  const start_ms = performance.now();
  input.dispatchEvent(new Event('change', { bubbles: true }));
  // The last one may still be on the screen.
  let hasBegun = false;
  return new Promise((resolve, reject) => {
    new MutationObserver((_, observer) => {
      const { compare } = document.body.dataset;
      const hasEnded = compare === 'done' || compare === 'failed';
      hasBegun ||= !hasEnded;
      if (!hasBegun || !hasEnded) return;
      observer.disconnect();
      if (compare === 'done') resolve(performance.now() - start_ms);
      else reject(new Error('the comparison failed'));
    }).observe(document.body, { attributeFilter: ['data-compare'] });
  });
}

/**
 * Runs what is open in the lab, whose form is open.
 *
 * @param {number} tokens
 * @returns {Promise<number>} milliseconds until the results are there
 */
export async function runForward(tokens) {
  const dialog = /** @type {HTMLElement} */ (document.querySelector('#forward-view'));
  /** @type {HTMLInputElement} */ (document.querySelector('#lab-tokens')).value = Array.from({ length: tokens }, (_, at) => 7 * at + 1).join();
  const start_ms = performance.now();
  /** @type {HTMLElement} */ (document.querySelector('.lab-form button.primary')).click();
  // The last results may still be on the screen.
  let hasBegun = false;
  return new Promise((resolve, reject) => {
    new MutationObserver((_, observer) => {
      const { phase } = dialog.dataset;
      const hasEnded = phase === 'done' || phase === 'failed';
      hasBegun ||= !hasEnded;
      if (!hasBegun || !hasEnded) return;
      observer.disconnect();
      if (phase === 'done') resolve(performance.now() - start_ms);
      else reject(new Error('the pass failed'));
    }).observe(dialog, { attributeFilter: ['data-phase'] });
  });
}

/**
 * On a page that shows nothing yet: starts a scan and waits for its figures.
 *
 * @returns {Promise<{figure_ms: number, tensor_ms: number}>} milliseconds until
 *   the first figure of the checkpoint is on the screen, and of a tensor
 */
export async function firstFigures() {
  const bench = /** @type {HTMLInputElement} */ (document.querySelector('#bench-files'));
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#file-input'));
  const transfer = new DataTransfer();
  transfer.items.add(/** @type {File} */ (bench.files?.[0]));
  input.files = transfer.files;
  const start_ms = performance.now();
  input.dispatchEvent(new Event('change', { bubbles: true }));
  /** @param {string} selector */
  const shown = async (selector) => {
    const hasFigure = (/** @type {Element} */ element) => /\d/.test(/** @type {HTMLElement} */ (element).innerText);
    while (![...document.querySelectorAll(selector)].some(hasFigure)) {
      // Only lines in the window are drawn, and other views stand above the list.
      if (selector.includes('data-tensor')) document.querySelector('#tensors')?.scrollIntoView();
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return performance.now() - start_ms;
  };
  const figure_ms = await shown('#headline, #sub, #legend');
  return { figure_ms, tensor_ms: await shown('[data-tensor] .c-mean') };
}
