// @ts-check
// The ways in: drop, pick files, pick a folder, give an address, open the sample; for a
// checkpoint, or for one that is compared with it.

import { isRemote, showAddress, wireAddress } from './address.js';
import { byId, setText } from './dom.js';

/** @param {FileSystemEntry | null} entry @returns {Promise<File[]>} files of a dropped file or folder, however deep */
async function filesOf(entry) {
  if (!entry) return [];
  if (entry.isFile) return [await fileOf(/** @type {FileSystemFileEntry} */ (entry))];
  const children = await childrenOf(/** @type {FileSystemDirectoryEntry} */ (entry));
  return (await Promise.all(children.map(filesOf))).flat();
}

/**
 * The file, with its path where it lies in a dropped folder: only a picked folder
 * gives files theirs.
 * @param {FileSystemFileEntry} entry @returns {Promise<File>}
 */
async function fileOf(entry) {
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  const path = entry.fullPath.slice(1);
  if (path.includes('/')) Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    // A reader hands out a hundred at a time, and an empty batch at the end.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return children;
    children.push(...batch);
  }
}

/** The items are gone after the event's turn: entries are taken before any wait. @param {DataTransfer} transfer */
async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.every((entry) => !entry)) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

/**
 * What becomes of files.
 * @typedef {object} Takers
 * @property {(files: File[]) => void} open
 * @property {(files: File[]) => void} compare with what is open
 * @property {(text: string) => void} openAddress
 * @property {(text: string) => void} compareAddress
 * @property {() => void} openSample
 * @property {() => string | null} name of what is open and can be compared
 * @property {() => string} size of what is open
 */

/** Said where the page may connect. */
const NOT_HERE = 'This page reads no files of yours: open them on the page for local files';

/** @param {Takers} takers @param {() => ((files: File[]) => void) | null} asked what is to be done with them, when that is said already */
function acceptDrops({ open, compare, name }, asked) {
  const [hint, first, second] = ['drop-hint', 'drop-first', 'drop-second'].map((id) => byId(id));
  let depth = 0;
  /** @param {DragEvent} event */
  const isOnSecond = ({ clientY }) => !second.hidden && clientY >= second.getBoundingClientRect().top;
  /** @param {DragEvent} event @param {number} change enters less leaves: children of the page fire them too */
  function track(event, change) {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    const other = isRemote || asked() ? null : name();
    second.hidden = other === null;
    setText(first, isRemote ? NOT_HERE : other === null ? 'Drop here' : `Compare with ${other}`);
    hint.hidden = depth === 0;
    first.classList.toggle('on', !isOnSecond(event));
    second.classList.toggle('on', isOnSecond(event));
  }
  addEventListener('dragenter', (event) => track(event, 1));
  addEventListener('dragover', (event) => track(event, 0));
  addEventListener('dragleave', (event) => track(event, -1));
  addEventListener('drop', async (event) => {
    const take = asked() ?? (isRemote || name() === null || isOnSecond(event) ? open : compare);
    track(event, -depth);
    if (event.dataTransfer?.types.includes('Files')) take(await droppedFiles(event.dataTransfer));
  });
}

/** @param {string} id @param {(files: File[]) => void} open */
function wirePicker(id, open) {
  const input = /** @type {HTMLInputElement} */ (byId(id));
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same file can be chosen again.
    input.value = '';
    if (files.length) open(files);
  });
  return () => input.click();
}

/** @param {Takers} takers @returns {(address: string) => void} asks whether what is open is to be compared with what is there */
export function wireChooser(takers) {
  const ways = [byId('chooser'), byId('address')];
  const dialog = /** @type {HTMLDialogElement} */ (byId('open-dialog'));
  const way = byId('drop-here');
  const plain = way.textContent ?? '';
  /** What the dialog asks for. @type {((files: File[]) => void) | null} */
  let wanted = null;
  /** @param {(files: File[]) => void} take @param {string} text */
  const ask = (take, text) => {
    wanted = take;
    const isOpening = take === takers.open;
    setText(way, text);
    setText(byId('asked'), isRemote && !isOpening ? `What is ${takers.name() ?? 'it'} compared with? A comparison reads all of both: ${takers.size()} of this one, and the whole of the other.` : '');
    dialog.dataset.asks = isOpening ? 'open' : 'compare';
    dialog.setAttribute('aria-label', isOpening ? 'Open a checkpoint' : 'Compare with a checkpoint');
    dialog.append(...ways);
    dialog.showModal();
  };
  /** @param {File[]} files */
  const give = (files) => {
    const take = wanted ?? takers.open;
    dialog.close();
    take(files);
  };
  acceptDrops({ ...takers, open: give }, () => wanted && give);
  wireAddress((text) => {
    const take = wanted === takers.compare ? takers.compareAddress : takers.openAddress;
    dialog.close();
    take(text);
  });
  byId('choose-files').addEventListener('click', wirePicker('file-input', give));
  byId('choose-folder').addEventListener('click', wirePicker('folder-input', give));
  byId('open-sample').addEventListener('click', () => { dialog.close(); takers.openSample(); });
  byId('open').addEventListener('click', () => ask(takers.open, plain));
  const askComparison = (/** @type {string} */ address) => {
    showAddress(address);
    ask(takers.compare, `Drop what ${takers.name() ?? ''} is compared with: a file, all the shards, or a folder`);
  };
  byId('compare-with').addEventListener('click', () => askComparison(''));
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => {
    wanted = null;
    setText(way, plain);
    byId('entrance').prepend(...ways);
  });
  return askComparison;
}
