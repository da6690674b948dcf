// A passkey is used by the browser itself; here is only the button for it, on pages and in dialogs. The JSON that it and
// the server speak comes from webauthn-json.js (by GitHub, shipped with allauth).
'use strict';

function offerPasskeys() {
  for (const button of document.querySelectorAll('[data-passkey]')) button.hidden = !window.PublicKeyCredential;
}

async function passkeyOptions(button) {
  const written = button.dataset.passkeyOptions || document.getElementById('passkey-options')?.textContent;
  if (written) return JSON.parse(written);
  return (await (await fetch(button.dataset.passkeyUrl, { headers: { Accept: 'application/json' } })).json()).request_options;
}

offerPasskeys();
document.addEventListener('htmx:afterSwap', offerPasskeys);
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-passkey]');
  if (!button) return;
  const { form } = button;
  const problem = form.querySelector('[data-passkey-problem]');
  problem.hidden = true;
  try {
    const credential = await webauthnJSON[button.dataset.passkey](await passkeyOptions(button));
    form.querySelector('[name$=credential]').value = JSON.stringify(credential);
    form.requestSubmit();
  } catch {
    problem.hidden = false;
  }
});
