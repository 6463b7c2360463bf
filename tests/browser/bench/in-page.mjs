// @ts-check
// What the bench runs inside the page. Each function is sent there whole, so it
// uses nothing from this module.

/** @typedef {{way: string, chunk: number, readers: number}} Method */

/**
 * Keeps the file at hand in the page: an input of the bench's own.
 *
 * @param {string} workerSource
 */
export function prepare(workerSource) {
  const input = document.createElement('input');
  input.type = 'file';
  input.id = 'bench-file';
  document.body.append(input);
  const blob = new Blob([workerSource], { type: 'text/javascript' });
  /** @type {any} */ (window).benchWorker = URL.createObjectURL(blob);
}

/**
 * Reads the whole file by a method, with workers that are running already, and
 * returns the milliseconds.
 *
 * @param {Method} method
 * @returns {Promise<number>}
 */
export async function bareRead({ way, chunk, readers }) {
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#bench-file'));
  const file = /** @type {File} */ (input.files?.[0]);
  const workers = Array.from({ length: readers }, () => new Worker(/** @type {any} */ (window).benchWorker));
  /** @param {Worker} worker @param {object} job @returns {Promise<number>} */
  const run = (worker, job) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(job);
    });
  await Promise.all(workers.map((worker) => run(worker, { file, begin: 0, end: 1, way, chunk: 1 })));
  const share = Math.ceil(file.size / readers);
  const start_ms = performance.now();
  const parts = workers.map((worker, i) =>
    run(worker, { file, begin: i * share, end: Math.min(file.size, (i + 1) * share), way, chunk }),
  );
  const bytes = (await Promise.all(parts)).reduce((sum, part) => sum + part, 0);
  const took_ms = performance.now() - start_ms;
  for (const worker of workers) worker.terminate();
  if (bytes !== file.size) throw new Error(`${way}: ${bytes} of ${file.size} bytes`);
  return took_ms;
}

/**
 * Gives the page the file as its own button does.
 *
 * @returns {Promise<number>} milliseconds until the scan is done
 */
export async function fullScan() {
  const bench = /** @type {HTMLInputElement} */ (document.querySelector('#bench-file'));
  const input = /** @type {HTMLInputElement} */ (document.querySelector('#file-input'));
  const transfer = new DataTransfer();
  transfer.items.add(/** @type {File} */ (bench.files?.[0]));
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
 * On a page that shows nothing yet: starts a scan and waits for its figures.
 *
 * @returns {Promise<{figure_ms: number, tensor_ms: number}>} milliseconds until
 *   the first figure of the checkpoint is on the screen, and of a tensor
 */
export async function firstFigures() {
  const bench = /** @type {HTMLInputElement} */ (document.querySelector('#bench-file'));
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
