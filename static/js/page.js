// What all modules share: parts of the page, and fetching more of it with htmx.
export const $ = (selector, within = document) => within.querySelector(selector);
export const dialog = $('#dialog');
export const words = $('#words').dataset;
export const isPoll = (event) => Boolean(event.detail.elt?.matches?.('table[data-poll], [data-progress]'));

// The listeners in problems.js report what goes wrong; here it only means that nothing came.
export function fetchInto(target, url, source, swap = 'innerHTML') {
  return htmx.ajax('GET', url, { target, swap, source }).catch(() => {});
}
