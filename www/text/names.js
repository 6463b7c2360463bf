// @ts-check
// How names that a file gives are written.

/** Control characters, and such as are not seen or turn the text around them. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** @type {Record<string, string>} */
const SHORT = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** What stands for the empty name, which is a name too. */
const NAMELESS = '(no name)';

/** A part of a name with what is hidden in it made visible, as the command writes it. @param {string} text */
export const legible = (text) => text.replace(HIDDEN, (hidden) => SHORT[hidden] ?? `\\u{${hidden.codePointAt(0)?.toString(16)}}`);

/** A name as a person reads it. @param {string} name */
export const visible = (name) => legible(name) || NAMELESS;
