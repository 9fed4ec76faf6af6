// Keeps a part of a page young: fetches the page again and swaps #live in, unless somebody is using it.
// data-refresh: milliseconds from one look to the next; a part without it is over and is asked for no more.

const AFTER_FAULT_MS = 15000;

const told = document.querySelector("#young");
let looked = new Date();

function tell(lost) {
  if (!told) return;
  told.hidden = false;
  told.classList.toggle("lost", lost);
  told.textContent = (lost ? told.dataset.lost : told.dataset.young).replace("%(time)s", looked.toLocaleTimeString());
}

// What the reader has unfolded or folded stays so.
function keepFolds(old, now) {
  for (const fold of old.querySelectorAll("details[id]")) {
    const other = now.querySelector(`#${CSS.escape(fold.id)}`);
    if (other) other.open = fold.open;
  }
}

// Somebody types, or has marked some of the text to copy it.
function inUse(part) {
  const marked = getSelection();
  const marks = !marked.isCollapsed && part.contains(marked.anchorNode);
  return marks || (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea"));
}

function twin(active, part) {
  return [...part.querySelectorAll(active.localName)].find((one) => one.textContent === active.textContent);
}

function swap(old, now) {
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  keepFolds(old, now);
  old.replaceWith(now);
  if (active) twin(active, now)?.focus({ preventScroll: true });
}

async function fresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, now] = [document.querySelector("#live"), page.querySelector("#live")];
  if (!old || !now || inUse(old)) return;
  swap(old, now);
  looked = new Date();
  tell(false);
  if (!now.dataset.refresh && told) told.hidden = true;
}

async function look() {
  const every = Number(document.querySelector("#live")?.dataset.refresh);
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

const first = Number(document.querySelector("#live")?.dataset.refresh);
if (first) setTimeout(look, first);
