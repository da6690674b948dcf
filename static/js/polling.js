// Changes by others, or by the E911 provider, arrive while the user looks at the page.
import { $ } from './page.js';

const POLL = 20_000;
const HURRY = 2_000; // while phones are expected to come back
let polling = false;
let hurryUntil = 0;
let nextPoll = 0;

async function poll() {
  const table = $('table[data-poll]');
  if (document.hidden || polling || !table) return;
  const versioned = [...table.querySelectorAll('tr[data-version]')];
  const rows = versioned.map((row) => `${row.id.slice(6)}.${row.dataset.version}`);
  const [missing, missing_common] = ['user', 'common'].map((of) => $(`[data-missing=${of}] .badge`)?.dataset.count ?? 0);
  const query = new URLSearchParams({ rows: rows.slice(0, 100), missing, missing_common });
  polling = true;
  const options = { target: table, swap: 'none', source: table };
  await htmx.ajax('GET', `${table.dataset.poll}?${query}`, options).catch(() => {});
  polling = false;
}

function pollLater() {
  clearTimeout(nextPoll);
  nextPoll = setTimeout(() => poll().then(pollLater), Date.now() < hurryUntil ? HURRY : POLL);
}

pollLater();
document.addEventListener('visibilitychange', poll);
document.addEventListener('htmx:afterRequest', (event) => {
  const { path, verb } = event.detail.requestConfig;
  if (path.split('?')[0] !== '/phones/restart/' || verb !== 'post') return;
  hurryUntil = Date.now() + 3 * 60_000;
  pollLater();
});
