// @ts-check
// Elements without markup: every name in a checkpoint is hostile text, so all
// text goes in as text nodes and styles go through the CSSOM.

/** @typedef {Node | string | null | undefined | false} Child */
/**
 * @typedef {object} Properties
 * @property {Record<string, (event: any) => void>} [on] listeners
 * @property {Record<string, string>} [css] custom properties and styles
 */

/**
 * @template {Element} E
 * @param {E} element
 * @param {Properties & Record<string, any>} properties attributes; null or false leaves one out
 * @param {Child[]} children
 */
function furnish(element, { on = {}, css = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  for (const [name, value] of Object.entries(css)) /** @type {any} */ (element).style.setProperty(name, value);
  element.append(...children.filter(isThere));
  return element;
}

/** @param {Child} child @returns {child is Node | string} */
const isThere = (child) => child !== null && child !== undefined && child !== false;

/**
 * An HTML element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {Properties & Record<string, any>} [properties] @param {Child[]} children
 */
export const h = (tag, properties = {}, ...children) => furnish(document.createElement(tag), properties, children);

/**
 * An SVG element.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag @param {Properties & Record<string, any>} [properties] @param {Child[]} children
 */
export const s = (tag, properties = {}, ...children) =>
  furnish(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);

/** Where elements are known by their ids: the page, or what an element on another page keeps to itself. @typedef {Document | ShadowRoot} Root */

/** The element with this id. @param {string} id @param {Root} [root] */
export function byId(id, root = document) {
  const element = root.getElementById(id);
  if (!element) throw new Error(`there is no #${id} here`);
  return element;
}

/** Writes only what differs: a write costs a layout. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Draws into a place only when what it says has changed: what is open or has the focus there stays so. @param {Element} place */
export function redrawer(place) {
  let shown = '';
  /** @param {unknown} says @param {() => Child[]} make */
  return (says, make) => {
    const text = JSON.stringify(says) ?? '';
    if (text === shown) return;
    shown = text;
    place.replaceChildren(...make().filter(isThere));
  };
}
