// Forms of facts: what saving would change is asked for while somebody types, and how far a job has got is followed.
// The server renders both as for any reader; without this the form's second button and "Look again" do the same.

const TYPING_MS = 700;
const BESIDE_THE_POINT = ["name", "description", "group", "author", "reason", "source", "licence"]; // no verdict rests on these
const FOLLOW_MS = 2000;
const MOST_LOOKS = 300; // ten minutes; whoever stays longer can look again by hand

async function fetched(address, options) {
  const answer = await fetch(address, { ...options, headers: { accept: "text/html" } });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function live(form) {
  let timer = 0;
  let running = null;

  async function ask() {
    running?.abort();
    running = new AbortController();
    const body = new URLSearchParams(new FormData(form));
    body.set("preview", "yes");
    document.getElementById("preview").classList.add("busy");
    try {
      const page = await fetched(form.action, { method: "POST", body, signal: running.signal });
      const fresh = page.getElementById("preview");
      if (fresh) document.getElementById("preview").replaceWith(fresh);
    } catch (error) {
      if (error.name !== "AbortError") document.getElementById("preview").classList.remove("busy"); // saving still works
    }
  }

  form.addEventListener("input", (event) => {
    const { name } = event.target;
    if (BESIDE_THE_POINT.includes(name) || name.endsWith(".source")) return;
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_MS);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
  form.addEventListener("change", (event) => {
    if (event.target.name === "licence") form.requestSubmit(form.querySelector('[name="pick"]')); // its clauses are to be shown
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (button) addRow(button);
  });
}

function addRow(button) {
  const rows = button.closest("[data-rows]").querySelectorAll("[data-row]");
  const last = rows[rows.length - 1];
  const fresh = last.cloneNode(true);
  for (const input of fresh.querySelectorAll("input:not(.currency)")) input.value = "";
  last.after(fresh);
  for (const select of fresh.querySelectorAll("select")) select.value = last.querySelector(`[name="${CSS.escape(select.name)}"]`).value;
  fresh.querySelector(".when").focus();
}

function follow() {
  let looks = 0;
  const timer = setInterval(async () => {
    if (document.hidden) return;
    looks += 1;
    try {
      const page = await fetched(location.href);
      const fresh = page.getElementById("outcome");
      for (const part of document.querySelectorAll("#outcome, [data-counted]")) {
        const now = part.id ? page.getElementById(part.id) : null;
        if (now) part.replaceWith(now);
      }
      if (!fresh?.hasAttribute("data-follow") || looks > MOST_LOOKS) clearInterval(timer);
    } catch {
      clearInterval(timer); // the page says what it last knew, and has a link
    }
  }, FOLLOW_MS);
}

for (const form of document.querySelectorAll("form[data-facts]")) if (form.querySelector("#preview")) live(form);
if (document.querySelector("#outcome[data-follow]")) follow();
