// @ts-check
// Which of the files that were given are a checkpoint, and what it is called.

/** @typedef {import('./messages.js').NamedFile} NamedFile */
/**
 * @typedef {object} Selection
 * @property {string} name of the checkpoint
 * @property {NamedFile[]} files to be read as safetensors, in natural order
 * @property {NamedFile[]} indexes
 * @property {NamedFile | null} config the checkpoint's config.json, which a comparison and the lab read; it is among the ignored
 * @property {NamedFile | null} tokenizer the checkpoint's tokenizer.json, which the lab reads; it is among the ignored, too
 * @property {string[]} ignored
 * @property {string | null} error a sentence, when there is nothing to read
 * @property {[file: string, what: string][]} [problems] what went wrong while it was looked for
 */

const SHARD = /\.safetensors$/i;
const INDEX = /\.safetensors\.index\.json$/i;
const CONFIG = /(?:^|\/)config\.json$/i;
const TOKENIZER = /(?:^|\/)tokenizer\.json$/i;
/** Up to so many files of another kind are looked into: what they are is said then. */
const STRANGERS = 3;

const natural = new Intl.Collator('en', { numeric: true });

/** @param {File[]} given @returns {Selection} */
export function select(given) {
  const all = named(given).sort((a, b) => natural.compare(a.name, b.name));
  const shards = all.filter(({ name }) => SHARD.test(name));
  const indexes = all.filter(({ name }) => INDEX.test(name));
  const others = all.filter((file) => !shards.includes(file) && !indexes.includes(file));
  if (shards.length) return selection(given, shards, indexes, others);
  if (!indexes.length && others.length && others.length <= STRANGERS) return { ...selection(given, others, [], []), config: null, tokenizer: null };
  return { ...selection(given, [], [], []), error: nothingToRead(all, indexes) };
}

/**
 * @param {File[]} given @param {NamedFile[]} files @param {NamedFile[]} indexes @param {NamedFile[]} others
 * @returns {Selection}
 */
function selection(given, files, indexes, others) {
  // Of several, the one that is not so deep in folders.
  const one = (/** @type {RegExp} */ pattern) => others.filter(({ name }) => pattern.test(name)).sort((a, b) => a.name.length - b.name.length)[0] ?? null;
  return { name: checkpointName(given, files), files, indexes, config: one(CONFIG), tokenizer: one(TOKENIZER), ignored: others.map(({ name }) => name), error: null };
}

/** What was found at an address. @param {import('./messages.js').FoundFiles} found @returns {Selection} */
export const selected = (found) => ({ ...found, config: found.config ?? null, ignored: [], error: null });

/** Those of the ignored that the lab reads: without a config.json none. @param {Selection} selection @returns {string[]} */
export const filesForLab = ({ config, tokenizer }) => (config ? [config, tokenizer].flatMap((file) => file?.name ?? []) : []);

/**
 * Files by their plain names, or with their folders where two have the same name.
 * @param {File[]} given @returns {NamedFile[]}
 */
function named(given) {
  const isPlain = new Set(given.map(({ name }) => name)).size === given.length;
  return given.map((file) => ({ file, name: isPlain ? file.name : pathOf(file) }));
}

/** The path below the folder that was chosen. @param {File} file */
const pathOf = (file) => file.webkitRelativePath.split('/').slice(1).join('/') || file.name;

/** @param {NamedFile[]} all @param {NamedFile[]} indexes */
function nothingToRead(all, indexes) {
  if (!all.length) return 'There is no file in it. Floatscope reads .safetensors checkpoints.';
  if (indexes.length) return `${indexes[0].name} only lists the shards of a checkpoint. Open it together with the .safetensors files that it names.`;
  const [first, second] = all;
  return `None of these ${all.length} files (${first.name}, ${second.name}, …) is a .safetensors file.`;
}

/** @param {File[]} given @param {NamedFile[]} files */
function checkpointName(given, files) {
  if (files.length === 1) return files[0].name;
  const folder = given[0]?.webkitRelativePath.split('/')[0];
  return folder || `${commonStem(files.map(({ name }) => name))} (${files.length} ${files.every(({ name }) => SHARD.test(name)) ? 'shards' : 'files'})`;
}

/** "model" of "model-00001-of-00002.safetensors" and the like. @param {string[]} names */
function commonStem(names) {
  const [first = '', ...rest] = names;
  let length = first.length;
  for (const name of rest) while (!name.startsWith(first.slice(0, length))) length--;
  return first.slice(0, length).replace(/[-_.]?\d*$/, '') || 'checkpoint';
}
