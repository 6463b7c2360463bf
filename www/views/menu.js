// @ts-check
// A button that opens a short menu, by pointer and by keyboard.

import { byId } from './dom.js';

/** @param {string} id of what holds the button `id-open` and the menu `id-menu` */
export function wireMenu(id) {
  const [place, button, menu] = [byId(id), byId(`${id}-open`), byId(`${id}-menu`)];
  /** @type {HTMLButtonElement[]} */
  const items = [...menu.querySelectorAll('button')];
  /** @param {boolean} isOpen */
  const open = (isOpen) => {
    menu.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
  };
  /** @param {number} at */
  const focus = (at) => items[(at + items.length) % items.length].focus();
  const close = () => {
    open(false);
    button.focus();
  };
  button.addEventListener('click', () => {
    open(menu.hidden);
    if (!menu.hidden) focus(0);
  });
  menu.addEventListener('click', close);
  place.addEventListener('focusout', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !place.contains(relatedTarget)) open(false);
  });
  place.addEventListener('keydown', (event) => {
    const at = items.findIndex((item) => item === document.activeElement);
    /** @type {Record<string, () => void>} */
    const keys = { ArrowDown: () => (open(true), focus(at + 1)), ArrowUp: () => (open(true), focus(at - 1)), Home: () => focus(0), End: () => focus(-1), Escape: close };
    const act = keys[event.key];
    if (!act || (menu.hidden && !event.key.startsWith('Arrow'))) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
}
