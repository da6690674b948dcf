// Assigned to: a link with the person's name. An editable combobox (ARIA Authoring Practices) is laid over it while its
// list is open; the options come from the server.
import { openDialog } from './dialog.js';
import { beside, menu, menuOf } from './menu.js';
import { $, fetchInto } from './page.js';
import { isMoving, layOver, takeOff } from './swaps.js';

const list = $('#people');
const box = document.createElement('input');
for (const [name, value] of Object.entries({
  role: 'combobox',
  'aria-autocomplete': 'list',
  'aria-haspopup': 'listbox',
  'aria-controls': 'people',
  autocomplete: 'off',
  spellcheck: 'false',
  dir: 'auto',
  class: 'over',
})) box.setAttribute(name, value);
let link = ''; // the id of the link whose list is open; the link itself may be exchanged with its row
let shown = ''; // the name that it shows
let typing = 0;
let asked = 0; // how many lists were asked for
let coming = null; // the list while it is on its way
let active = null;

const opener = () => document.getElementById(link);

function url(parameters) {
  const query = new URLSearchParams(parameters);
  return `${opener().getAttribute('href').replace(/assigned\/$/, 'people/')}?${query}`;
}

function place() {
  if (link) beside(box, list);
  else if (menu && !menu.hidden) beside(menuOf, menu);
}

// Lay the field over a link, and give it the focus.
function lay(over) {
  shut();
  link = over.id;
  shown = box.value = over.textContent.trim();
  box.setAttribute('aria-label', over.getAttribute('aria-label'));
  box.setAttribute('aria-expanded', 'false');
  over.setAttribute('aria-expanded', 'true');
  layOver(over.parentElement, box);
  box.focus();
  box.select();
}

async function load(parameters, pick) {
  const mine = ++asked;
  await fetchInto(list, url(parameters), list);
  if (!link || asked !== mine) return; // closed, or what was typed later is on its way
  if (!list.childElementCount) return shut(); // no connection
  delete list.dataset.said;
  list.hidden = false;
  box.setAttribute('aria-expanded', 'true');
  place();
  const picked = {
    first: () => options()[0],
    last: () => options().at(-1),
    current: () => $('[data-current]', list),
  };
  activate(picked[pick]?.());
}

function openList(parameters = {}, pick = 'current') {
  clearTimeout(typing);
  typing = 0;
  const mine = load(parameters, pick).finally(() => {
    if (coming === mine) coming = null;
  });
  return (coming = mine);
}

// Take the field away. Who was in it goes on from the link.
function shut() {
  if (!link) return;
  const [from, hadFocus] = [opener(), document.activeElement === box];
  clearTimeout(typing);
  typing = 0;
  link = '';
  active = null;
  box.removeAttribute('aria-activedescendant');
  list.hidden = true;
  list.replaceChildren();
  takeOff(box);
  from?.setAttribute('aria-expanded', 'false');
  if (hadFocus) from?.focus();
}

const options = () => [...list.querySelectorAll('[role=option]')];

function activate(option) {
  active?.setAttribute('aria-selected', 'false');
  active = option || null;
  if (!active) return box.removeAttribute('aria-activedescendant');
  active.setAttribute('aria-selected', 'true');
  box.setAttribute('aria-activedescendant', active.id);
  active.scrollIntoView({ block: 'nearest' });
}

// The list comes in pieces. Fetch the next one at a placeholder and put it there, once.
// A new list ends the wait for an older one.
function more(holder) {
  return (holder.coming ??= replace(holder));
}

// The search words: "" while the box still shows the name it showed before it was opened.
const typed = () => (box.value === shown ? '' : box.value);

async function replace(holder) {
  const query = { q: typed(), [holder.dataset.more]: holder.dataset.cursor };
  const height = list.scrollHeight;
  const earlier = holder.dataset.more === 'before';
  const others = [...list.querySelectorAll('.more')].filter((other) => other !== holder);
  await fetchInto(holder, url(query), holder, 'outerHTML');
  // The new piece brings a holder for the side that is already there; only its own side counts.
  for (const made of list.querySelectorAll('.more')) {
    if (!others.includes(made) && made.dataset.more !== holder.dataset.more) made.remove();
  }
  if (earlier) list.scrollTop += list.scrollHeight - height;
}

