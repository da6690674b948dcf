// Show that the page waits, waits long, or has no network.
import { $, isPoll, words } from './page.js';

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

document.addEventListener('htmx:beforeSend', (event) => isPoll(event) || wait(1));
document.addEventListener('htmx:afterRequest', (event) => isPoll(event) || wait(-1));
addEventListener('offline', () => show(words.cutOff));
addEventListener('online', () => show(''));
if (!navigator.onLine) show(words.cutOff);
