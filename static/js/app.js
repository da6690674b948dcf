// The little that HTML and htmx do not do by themselves. Every page works without it, only less smoothly.
import './swaps.js';
import './links.js';
import './shortcuts.js';
import './adding.js';
import './address.js';
import './combobox.js';
import './polling.js';
import './progress.js';
import './connection.js';
import './errors.js';
import './help.js';
import './problems.js';
import './copy.js';
import './cut.js';

document.documentElement.classList.add('scripted');
// Show times in this browser's time zone, from the next page on.
document.cookie = `timezone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=34560000;samesite=lax`;
