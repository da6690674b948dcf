// Edit a label in place, and keep the focus in a row that is swapped.
import { $, fetchInto, isPoll } from './page.js';

export function editInPlace(link) {
  const cell = link.parentElement;
  cell.classList.add('in-place');
  const before = cell.innerHTML;
  const href = link.getAttribute('href');
  fetchInto(cell, href, cell).then(() => {
    const input = $('input:not([type=hidden])', cell);
    input?.select();
    cell.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      // The row is older than what the editor said: renew it, or the list if the phone was removed.
      if ($('[data-stale=list]', cell)) return location.reload();
      if ($('[data-stale=row]', cell)) return fetchInto(cell, `${href}?cancel`, cell, 'none');
      cell.innerHTML = before;
      $('a', cell).focus();
    });
  });
}

document.addEventListener('htmx:afterSwap', (event) => {
  const wrong = event.target.closest?.('.in-place') && $('[aria-invalid], [data-stale=list] ~ .error a', event.target);
  if (wrong) wrong.focus();
});

let answeringPoll = false; // whether the content being swapped in answers a poll
document.addEventListener('htmx:beforeOnLoad', (event) => {
  answeringPoll = isPoll(event);
});

// A row that is swapped while it has the focus keeps it, on the same part or on its label.
let focused = null;
document.addEventListener('htmx:oobBeforeSwap', (event) => {
  const row = event.detail.target.closest?.('tr');
  const active = document.activeElement;
  focused = row?.contains(active) ? [active.id, row.id] : null;
  // While the user types in the row, changes by others wait for the next poll.
  if (answeringPoll && focused && active.matches('input')) event.detail.shouldSwap = false;
});
document.addEventListener('htmx:oobAfterSwap', () => {
  const row = focused && document.getElementById(focused[1]);
  if (!row || row.contains(document.activeElement)) return;
  (document.getElementById(focused[0]) || $('td.label a', row)).focus();
});
