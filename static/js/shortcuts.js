// Keys: / searches, ? lists all keys (Preferences turn both off).
import { comeBackTo } from './dialog.js';
import { $, dialog } from './page.js';

document.addEventListener('keydown', (event) => {
  if (!('shortcuts' in document.body.dataset) || dialog.open) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
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
