// @ts-check
// How figures are written. Everything here formats; nothing computes.

/** @typedef {import('../types.js').Figure} Figure */

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
const COUNT_UNITS = ['', 'k', 'M', 'B', 'T'];

/** A figure that does not exist. */
export const NOTHING = '–';

/** The typographic minus, which is as wide as a digit. @param {string} text */
const minus = (text) => text.replaceAll('-', '−');

/** An integer with its thousands set apart. @param {number | string} integer */
export function count(integer) {
  if (typeof integer === 'number') return minus(grouped.format(integer));
  return minus(integer.replace(/\B(?=(\d{3})+$)/g, ','));
}

/** "1 tensor", "2 tensors". @param {number} n @param {string} noun */
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;

/**
 * Three significant digits and the unit that leaves one to three before the point.
 * @param {number} n @param {string[]} units
 */
function scaled(n, units) {
  let step = 0;
  for (; Number(n.toPrecision(3)) >= 1000 && step < units.length - 1; step++) n /= 1000;
  return `${step ? n.toPrecision(3) : count(n)} ${units[step]}`.trimEnd();
}

/** Decimal units, as disks are sold. @param {number} n */
export const bytes = (n) => (n === 1 ? '1 byte' : scaled(n, BYTE_UNITS));

/** "22.7 M". @param {number} n */
export const compact = (n) => scaled(n, COUNT_UNITS);

/** Bytes for a narrow column. @param {number} n */
export const briefBytes = (n) => bytes(n).replace(/ bytes?$/, ' B');

/** Characters that a narrow column has room for. */
const ROOM = 8;

/** A real number for a narrow column: three digits, fewer beside a long exponent. @param {number} n */
export function briefValue(n) {
  const texts = [3, 2, 1].map((digits) => briefly(n, digits));
  return texts.find(({ length }) => length <= ROOM) ?? texts[2];
}

/** 8.12e−4 is shorter than 0.000812, and 1.34e8 than 134,217,728. @param {number} n @param {number} digits */
function briefly(n, digits) {
  const size = Math.abs(n);
  const isFarFromOne = size >= 1e5 || (size > 0 && size < 1e-3);
  return isFarFromOne ? minus(shorten(n.toExponential(digits - 1))) : value(n, digits);
}

/** A count for a narrow column: exact while it fits. @param {number} n */
export const brief = (n) => (n < 1e5 ? count(n) : compact(n));

/** @param {number} bytesPerSecond */
export const rate = (bytesPerSecond) => `${bytes(Math.round(bytesPerSecond))}/s`;

/** @param {number} ms */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  if (seconds < 99.5) return `${seconds.toFixed(0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * A real number, short: `digits` significant ones, no zeros that say nothing.
 * @param {Figure | undefined} figure
 */
export function value(figure, digits = 4) {
  if (figure === null || figure === undefined) return NOTHING;
  if (typeof figure === 'string') return minus(/^-?\d+$/.test(figure) ? count(figure) : figure);
  if (Number.isNaN(figure)) return NOTHING;
  const size = Math.abs(figure);
  if (Number.isInteger(figure) && size < 1e9) return count(figure);
  if (size >= 1e6 || size < 1e-4) return minus(shorten(figure.toExponential(digits - 1)));
  return minus(shorten(figure.toPrecision(digits)));
}

/** @param {string} text */
const shorten = (text) => text.replace(/(\.\d*?)0+(?=$|e)/, '$1').replace(/\.(?=$|e)/, '').replace('e+', 'e');

/** The figure as the report's JSON has it. @param {Figure | undefined} figure */
export function exact(figure) {
  if (figure === undefined) return 'null';
  return Object.is(figure, -0) ? '-0' : String(figure);
}

/** 2⁻¹⁷. @param {number} exponent */
export function powerOfTwo(exponent) {
  const digits = String(Math.abs(exponent)).replace(/\d/g, (d) => SUPERSCRIPTS[Number(d)] ?? d);
  return `2${exponent < 0 ? '⁻' : ''}${digits}`;
}

/** Text with its 2^-17 as 2⁻¹⁷. @param {string} text */
export const powers = (text) => text.replace(/\b2\^(-?\d+)\b/g, (_, exponent) => powerOfTwo(Number(exponent)));

/** An entropy in bits. @param {number | null | undefined} bits */
export const entropy = (bits) => (bits == null || Number.isNaN(bits) ? NOTHING : bits.toFixed(2));

/** A share of one, as a percentage. @param {number} share */
export function percent(share) {
  if (Number.isInteger(share)) return `${share * 100} %`;
  const text = (share * 100).toFixed(2);
  // 99.999 must not read as all of them, nor 0.001 as none.
  if (share < 1 && text === '100.00') return '> 99.99 %';
  return text === '0.00' ? '< 0.01 %' : `${text} %`;
}

/** What is nearly 1 must not read as 1. @param {number} cosine */
export function cosine(cosine) {
  const text = cosine.toFixed(6);
  return text === '1.000000' ? (cosine < 1 ? '> 0.999999' : '1') : minus(text);
}

/** 2,048 × 1,536. @param {number[]} shape */
export const shape = (shape) => (shape.length ? shape.map(count).join(' × ') : 'scalar');
