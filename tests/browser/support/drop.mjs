// @ts-check
/**
 * Drops files in the middle of the page, by Chromium's input events: the page
 * gets a real DataTransfer with real files.
 *
 * @param {import('puppeteer-core').Page} page
 * @param {string[]} files absolute paths
 */
export async function drop(page, files) {
  const client = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  const event = { x: 200, y: 200, data };
  await client.send('Input.dispatchDragEvent', { type: 'dragEnter', ...event });
  await client.send('Input.dispatchDragEvent', { type: 'dragOver', ...event });
  await client.send('Input.dispatchDragEvent', { type: 'drop', ...event });
  await client.detach();
}
