// Copy a value, and say so.
import { $ } from './page.js';

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  const value = document.getElementById(button.dataset.copy);
  const said = $('#copied');
  said.textContent = ''; // so that the same words are read out a second time
  const copied = await navigator.clipboard?.writeText(value.value).then(() => true, () => false);
  if (!copied) value.select(); // without HTTPS, or forbidden
  said.textContent = copied ? `${value.labels[0].textContent}: ${said.dataset.copied}` : said.dataset.byHand;
});
