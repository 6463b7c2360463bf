// @ts-check
// Files for the browser to keep.

/** Letters of a file's name that some systems refuse. */
const REFUSED = /[\\\/:*?"<>|\u0000-\u001f]/g;
const LONGEST = 120;

/** A checkpoint's name as a part of a file's. @param {string} name */
export const stem = (name) => name.replace(/\.safetensors$/, '').replace(REFUSED, '-').slice(0, LONGEST);

/** @param {HTMLButtonElement} button that is of no use meanwhile @param {() => Promise<Blob>} write @param {string} name */
export async function save(button, write, name) {
  button.disabled = true;
  try {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await write());
    link.download = name;
    link.click();
    // The download has begun by then; the blob may be large.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } finally {
    button.disabled = false;
  }
}
