// What is being typed in a row (.over), and the focus, outlive a swap of the row or of the whole list.
import { $, isPoll } from './page.js';

// Lay what is typed into over a cell's link, or take it away again. (:has() would do without a class, but the browser then
// looks at the whole table at each change.)
export function layOver(cell, over) {
  cell.append(over);
  cell.classList.add('covered');
}
export function takeOff(over) {
  over.parentElement?.classList.remove('covered');
  over.remove();
}

let kept = []; // what was typed in rows that are being swapped, or that are not in the list now
let moving = false;
export const isMoving = () => moving; // a field that is moved loses the focus without having been left

function takeOut(within, what) {
  moving = true;
  for (const over of within.querySelectorAll(what)) {
    const field = over.matches('input') ? over : $('input', over);
    const cell = over.parentElement;
    kept.push({ over, row: cell.parentElement.id, at: cell.cellIndex, field, hadFocus: field === document.activeElement });
    takeOff(over);
  }
  moving = false;
}

function putBack() {
  kept = kept.filter(({ over, row, at, field, hadFocus }) => {
    const cell = document.getElementById(row)?.cells[at];
    if (cell) layOver(cell, over);
    if (cell && hadFocus) field.focus();
    return !cell;
  });
}

document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target.id === 'listing' && event.detail.shouldSwap) takeOut(event.detail.target, '.label-form');
});
document.addEventListener('htmx:afterSwap', putBack);

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
  else if (row) takeOut(row, '.over');
});
document.addEventListener('htmx:oobAfterSwap', () => {
  putBack();
  const row = focused && document.getElementById(focused[1]);
  if (!row || row.contains(document.activeElement)) return;
  (document.getElementById(focused[0]) || $('td.label a', row)).focus();
});
