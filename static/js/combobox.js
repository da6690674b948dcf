// Assigned to: an editable combobox with a list (ARIA Authoring Practices), its options from the server.
import { openDialog } from './dialog.js';
import { beside, menu, menuOf } from './menu.js';
import { $, fetchInto } from './page.js';

const list = $('#people');
let box = null; // the combobox whose list is open
let shown = ''; // what it said before it was opened
let typing = 0;
let coming = null; // the list while it is on its way
let active = null;

function url(parameters) {
  const query = new URLSearchParams(parameters);
  return `${box.form.getAttribute('action').replace(/assigned\/$/, 'people/')}?${query}`;
}

function place() {
  if (box) beside(box, list);
  else if (menu && !menu.hidden) beside(menuOf, menu);
}

async function load(parameters, pick) {
  const mine = box;
  await fetchInto(list, url(parameters), list);
  if (!mine || box !== mine || !list.childElementCount) return;
  list.hidden = false;
  mine.setAttribute('aria-expanded', 'true');
  place();
  const picked = {
    first: () => options()[0],
    last: () => options().at(-1),
    current: () => $('[data-current]', list),
  };
  activate(picked[pick]?.());
}

function openList(input, parameters = {}, pick = 'current') {
  if (box && box !== input) shut();
  if (!box) {
    box = input;
    shown = input.value;
  }
  const mine = load(parameters, pick).finally(() => {
    if (coming === mine) coming = null;
  });
  return (coming = mine);
}

function shut() {
  if (!box) return;
  clearTimeout(typing);
  box.value = shown;
  box.setAttribute('aria-expanded', 'false');
  box.removeAttribute('aria-activedescendant');
  list.hidden = true;
  list.replaceChildren();
  box = active = null;
}

const options = () => [...list.querySelectorAll('[role=option]')];

function activate(option) {
  active?.setAttribute('aria-selected', 'false');
  active = option || null;
  if (!active) return box?.removeAttribute('aria-activedescendant');
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

function choose(option) {
  if (!option || option.getAttribute('aria-disabled')) return;
  const input = box;
  const target = `${input.form.getAttribute('action')}?${new URLSearchParams({ to: option.dataset.to })}`;
  const current = option.hasAttribute('data-current');
  shut();
  input.focus();
  if (!current) openDialog(target, input);
}

document.addEventListener('keydown', (event) => {
  const input = event.target;
  if (!input.matches?.('[role=combobox]') || event.isComposing) return;
  const open = box === input && !list.hidden;
  const keys = {
    ArrowDown: () => (open ? (steps = steps.then(() => step(1))) : openList(input)),
    ArrowUp: () => (open ? (steps = steps.then(() => step(-1))) : openList(input, { last: 1 }, 'last')),
    Home: () => open && activate(options()[0]),
    End: () => {
      if (!open) return;
      if ($('.more[data-more=after]', list)) load({ q: typed(), last: 1 }, 'last');
      else activate(options().at(-1));
    },
    Enter: () => (open ? (steps = steps.then(() => choose(active))) : openList(input)),
    Escape: () => box === input && shut(),
    Tab: () => box === input && shut(),
  };
  const act = keys[event.key];
  if (!act) return;
  if (coming && !['Escape', 'Tab'].includes(event.key)) {
    event.preventDefault();
    const again = new KeyboardEvent('keydown', { key: event.key, bubbles: true });
    coming.then(() => document.activeElement === input && input.dispatchEvent(again));
    return;
  }
  // Home in a list whose beginning is not loaded fetches the list from its beginning.
  const startsLater = open && $('.more[data-more=before]', list);
  if (event.key === 'Home' && startsLater) load({ q: typed() }, 'first');
  else act();
  if (event.key !== 'Tab' && (open || event.key !== 'Home') && (open || event.key !== 'End')) event.preventDefault();
});

document.addEventListener('input', (event) => {
  const input = event.target;
  if (!input.matches('[role=combobox]')) return;
  if (!box) [box, shown] = [input, input.defaultValue];
  clearTimeout(typing);
  typing = setTimeout(() => openList(input, { q: input.value }, null), 120);
});

document.addEventListener('click', (event) => {
  const input = event.target.closest('[role=combobox]');
  if (!input) return;
  if (box === input && !list.hidden) return shut();
  input.select();
  openList(input);
});

document.addEventListener('focusout', (event) => {
  if (box && event.target === box) shut();
});

if (list) {
  list.addEventListener('mousedown', (event) => event.preventDefault()); // the focus stays in the combobox
  list.addEventListener('click', (event) => choose(event.target.closest('[role=option]')));
  list.addEventListener('scroll', () => {
    for (const holder of list.querySelectorAll('.more')) {
      const at = holder.offsetTop - list.scrollTop;
      if (box && at > -200 && at < list.clientHeight + 200) more(holder);
    }
  });
}
addEventListener('scroll', place, { passive: true, capture: true });
addEventListener('resize', place);
document.addEventListener('submit', (event) => {
  if ($('[role=combobox]', event.target)) event.preventDefault();
}, true);
