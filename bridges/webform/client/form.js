// What a browser with JavaScript adds to a form that works without: a proof of work, progress, and no double click.
(() => {
  const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** ALTCHA: finds the counter whose derived key begins as it must. */
  async function solve(challenge) {
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
    const password = new Uint8Array([...hex(nonce), 0, 0, 0, 0]);
    const view = new DataView(password.buffer);
    for (let counter = 0; ; counter++) {
      view.setUint32(password.length - 4, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const how = { name: "PBKDF2", hash: "SHA-256", salt: hex(salt), iterations: cost };
      const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(how, key, keyLength * 8)));
      if (derivedKey.startsWith(keyPrefix))
        return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
    }
  }

  const isFramed = window.parent !== window;
  if (isFramed) {
    document.documentElement.classList.add("framed");
    const tell = () => window.parent.postMessage({ guichet: document.documentElement.scrollHeight }, "*");
    new ResizeObserver(tell).observe(document.body);
  }

  /** Nothing was sent: says why next to the button, which works again. */
  function tellWhy(form, status, main, seconds) {
    const note = document.createElement("div");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = seconds
      ? form.dataset.wait.replace("{seconds}", seconds)
      : [...main.querySelectorAll("h1, .lead")].map(({ textContent }) => textContent).join(". ");
    note.append(words);
    status.replaceChildren(note);
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }

  function send(form, data, status) {
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    const label = document.createElement("p");
    label.textContent = form.dataset.sending;
    bar.setAttribute("aria-label", form.dataset.sending);
    status.replaceChildren(label, bar);
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = total > 0 ? loaded / total : 0;
      label.textContent = `${form.dataset.sending} ${Math.round(bar.value * 100)} %`;
    };
    request.onload = () => {
      if (request.status === 200 && request.responseURL !== form.action) {
        window.location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.getElementById("main");
      if (main === null) return form.submit();
      // A page without the form would take what was typed along.
      if (request.status >= 400 && main.querySelector("form") === null) {
        tellWhy(form, status, main, request.getResponseHeader("retry-after"));
        return;
      }
      document.title = page.title;
      document.getElementById("main").replaceWith(main);
      window.scrollTo(0, 0);
      (main.querySelector("[role=alert]") ?? main.querySelector("h1")).focus();
      watch();
    };
    // The browser's own way says what is wrong with the connection.
    request.onerror = () => form.submit();
    request.open("POST", form.action);
    request.send(data);
  }

  function watch() {
    for (const form of document.querySelectorAll("form[data-challenge]")) {
      const proof = form.elements.proof;
      let solving;
      const start = () => {
        if (form.dataset.challenge && crypto.subtle)
          solving ??= solve(JSON.parse(form.dataset.challenge))
            .then((found) => {
              proof.value = found;
            })
            .catch(() => {});
      };
      form.addEventListener("focusin", start, { once: true });
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const button = event.submitter ?? form.querySelector("button");
        if (button.getAttribute("aria-disabled") === "true") return;
        button.setAttribute("aria-disabled", "true");
        const status = form.querySelector(".status");
        status.textContent = form.dataset.sending;
        start();
        await solving;
        send(form, new FormData(form, button), status);
      });
    }
  }
  watch();
})();
