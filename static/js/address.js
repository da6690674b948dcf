// The list of states follows the country.
import { $, dialog } from './page.js';

function followCountry(country) {
  const states = $('[name=state]', country.form);
  const name = country.selectedOptions[0].textContent;
  for (const group of states.querySelectorAll('optgroup')) group.hidden = group.disabled = group.label !== name;
  if (states.selectedOptions[0]?.closest('optgroup')?.disabled) states.value = '';
}

document.addEventListener('change', (event) => {
  if (event.target.matches('.address-form [name=country]')) followCountry(event.target);
});
document.addEventListener('htmx:afterSwap', (event) => {
  const country = event.target === dialog && $('.address-form [name=country]', dialog);
  if (country) followCountry(country);
});
