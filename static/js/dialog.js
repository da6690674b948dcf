// The one dialog: open exactly while it has content.
import { $, dialog, fetchInto } from './page.js';

let opener = []; // what had the focus, its id and that of its row, as the elements themselves may be swapped meanwhile

export const comeBackTo = (from) => (opener = from ? [from, from.id, from.closest('tr')?.id] : []);

export function openDialog(url, from) {
  comeBackTo(from);
  fetchInto('#dialog', url, from);
}

export function closeDialog() {
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
