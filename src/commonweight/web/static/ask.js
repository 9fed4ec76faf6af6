// The guided form: each answer is sent at once, and the questions and the verdict that follow from it are swapped in.
// The server renders them as for any reader; without this the form's buttons do the same.

const TYPING_MS = 600;

function live(form) {
  let timer = 0;
  let running = null;

  async function send() {
    running?.abort();
    running = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, { method: "POST", body, signal: running.signal, headers: { accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("asked");
      if (!fresh) throw new Error(answer.statusText);
      swap(fresh);
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    }
  }

  function swap(fresh) {
    const before = document.activeElement;
    const place = before?.name && form.contains(before) ? { name: before.name, value: before.value, type: before.type } : null;
    document.getElementById("asked").replaceWith(fresh);
    if (!place) return;
    const fields = [...form.elements].filter((one) => one.name === place.name && one.type === place.type);
    const next = fields.find((one) => place.type === "text" || one.value === place.value) ?? fresh.querySelector("fieldset input, fieldset select");
    next?.focus({ preventScroll: true });
    if (place.type === "text" && next?.type === "text") next.setSelectionRange(next.value.length, next.value.length);
  }

  // A figure is given by its number or by where it lies: one of them takes the place of the other.
  function oneAnswer(field) {
    for (const other of form.querySelectorAll(`[name="${CSS.escape(field.name)}"]`)) {
      if (field.type === "radio" && other.type === "text") other.value = "";
      if (field.type === "text" && other.type === "radio") other.checked = false;
    }
  }

  form.addEventListener("input", (event) => {
    oneAnswer(event.target);
    clearTimeout(timer);
    timer = setTimeout(send, event.target.type === "text" ? TYPING_MS : 0);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // keeping and sharing lead to a page of their own
    event.preventDefault();
    clearTimeout(timer);
    send();
  });
}

for (const form of document.querySelectorAll("form[data-ask]")) live(form);
