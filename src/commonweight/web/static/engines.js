// Keeps the figures of the engines young: fetches the page again and swaps its live part, unless somebody is using it.

const AFTER_FAULT_MS = 15000;

async function fresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, now] = [document.querySelector("#engines"), page.querySelector("#engines")];
  if (old && now && !old.contains(document.activeElement)) old.replaceWith(now);
}

async function look() {
  const every = Number(document.querySelector("#engines")?.dataset.refresh);
  if (!every) return;
  let pause = every;
  if (!document.hidden) {
    try {
      await fresh();
    } catch {
      pause = AFTER_FAULT_MS;
    }
  }
  setTimeout(look, pause);
}

setTimeout(look, Number(document.querySelector("#engines")?.dataset.refresh));
