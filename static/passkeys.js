// A passkey is used by the browser itself; here is only the button for it. The JSON that it and the server speak comes
// from webauthn-json.js (by GitHub, shipped with allauth).
'use strict';

for (const button of document.querySelectorAll('[data-passkey]')) {
  button.hidden = !window.PublicKeyCredential;
  button.addEventListener('click', async () => {
    const problem = button.form.querySelector('[data-passkey-problem]');
    problem.hidden = true;
    try {
      let options = document.getElementById('passkey-options');
      options = options ? JSON.parse(options.textContent)
        : (await (await fetch(button.dataset.passkeyUrl, { headers: { Accept: 'application/json' } })).json()).request_options;
      const credential = await webauthnJSON[button.dataset.passkey](options);
      button.form.elements.credential.value = JSON.stringify(credential);
      button.form.submit();
    } catch {
      problem.hidden = false;
    }
  });
}
