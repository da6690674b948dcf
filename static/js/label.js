// Labels are edited in place (R46). One is stored when its field is left; Enter and arrows go on to the next phone's.
// What can't be stored stays in its field with the reason, until it can or the user takes it back.
import { $ } from './page.js';
import { isMoving, layOver, takeOff } from './swaps.js';

const drafts = new Map(); // the fields that are open, by the id of their row

export function editInPlace(link) {
  const row = link.closest('tr');
  const draft = drafts.get(row.id) || open(row, link);
  draft.input.focus();
  draft.input.select();
}

function open(row, link) {
  const form = $('#label-editor').content.firstElementChild.cloneNode(true);
  const input = $('input', form);
  const was = $('bdi', link)?.textContent ?? '';
  const draft = { row: row.id, href: link.getAttribute('href'), was, form, input, error: $('.error', form) };
  draft.error.id = `${row.id}-label-error`;
  input.value = was;
  input.setAttribute('aria-label', link.getAttribute('aria-label'));
  input.setAttribute('aria-describedby', draft.error.id);
  layOver(link.parentElement, form);
  drafts.set(row.id, draft);
  return draft;
}

const linkOf = (draft) => $(`#${draft.row} td.label a`);

function close(draft) {
  const hadFocus = document.activeElement === draft.input;
  drafts.delete(draft.row);
  takeOff(draft.form);
  if (hadFocus) linkOf(draft)?.focus();
}

// --- storing: like the page of its own, with its question (what was seen, once), which is asked for at the first letter

async function send(href, body) {
  const answer = await fetch(href, {
    method: body ? 'POST' : 'GET',
    body,
    headers: { 'HX-Request': 'true', 'HX-Current-URL': location.href },
    signal: AbortSignal.timeout(20_000),
    keepalive: Boolean(body),
  });
  if (answer.headers.has('HX-Redirect')) throw new Refusal('ended');
  if (![200, 409, 422].includes(answer.status)) throw new Refusal('wrong');
  return answer;
}

class Refusal extends Error {}

function read(html) {
  const form = new DOMParser().parseFromString(html, 'text/html').querySelector('form');
  return { question: $('[name=label]', form) && new FormData(form), reason: [...$('.error', form).childNodes] };
}

const ask = async (draft) => read(await (await send(draft.href)).text());

async function store(draft) {
  const { input, form } = draft;
  const text = input.value;
  if (draft.storing) return;
  if (text === draft.was) return close(draft);
  draft.storing = true;
  form.setAttribute('aria-busy', 'true');
  try {
    const { question, reason } = (await draft.asked) ?? (await (draft.asked = ask(draft)));
    if (!question) return refuse(draft, reason, true);
    // If the row is older than the question, the server is to say what changed.
    if (question.get('label') !== draft.was) question.set('seen', 'outdated');
    question.set('label', text);
    const answer = await send(draft.href, new URLSearchParams(question));
    const html = await answer.text();
    await released;
    if (answer.ok) await stored(draft, text, html);
    else await refused(draft, html, answer.status === 409);
  } catch (problem) {
    draft.asked = null;
    draft.retry = !(problem instanceof Refusal);
    refuse(draft, [words(problem instanceof Refusal ? problem.message : 'offline')]);
  } finally {
    draft.storing = false;
    form.removeAttribute('aria-busy');
  }
  if (draft.isDropped) return drafts.has(draft.row) && close(draft);
  // What was typed meanwhile is stored too, once its field is left.
  if (drafts.has(draft.row) && input.value !== text && document.activeElement !== input) store(draft);
}

async function stored(draft, text, html) {
  draft.asked = null;
  if (draft.input.value === text) close(draft);
  await swap(html);
  draft.was = shownIn(draft) ?? text;
  refuse(draft, []);
}

async function refused(draft, html, isOutdated) {
  const { question, reason } = read(html);
  if (isOutdated) {
    await swap(html);
    draft.was = shownIn(draft) ?? draft.was;
  }
  question?.set('label', draft.was); // in place of what was refused
  draft.asked = question && Promise.resolve({ question });
  refuse(draft, reason, !question);
}

const swap = (html) => htmx.swap(document.body, html, { swapStyle: 'none', ignoreTitle: true });
const shownIn = (draft) => linkOf(draft) && ($('bdi', linkOf(draft))?.textContent ?? '');
const words = (when) => $(`[data-when=${when}]`, $('#label-problems').content).cloneNode(true);

function refuse(draft, reason, isGone = false) {
  draft.isGone = isGone;
  draft.error.replaceChildren(...reason);
  if (reason.length) draft.input.setAttribute('aria-invalid', 'true');
  else draft.input.removeAttribute('aria-invalid');
}

addEventListener('online', () => {
  for (const draft of drafts.values()) if (draft.retry) store(draft);
});

// A row isn't swapped between press and release of a button, or the click on it would be lost.
let released = Promise.resolve();
addEventListener('pointerdown', () => {
  released = new Promise((done) => {
    for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(done), { once: true });
  });
}, true);

// --- leaving a field, and going on ------------------------------------------------------------------------------------

const draftOf = (input) => input.closest?.('.label-form') && drafts.get(input.closest('tr').id);

document.addEventListener('focusout', (event) => {
  // In another window the user may look up what to write; the field is still theirs then.
  const draft = !isMoving() && document.activeElement !== event.target && draftOf(event.target);
  if (draft) store(draft);
});

document.addEventListener('keydown', (event) => {
  const draft = event.target.matches?.('.label-form input') && draftOf(event.target);
  if (!draft || event.isComposing) return;
  if (event.key === 'Escape') takeBack(draft);
  else if (['Enter', 'ArrowDown'].includes(event.key)) goOn(draft, 'nextElementSibling');
  else if (event.key === 'ArrowUp') goOn(draft, 'previousElementSibling');
  else return;
  event.preventDefault();
});

document.addEventListener('input', (event) => {
  const draft = event.target.matches('.label-form input') && draftOf(event.target);
  if (draft) draft.asked ??= ask(draft).catch(() => (draft.asked = null)); // storing asks again, and says what is wrong
});

function goOn(draft, to) {
  const link = $('td.label a', draft.form.closest('tr')[to] ?? document.createElement('tr'));
  if (link) editInPlace(link); // its field takes the focus, so this one is left
  else store(draft); // the first or last row of the page
}

function takeBack(draft) {
  draft.isDropped = draft.storing; // what is on its way can't be taken back, but what comes back as refused is
  if (draft.storing) return;
  close(draft);
  if (draft.isGone) location.reload(); // the list is older than the answer
}

addEventListener('beforeunload', (event) => {
  if ([...drafts.values()].some((draft) => !draft.isDropped && draft.input.value !== draft.was)) event.preventDefault();
});
