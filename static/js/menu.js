// The menu of a row, fetched when it opens; and menus that close when the user looks elsewhere.
import { $, fetchInto } from './page.js';

export const menu = $('#menu');
export let menuOf = null; // the link whose menu is open, or was open last

export function toggleMenu(link) {
  const again = !menu.hidden && menuOf === link;
  closeMenu();
  if (again) return;
  menuOf = link;
  fetchInto(menu, link.getAttribute('href'), link).then(() => {
    if (!menu.childElementCount) return;
    menu.hidden = false;
    link.setAttribute('aria-expanded', 'true');
    beside(link, menu);
    $('a', menu).focus();
  });
}

export function closeMenu() {
  if (!menu || menu.hidden) return;
  menu.hidden = true;
  menu.replaceChildren();
  menuOf.setAttribute('aria-expanded', 'false');
}

menu?.addEventListener('focusout', (event) => {
  if (!menu.contains(event.relatedTarget) && event.relatedTarget !== menuOf) closeMenu();
});
menu?.addEventListener('keydown', (event) => {
  const links = [...menu.querySelectorAll('a')];
  const to = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (to) links[(links.indexOf(document.activeElement) + to + links.length) % links.length].focus();
  else if (event.key === 'Escape') {
    closeMenu();
    menuOf.focus();
  } else return;
  event.preventDefault();
});

// Put a floating part next to its anchor: below it if there is room, otherwise above.
export function beside(anchor, part) {
  const at = anchor.getBoundingClientRect();
  part.style.removeProperty('--room');
  const below = innerHeight - at.bottom > Math.min(part.offsetHeight, at.top);
  part.style.setProperty('--room', `${(below ? innerHeight - at.bottom : at.top) - 10}px`);
  part.style.left = `${Math.max(8, Math.min(at.left, innerWidth - part.offsetWidth - 8))}px`;
  part.style.top = below ? `${at.bottom + 2}px` : '';
  part.style.bottom = below ? '' : `${innerHeight - at.top + 2}px`;
}

// Menus close when the user clicks elsewhere, or presses Escape.
document.addEventListener('click', (event) => {
  for (const open of document.querySelectorAll('details.menu[open]')) {
    if (!open.contains(event.target)) open.open = false;
  }
  if (menu && !menu.contains(event.target) && !event.target.closest('[data-menu]')) closeMenu();
});
document.addEventListener('keydown', (event) => {
  const open = event.key === 'Escape' && event.target.closest?.('details.menu[open]');
  if (!open) return;
  open.open = false;
  $('summary', open).focus();
});
