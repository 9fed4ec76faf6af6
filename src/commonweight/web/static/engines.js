// Keeps the figures of the engines young: fetches the page again and swaps its live part, unless somebody is using it.

const AFTER_FAULT_MS = 15000;

const told = document.querySelector("#young");
let looked = new Date();

function tell(lost) {
  if (!told) return;
  told.hidden = false;
  told.classList.toggle("lost", lost);
  told.textContent = (lost ? told.dataset.lost : told.dataset.young).replace("%(time)s", looked.toLocaleTimeString());
}

async function fresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, now] = [document.querySelector("#engines"), page.querySelector("#engines")];
  if (!old || !now || old.contains(document.activeElement)) return;
  old.replaceWith(now);
  looked = new Date();
  tell(false);
}

async function look() {
  const every = Number(document.querySelector("#engines")?.dataset.refresh);
  if (!every) return;
  let pause = every;
  if (!document.hidden) {
    try {
      await fresh();
    } catch {
      tell(true);
      pause = AFTER_FAULT_MS;
    }
  }
  setTimeout(look, pause);
}

setTimeout(look, Number(document.querySelector("#engines")?.dataset.refresh));
