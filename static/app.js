// The little that HTML and htmx do not do by themselves. Every page works without it, only less smoothly.
'use strict';

const $ = (selector, within = document) => within.querySelector(selector);
const dialog = $('#dialog');
let answering = false; // whether what is being put in was asked for by the page itself
const ofPoll = (event) => Boolean(event.detail.elt?.matches?.('table[data-poll]'));
document.addEventListener('htmx:beforeOnLoad', (event) => {
  answering = ofPoll(event);
});
const words = $('#words').dataset;

document.documentElement.classList.add('scripted');
// Times are shown as those of this place, from the next page on.
document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=34560000;samesite=lax`;

// --- The one dialog: open exactly while it has content -----------------------------------------------------------------

let opener = []; // what had the focus, its id and that of its row, as the elements themselves may be swapped meanwhile

const comeBackTo = (from) => (opener = from ? [from, from.id, from.closest('tr')?.id] : []);

function openDialog(url, from) {
  comeBackTo(from);
  fetchInto('#dialog', url, from);
}

// What goes wrong is told by the listeners at the end of this file; here it only means that nothing came.
function fetchInto(target, url, source, swap = 'innerHTML') {
  return htmx.ajax('GET', url, { target, swap, source }).catch(() => {});
}

function closeDialog() {
  if (dialog.open) dialog.close();
}

new MutationObserver(() => {
  const full = dialog.childElementCount > 0;
  if (full && !dialog.open) dialog.showModal();
  if (full) dialog.scrollTop = 0; // before the focus, which may be further down
  // What is asked comes first: a question begins at its heading, a form at its first field or the first wrong one.
  const first = ['.wrong :is(input, select)', '[data-passkey]:not([hidden])', '.field :is(input, select)', '#dialog-title'];
  if (full) first.map((part) => $(part, dialog)).find(Boolean)?.focus();
  if (!full) closeDialog();
}).observe(dialog, { childList: true });

dialog.addEventListener('close', () => {
  if (dialog.open) return; // anew: keys may be faster than this event
  dialog.replaceChildren();
  const [from, ...ids] = opener;
  const [back, row] = ids.map((id) => id && document.getElementById(id));
  (from?.isConnected ? from : back || (row && ((from.id && $('.address a', row)) || $('[data-menu]', row))))?.focus();
  opener = [];
});

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-dialog], a[data-cancel], a[data-in-place], a[data-menu], [data-dismiss]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches('[data-dismiss]')) link.closest('.message').remove();
  else if (link.matches('[data-cancel]')) {
    if (!dialog.open) return;
    event.preventDefault();
    closeDialog();
  } else {
    event.preventDefault();
    if (link.matches('[data-in-place]')) editInPlace(link);
    else if (link.matches('[data-menu]')) toggleMenu(link);
    else {
      const from = link.closest('#menu') ? menuOf : link.closest('details')?.querySelector('summary') || link;
      link.closest('details')?.removeAttribute('open');
      closeMenu();
      openDialog(link.getAttribute('href'), from);
    }
  }
});

// --- Keys: / searches, ? lists all keys (Preferences turn both off) -------------------------------------------------------------

document.addEventListener('keydown', (event) => {
  if (!('shortcuts' in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
  if (event.target.matches('input, select, textarea')) return;
  const search = $('main [type=search]');
  if (event.key === '/' && search) {
    search.focus();
    search.select();
  } else if (event.key === '?') {
    comeBackTo(event.target);
    dialog.replaceChildren($('#shortcuts').content.cloneNode(true));
  } else return;
  event.preventDefault();
});

// --- The list of states follows the country ---------------------------------------------------------------------------------

function followCountry(country) {
  const states = $('[name=state]', country.form);
  const name = country.selectedOptions[0].textContent;
  for (const group of states.querySelectorAll('optgroup')) group.hidden = group.disabled = group.label !== name;
  if (states.selectedOptions[0]?.closest('optgroup')?.disabled) states.value = '';
}

document.addEventListener('change', (event) => {
  if (event.target.matches('.address-form [name=country]')) followCountry(event.target);
});
document.addEventListener('htmx:afterSwap', (event) => {
  const country = event.target === dialog && $('.address-form [name=country]', dialog);
  if (country) followCountry(country);
});

// --- A label is edited where it stands ----------------------------------------------------------------------------------

function editInPlace(link) {
  const cell = link.parentElement;
  cell.classList.add('in-place');
  const before = cell.innerHTML;
  fetchInto(cell, link.getAttribute('href'), cell).then(() => {
    const input = $('input:not([type=hidden])', cell);
    input?.select();
    cell.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      cell.innerHTML = before;
      $('a', cell).focus();
    });
  });
}

document.addEventListener('htmx:afterSwap', (event) => {
  const invalid = event.target.closest?.('.in-place') && $('[aria-invalid]', event.target);
  if (invalid) invalid.focus();
});

// A row that is swapped while it has the focus keeps it, on the same part or on its label.
let focused = null;
document.addEventListener('htmx:oobBeforeSwap', (event) => {
  const row = event.detail.target.closest?.('tr');
  const active = document.activeElement;
  focused = row?.contains(active) ? [active.id, row.id] : null;
  // Where somebody is typing, what others did waits for the next time.
  if (answering && focused && active.matches('input')) event.detail.shouldSwap = false;
});
document.addEventListener('htmx:oobAfterSwap', () => {
  const row = focused && document.getElementById(focused[1]);
  if (row && !row.contains(document.activeElement)) (document.getElementById(focused[0]) || $('td.label a', row)).focus();
});

// --- The menu of a row, fetched when it opens -------------------------------------------------------------------------------

const menu = $('#menu');
let menuOf = null; // the link whose menu is open, or was open last

function toggleMenu(link) {
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

function closeMenu() {
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

// Put a floating part beside what it belongs to: below it where there is room, else above.
function beside(anchor, part) {
  const at = anchor.getBoundingClientRect();
  const below = innerHeight - at.bottom > Math.min(part.offsetHeight, at.top);
  part.style.left = `${Math.max(8, Math.min(at.left, innerWidth - part.offsetWidth - 8))}px`;
  part.style.top = below ? `${at.bottom + 2}px` : '';
  part.style.bottom = below ? '' : `${innerHeight - at.top + 2}px`;
}

// --- Menus close when one looks elsewhere ---------------------------------------------------------------------------------

document.addEventListener('click', (event) => {
  for (const open of document.querySelectorAll('details.menu[open]')) if (!open.contains(event.target)) open.open = false;
  if (menu && !menu.contains(event.target) && !event.target.closest('[data-menu]')) closeMenu();
});
document.addEventListener('keydown', (event) => {
  const open = event.key === 'Escape' && event.target.closest?.('details.menu[open]');
  if (!open) return;
  open.open = false;
  $('summary', open).focus();
});

// --- Assigned to: an editable combobox with a list (ARIA Authoring Practices), its options from the server ----------------

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
  activate(pick === 'last' ? options().at(-1) : pick === 'current' ? $('[data-current]', list) : pick === 'first' ? options()[0] : null);
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

// The list comes in pieces (a new list ends the wait for an older one): at a place holder for more, fetch it and put it there, once.
function more(holder) {
  return (holder.coming ??= replace(holder));
}

async function replace(holder) {
  const query = { q: box.value === shown ? '' : box.value, [holder.dataset.more]: holder.dataset.cursor };
  const height = list.scrollHeight;
  const earlier = holder.dataset.more === 'before';
  const others = [...list.querySelectorAll('.more')].filter((other) => other !== holder);
  await fetchInto(holder, url(query), holder, 'outerHTML');
  // The new piece brings a holder for the side that is already there; only its own side counts.
  for (const made of list.querySelectorAll('.more')) if (!others.includes(made) && made.dataset.more !== holder.dataset.more) made.remove();
  if (earlier) list.scrollTop += list.scrollHeight - height;
}

let steps = Promise.resolve(); // keys may come faster than pieces of the list do

async function step(by) {
  const all = options();
  if (!all.length) return;
  const at = all.indexOf(active);
  const neighbour = by > 0 ? active?.nextElementSibling : active?.previousElementSibling;
  if (neighbour?.matches('.more')) {
    await more(neighbour);
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
    End: () => open && ($('.more[data-more=after]', list) ? load({ q: input.value === shown ? '' : input.value, last: 1 }, 'last') : activate(options().at(-1))),
    Enter: () => (open ? (steps = steps.then(() => choose(active))) : openList(input)),
    Escape: () => box === input && shut(),
    Tab: () => box === input && shut(),
  };
  const act = keys[event.key];
  if (!act) return;
  if (coming && !['Escape', 'Tab'].includes(event.key)) {
    event.preventDefault();
    const again = () => document.activeElement === input && input.dispatchEvent(new KeyboardEvent('keydown', { key: event.key, bubbles: true }));
    coming.then(again);
    return;
  }
  // Home within a list that begins further down starts it anew.
  if (event.key === 'Home' && open && $('.more[data-more=before]', list)) load({ q: input.value === shown ? '' : input.value }, 'first');
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

// --- What others did, or the E911 provider, comes by itself: asked for while somebody looks ----------------------------------

const POLL = 20_000;
const HURRY = 2_000; // while phones are expected to come back
let polling = false;
let hurryUntil = 0;
let nextPoll = 0;
async function poll() {
  const table = $('table[data-poll]');
  if (document.hidden || polling || !table) return;
  const rows = [...table.querySelectorAll('tr[data-version]')].map((row) => `${row.id.slice(6)}.${row.dataset.version}`);
  const badge = $('.badge');
  const query = new URLSearchParams({ rows: rows.slice(0, 100), missing: badge ? badge.dataset.count : 0 });
  polling = true;
  await htmx.ajax('GET', `${table.dataset.poll}?${query}`, { target: table, swap: 'none', source: table }).catch(() => {});
  polling = false;
}

function pollLater() {
  clearTimeout(nextPoll);
  nextPoll = setTimeout(() => poll().then(pollLater), Date.now() < hurryUntil ? HURRY : POLL);
}

pollLater();
document.addEventListener('visibilitychange', poll);
document.addEventListener('htmx:afterRequest', (event) => {
  if (event.detail.requestConfig.path !== '/phones/restart/' || event.detail.requestConfig.verb !== 'post') return;
  hurryUntil = Date.now() + 3 * 60_000;
  pollLater();
});

// --- Waiting, waiting long, and no network, are shown ---------------------------------------------------------------------------

const STILL = 4_000;
const strip = $('#strip');
let waiting = 0;
let still = 0;

function show(text) {
  strip.textContent = text;
  strip.classList.toggle('strip', Boolean(text));
}

function wait(by) {
  waiting = Math.max(0, waiting + by);
  document.documentElement.toggleAttribute('data-busy', waiting > 0);
  clearTimeout(still);
  if (waiting) still = setTimeout(() => navigator.onLine && show(words.still), STILL);
  else if (navigator.onLine) show('');
}

document.addEventListener('htmx:beforeSend', (event) => ofPoll(event) || wait(1));
document.addEventListener('htmx:afterRequest', (event) => ofPoll(event) || wait(-1));
addEventListener('offline', () => show(words.cutOff));
addEventListener('online', () => show(''));
if (!navigator.onLine) show(words.cutOff);

// --- What went wrong is said, and the page stays as it is -------------------------------------------------------------------

function say(what) {
  const problem = document.createElement('div');
  problem.className = 'message problem';
  problem.append(document.createElement('p'), $('#dismiss').content.cloneNode(true));
  $('p', problem).textContent = words[what];
  const topic = $(`#words [data-help~=${what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`);
  $('p', problem).after(topic.cloneNode(true));
  const place = dialog.open ? $('form', dialog) || dialog : $('#problems');
  for (const old of document.querySelectorAll('.problem')) old.remove();
  if (dialog.open) problem.setAttribute('role', 'alert');
  place.prepend(problem);
}

