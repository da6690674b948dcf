// Edit a label in place, and keep the focus in a row that is swapped.
import { $, fetchInto, isPoll } from './page.js';

export function editInPlace(link) {
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
