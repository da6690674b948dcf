// How far a phone is: asked for again while the page can be seen.
import { $ } from './page.js';

const SOON = 3_000;
const LATER = 20_000; // when all is done, or nothing has changed for ten minutes
const PATIENCE = 10 * 60_000;
let changed = Date.now();
let asking = false;
let next = 0;

async function ask() {
  const part = $('[data-progress]');
  if (!part || document.hidden || asking) return;
  asking = true;
  await htmx.ajax('GET', part.dataset.progress, { target: part, swap: 'outerHTML', source: part }).catch(() => {});
  asking = false;
  if ($('[data-progress]') !== part) changed = Date.now();
}

function askLater() {
  clearTimeout(next);
  const isSoon = Date.now() - changed < PATIENCE && !$('[data-done]');
  next = setTimeout(() => ask().then(askLater), isSoon ? SOON : LATER);
}

askLater();
document.addEventListener('visibilitychange', () => ask().then(askLater));
