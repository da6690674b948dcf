// Adding a phone by keyboard: Enter goes on from the MAC address (scanners send it), takes the person found, and
// otherwise does what the form is for.
import { $ } from './page.js';

let taking = null; // the field whose answer is awaited to take the person from

document.addEventListener('keydown', (event) => {
  const field = event.target;
  if (event.key !== 'Enter' || event.isComposing || !field.matches?.('.adding input:not([type=radio], [type=checkbox])')) return;
  event.preventDefault();
  const { form } = field;
  if (field.name === 'mac') $('[name=model]', form).focus();
  else if (field.name === 'q') findPerson(field);
  else form.requestSubmit($('.buttons > .primary', form));
});

// The list may be of what was typed before, so it is asked for again, which ends an earlier wait for it.
function findPerson(field) {
  if (!field.value.trim()) return;
  taking = field;
  field.dispatchEvent(new Event('search'));
}

document.addEventListener('htmx:afterSettle', (event) => {
  if (!taking || event.detail.target?.id !== 'people-found') return;
  const field = taking;
  taking = null;
  takePerson(field);
});

document.addEventListener('input', (event) => {
  if (['q', 'person'].includes(event.target.name)) taking = null; // someone else is meant
});

// Take whom the list shows besides whoever was chosen before, if it can be only one.
function takePerson(field) {
  const able = [...field.form.querySelectorAll('[name=person]:enabled')];
  const found = able.filter((radio) => radio.value && !radio.checked);
  if (found.length !== 1) return;
  found[0].checked = true;
  if (document.activeElement === field) found[0].focus();
}
