// On a narrow screen the index of Help stands above the text, so it starts closed.
import { $ } from './page.js';

const index = $('.help-index');
if (index && matchMedia('(max-width: 1180px)').matches) index.open = false;