document.addEventListener('htmx:beforeRequest', (event) => {
  if (ofPoll(event)) return;
  for (const old of document.querySelectorAll('.problem')) old.remove();
});
const unanswered = (event) => ofPoll(event) || say(event.detail.requestConfig?.verb === 'post' ? 'offlinePost' : 'offline');
document.addEventListener('htmx:sendError', unanswered);
document.addEventListener('htmx:timeout', (event) => ofPoll(event) || (event.detail.requestConfig?.verb === 'post' ? unanswered(event) : say('slow')));
document.addEventListener('htmx:responseError', (event) => {
  if (ofPoll(event)) return;
  const status = event.detail.xhr.status;
  say({ 403: 'forbidden', 404: 'gone', 429: 'tries', 503: 'away' }[status] || (status < 500 ? 'invalid' : 'wrong'));
});

// --- A value is copied, and that is said ------------------------------------------------------------------------------------

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const value = document.getElementById(button.dataset.copy);
  const said = $('#copied');
  said.textContent = ''; // or the same words would not be read out a second time
  const copied = await navigator.clipboard?.writeText(value.value).then(() => true, () => false);
  if (!copied) value.select(); // without HTTPS, or forbidden
  said.textContent = copied ? `${value.labels[0].textContent}: ${said.dataset.copied}` : said.dataset.byHand;
});
