// @ts-check
// The ways in: drop, pick files, pick a folder, open the sample.

import { byId } from './dom.js';

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

/** @param {(files: File[]) => void} open */
function acceptDrops(open) {
  const hint = byId('drop-hint');
  let depth = 0;
  /** @param {DragEvent} event @param {number} change enters less leaves: children of the page fire them too */
  const track = (event, change) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    hint.hidden = depth === 0;
  };
  addEventListener('dragenter', (event) => track(event, 1));
  addEventListener('dragover', (event) => track(event, 0));
  addEventListener('dragleave', (event) => track(event, -1));
  addEventListener('drop', async (event) => {
    track(event, -depth);
    if (event.dataTransfer?.types.includes('Files')) open(await droppedFiles(event.dataTransfer));
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

/** @param {import('../types.js').Session} session */
export function wireChooser(session) {
  const chooser = byId('chooser');
  const dialog = /** @type {HTMLDialogElement} */ (byId('open-dialog'));
  /** @param {File[]} files */
  const open = (files) => {
    dialog.close();
    session.open(files);
  };
  acceptDrops(open);
  byId('choose-files').addEventListener('click', wirePicker('file-input', open));
  byId('choose-folder').addEventListener('click', wirePicker('folder-input', open));
  byId('open-sample').addEventListener('click', () => { dialog.close(); session.openSample(); });
  byId('open').addEventListener('click', () => { dialog.append(chooser); dialog.showModal(); });
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => byId('entrance').prepend(chooser));
}
