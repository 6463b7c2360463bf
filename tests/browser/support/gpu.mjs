// @ts-check
// Asks a worker of the page's origin that has the lab's WebGPU module.
import { readFile } from 'node:fs/promises';
import { origin } from './server.mjs';

const script = new URL('./gpu-worker.js', import.meta.url);

/** @typedef {(method: string, ...given: any[]) => Promise<any>} Ask */

/**
 * Starts a worker in a tab of its own. Typed arrays come and go as lists of numbers.
 *
 * @param {import('puppeteer-core').Browser} browser
 * @returns {Promise<Ask>}
 */
export async function startGpuWorker(browser) {
  const page = await browser.newPage();
  // The page lets no script of ours in.
  await page.setBypassCSP(true);
  await page.goto(`${origin}/`);
  await page.evaluate((text) => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
    const worker = new Worker(url);
    let asked = 0;
    /** @type {any} */ (globalThis).ask = (/** @type {string} */ method, /** @type {any[]} */ given) => new Promise((resolve, reject) => {
      const id = asked++;
      const listen = (/** @type {MessageEvent} */ { data }) => {
        if (data.id !== id) return;
        worker.removeEventListener('message', listen);
        if (data.error === undefined) resolve(data.value instanceof Float32Array ? [...data.value] : data.value);
        else reject(new Error(data.error));
      };
      worker.addEventListener('message', listen);
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
      worker.postMessage({ id, method, given });
    });
  }, await readFile(script, 'utf8'));
  /** @type {Ask} */
  const ask = async (method, ...given) => {
    const plain = given.map((it) => (ArrayBuffer.isView(it) ? { kind: it.constructor.name, numbers: [.../** @type {any} */ (it)] } : it));
    const { value, error } = await page.evaluate(async (method, given) => {
      const made = given.map((it) => (it?.kind ? new /** @type {any} */ (globalThis)[it.kind](it.numbers) : it ?? undefined));
      return /** @type {any} */ (globalThis).ask(method, made).then((/** @type {any} */ value) => ({ value }), (/** @type {Error} */ error) => ({ error: error.message }));
    }, method, plain);
    if (error !== undefined) throw new Error(error);
    return value;
  };
  await ask('load', `${origin}/engine`);
  return ask;
}
