// The one dialog: open exactly while it has content.
import { showErrors } from './errors.js';
import { $, dialog, fetchInto } from './page.js';

// What had the focus, its id and that of its row: ids survive a swap of the elements themselves.
let opener = [];

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
  // A form starts at what is wrong in it, or its first field; a question starts at its heading.
  const first = [
    '[data-passkey]:not([hidden])',
    '.field :is(input, select)',
    '#dialog-title',
  ];
  if (full && !showErrors(dialog)) first.map((part) => $(part, dialog)).find(Boolean)?.focus();
  if (!full) closeDialog();
}).observe(dialog, { childList: true });

dialog.addEventListener('close', () => {
  if (dialog.open) return; // opened again: a key may come before this event
  const isStale = $('[data-reload]', dialog) !== null; // the list is older than what the dialog said
  dialog.replaceChildren();
  if (isStale) return location.reload();
  const [from, ...ids] = opener;
  const [back, row] = ids.map((id) => id && document.getElementById(id));
  const inRow = row && ((from.id && $('.address a', row)) || $('[data-menu]', row));
  (from?.isConnected ? from : back || inRow)?.focus();
  opener = [];
});
