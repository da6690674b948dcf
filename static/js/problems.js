// Say what went wrong, and leave the page as it is.
import { $, dialog, isPoll, words } from './page.js';

function say(what) {
  const problem = document.createElement('div');
  problem.className = 'message problem';
  problem.append(document.createElement('p'), $('#dismiss').content.cloneNode(true));
  $('p', problem).textContent = words[what];
  const name = what.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const topic = $(`#words [data-help~=${name}]`);
  $('p', problem).after(topic.cloneNode(true));
  const place = dialog.open ? $('form', dialog) || dialog : $('#problems');
  for (const old of document.querySelectorAll('.problem')) old.remove();
  if (dialog.open) problem.setAttribute('role', 'alert');
  place.prepend(problem);
}

document.addEventListener('htmx:beforeRequest', (event) => {
  if (isPoll(event)) return;
  for (const old of document.querySelectorAll('.problem')) old.remove();
});
const isPost = (event) => event.detail.requestConfig?.verb === 'post';
document.addEventListener('htmx:sendError', (event) => {
  if (!isPoll(event)) say(isPost(event) ? 'offlinePost' : 'offline');
});
document.addEventListener('htmx:timeout', (event) => {
  if (!isPoll(event)) say(isPost(event) ? 'offlinePost' : 'slow');
});
document.addEventListener('htmx:responseError', (event) => {
  if (isPoll(event)) return;
  const status = event.detail.xhr.status;
  say({ 403: 'forbidden', 404: 'gone', 429: 'tries', 503: 'away' }[status] || (status < 500 ? 'invalid' : 'wrong'));
});
