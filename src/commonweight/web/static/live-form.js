// A form whose results follow what is typed. The server renders them as for any reader; this only swaps the part in.

const PAUSE_MS = 120;

function live(form) {
  let timer = 0;
  let running = null;

  function address() {
    const parameters = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) parameters.append(name, value);
    const query = parameters.toString();
    return form.action + (query ? `?${query}` : "");
  }

  async function load(url, push) {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(url, { signal: running.signal, headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.statusText);
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (push) history.replaceState(null, "", url);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  }

  function swap(fresh) {
    const target = document.querySelector(form.dataset.live);
    target.replaceWith(fresh.querySelector(form.dataset.live));
    for (const count of form.querySelectorAll("label:has(input)")) {
      const input = count.querySelector("input");
      const other = fresh.querySelector(`input[name="${CSS.escape(input.name)}"][value="${CSS.escape(input.value)}"]`);
      const number = count.querySelector(".n");
      if (!number || !other) continue;
      number.textContent = other.closest("label").querySelector(".n").textContent;
      count.classList.toggle("none", number.textContent === "0");
      input.checked = other.checked;
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(address(), true), PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    load(address(), true);
  });
  form.addEventListener("click", (event) => {
    const link = event.target.closest("thead a, a.picked");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const sort = new URL(link.href).searchParams.get("sort");
    form.elements.sort.value = sort ?? "";
    load(link.href, true);
  });
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);
