// After a failed submit the first wrong field and its sentence are in view. The summary of several errors has the focus
// if it fits into view with them; otherwise the field has it.
import { $, dialog } from './page.js';

const CONTROL = ':is(input:not([type=hidden]), select, textarea)';

// Whether a part is in the window, and nothing lies over it, such as the buttons of a dialog.
function isVisible(part) {
  const box = part.getBoundingClientRect();
  const isOnTop = (y) => part.contains(document.elementFromPoint(box.left + Math.min(8, box.width / 2), y));
  return isOnTop(box.top + 2) && isOnTop(box.bottom - 2);
}

function goTo(control) {
  (control.closest('.field') ?? control).scrollIntoView();
  control.focus({ preventScroll: true });
}

// Show what is wrong within a page or dialog; return whether something is.
export function showErrors(within) {
  const wrong = $(`.wrong ${CONTROL}`, within);
  const summary = $('[data-summary]', within);
  if (!summary) {
    if (wrong) goTo(wrong);
    return Boolean(wrong);
  }
  const together = [summary, ...(wrong ? [$('.error', wrong.closest('.field')), wrong] : [])];
  const fits = together.every(isVisible) || (summary.scrollIntoView(), together.every(isVisible));
  if (fits || !wrong) summary.focus({ preventScroll: true });
  else goTo(wrong);
  return true;
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-summary] li > a');
  if (!link) return;
  event.preventDefault();
  goTo($(link.hash));
});

if (!dialog.open) showErrors($('main'));
