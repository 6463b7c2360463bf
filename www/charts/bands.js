// @ts-check
// Which formats' ranges stand under the spectrum.

/** @typedef {import('../types.js').FormatRange} FormatRange */
/**
 * @typedef {object} Band
 * @property {string} name
 * @property {number} subnormal exponent of the smallest subnormal
 * @property {number} normal exponent of the smallest normal number
 * @property {number} end one past the exponent of the largest number
 * @property {boolean} isStored the type that the tensor has
 * @property {string[]} alike others that reach past the picture at both ends, as this one does
 */

/** Widest first. Their variants are shown only where a tensor is stored in them. */
const USUAL = ['F32', 'TF32', 'BF16', 'F16', 'F8_E5M2', 'F8_E4M3', 'F6_E3M2', 'F6_E2M3', 'F4'];

/** The parts of a complex number have a format of their own. @param {string} dtype */
export const partFormat = (dtype) => (dtype === 'C64' ? 'F32' : dtype);

/** "FP8 E4M3" fits beside its band, "FP8 E4M3 FNUZ" does not. @param {string} title */
const shorter = (title) => (title.length > 10 ? title.replace(/^FP\d+ /, '') : title);

/** @param {FormatRange} format @param {string} stored @returns {Band[]} none for integers */
function band({ name, title, exponent_min_subnormal, exponent_min_normal, exponent_max }, stored) {
  if (exponent_min_normal == null || exponent_max == null) return [];
  const subnormal = exponent_min_subnormal ?? exponent_min_normal;
  return [{ name: shorter(title), subnormal, normal: exponent_min_normal, end: exponent_max + 1, isStored: name === stored, alike: [] }];
}

/**
 * Of the formats that reach past both ends of the picture one stands for all.
 * @param {Band[]} bands @param {[number, number]} domain
 */
export function telling(bands, [low, high]) {
  const [first, ...alike] = bands.filter(({ normal, end }) => normal < low && end > high);
  const kept = bands.filter((band) => !alike.includes(band));
  return kept.map((band) => (band === first ? { ...band, alike: alike.map(({ name }) => name) } : band));
}

/**
 * The stored format first, then the usual ones from the widest to the narrowest.
 * @param {FormatRange[]} formats @param {string} dtype
 * @returns {Band[]} none when the tensor holds integers: ranges say nothing of them
 */
export function bandsFor(formats, dtype) {
  const stored = partFormat(dtype);
  const names = [stored, ...USUAL.filter((name) => name !== stored)];
  const bands = names.flatMap((name) => formats.filter((format) => format.name === name)).flatMap((format) => band(format, stored));
  return bands[0]?.isStored ? bands : [];
}
