// @ts-check
/**
 * Drops files on the page, by Chromium's input events: the page gets a real
 * DataTransfer with real files.
 *
 * @template T
 * @param {import('puppeteer-core').Page} page
 * @param {string[]} files absolute paths
 * @param {{y?: number, hint?: () => Promise<T>}} [how] how far down, and what is looked at before they are let go
 * @returns {Promise<T | undefined>}
 */
export async function drop(page, files, { y = 200, hint } = {}) {
  const client = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  const event = { x: 200, y, data };
  await client.send('Input.dispatchDragEvent', { type: 'dragEnter', ...event });
  await client.send('Input.dispatchDragEvent', { type: 'dragOver', ...event });
  const seen = await hint?.();
  await client.send('Input.dispatchDragEvent', { type: 'drop', ...event });
  await client.detach();
  return seen;
}
