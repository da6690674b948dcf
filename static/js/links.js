// Links that open a dialog, a menu or a field in place, and links that close them.
import { toggleList } from './combobox.js';
import { closeDialog, openDialog } from './dialog.js';
import { editInPlace } from './label.js';
import { closeMenu, menuOf, toggleMenu } from './menu.js';
import { dialog } from './page.js';

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-dialog], a[data-cancel], a[data-in-place], a[data-choose], a[data-menu], [data-dismiss]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.matches('[data-dismiss]')) link.closest('.message').remove();
  else if (link.matches('[data-cancel]')) {
    if (!dialog.open) return;
    event.preventDefault();
    closeDialog();
  } else {
    event.preventDefault();
    if (link.matches('[data-in-place]')) editInPlace(link);
    else if (link.matches('[data-choose]')) toggleList(link);
    else if (link.matches('[data-menu]')) toggleMenu(link);
    else {
      const from = link.closest('#menu') ? menuOf : link.closest('details')?.querySelector('summary') || link;
      link.closest('details')?.removeAttribute('open');
      closeMenu();
      openDialog(link.getAttribute('href'), from);
    }
  }
});