let steps = Promise.resolve(); // keys may come faster than pieces of the list do

async function step(by) {
  const all = options();
  if (!all.length) return;
  const at = all.indexOf(active);
  const neighbor = by > 0 ? active?.nextElementSibling : active?.previousElementSibling;
  if (neighbor?.matches('.more')) {
    await more(neighbor);
    const now = options();
    return activate(now[now.indexOf(active) + by] || active);
  }
  activate(at < 0 ? (by > 0 ? all[0] : all.at(-1)) : all[at + by] || active);
}

// Without a choice, what was typed decides if it fits only one person who can be chosen.
function chooseOnly() {
  const open = options().filter((option) => !option.getAttribute('aria-disabled'));
  if (open.length === 1 && !$('.more', list)) return choose(open[0]);
  list.dataset.said = open.length ? list.dataset.many : list.dataset.none;
  $('#messages').innerHTML = '<p class="visually-hidden"></p>';
  $('#messages p').textContent = list.dataset.said;
}

function choose(option) {
  if (!option || option.getAttribute('aria-disabled')) return;
  const from = opener();
  const target = `${from.getAttribute('href')}?${new URLSearchParams({ to: option.dataset.to })}`;
  const current = option.hasAttribute('data-current');
  shut();
  from.focus();
  if (!current) openDialog(target, from);
}

// On the link, arrows open the list, and what is typed searches it.
document.addEventListener('keydown', (event) => {
  const over = event.target;
  if (!over.matches?.('a[data-choose]') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^[\p{L}\p{N}]$/u.test(event.key)) return lay(over); // the browser now writes it into the field
  if (!['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  event.preventDefault();
  lay(over);
  if (event.key === 'ArrowDown') openList();
  else openList({ last: 1 }, 'last');
});

box.addEventListener('keydown', (event) => {
  if (event.isComposing) return;
  const open = !list.hidden;
  const keys = {
    ArrowDown: () => (open ? (steps = steps.then(() => step(1))) : openList()),
    ArrowUp: () => (open ? (steps = steps.then(() => step(-1))) : openList({ last: 1 }, 'last')),
    Home: () => open && activate(options()[0]),
    End: () => {
      if (!open) return;
      if ($('.more[data-more=after]', list)) load({ q: typed(), last: 1 }, 'last');
      else activate(options().at(-1));
    },
    Enter: () => (open ? (steps = steps.then(() => (active ? choose(active) : chooseOnly()))) : openList()),
    Escape: shut,
    Tab: shut,
  };
  const act = keys[event.key];
  if (!act) return;
  if (event.key === 'Enter' && typing) openList({ q: box.value }, null); // what was typed last counts
  if (coming && !['Escape', 'Tab'].includes(event.key)) {
    event.preventDefault();
    const again = new KeyboardEvent('keydown', { key: event.key, bubbles: true });
    coming.then(() => document.activeElement === box && box.dispatchEvent(again));
    return;
  }
  // Home in a list whose beginning is not loaded fetches the list from its beginning.
  const startsLater = open && $('.more[data-more=before]', list);
  if (event.key === 'Home' && startsLater) load({ q: typed() }, 'first');
  else act();
  if (event.key !== 'Tab' && (open || event.key !== 'Home') && (open || event.key !== 'End')) event.preventDefault();
});

box.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => openList({ q: box.value }, null), 120);
});

export function toggleList(over) {
  lay(over);
  openList();
}

box.addEventListener('click', () => (list.hidden ? openList() : shut()));
box.addEventListener('focusout', () => isMoving() || shut());
document.addEventListener('htmx:afterSwap', () => link && !box.isConnected && shut()); // the row has gone

if (list) {
  list.addEventListener('mousedown', (event) => event.preventDefault()); // the focus stays in the combobox
  list.addEventListener('click', (event) => choose(event.target.closest('[role=option]')));
  list.addEventListener('scroll', () => {
    for (const holder of list.querySelectorAll('.more')) {
      const at = holder.offsetTop - list.scrollTop;
      if (link && at > -200 && at < list.clientHeight + 200) more(holder);
    }
  });
}
addEventListener('scroll', place, { passive: true, capture: true });
addEventListener('resize', place);
