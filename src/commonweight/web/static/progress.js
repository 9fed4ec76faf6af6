// How far deciding again has come: asks the API while something waits, and fetches the page's parts anew when it is done.

const EVERY_MS = 1500;
const AFTER_FAULT_MS = 15000;

function show(section, progress) {
  for (const place of section.querySelectorAll("[data-of]")) {
    if (place.dataset.of === "done") place.value = Math.floor(100 * progress.done);
    else place.textContent = progress[place.dataset.of];
  }
  for (const part of section.querySelectorAll("[data-when=waiting]")) part.hidden = progress.waiting === 0;
}

async function fresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#progress", "#feed"]) {
    const [old, now] = [document.querySelector(part), page.querySelector(part)];
    if (old && now) old.replaceWith(now);
  }
}

async function look() {
  const section = document.querySelector("[data-progress]");
  if (!section || (section.dataset.waiting === "0" && section.dataset.running === "no")) return;
  let pause = EVERY_MS;
  if (!document.hidden) {
    try {
      const answer = await fetch(section.dataset.progress, { headers: { accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.statusText);
      const progress = await answer.json();
      show(section, progress);
      if (progress.waiting === 0 && !progress.is_running) return fresh();
    } catch {
      pause = AFTER_FAULT_MS;
    }
  }
  setTimeout(look, pause);
}

look();
