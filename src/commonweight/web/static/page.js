// What every page can do: copy buttons, confirmations, "/" to search, Escape to close a tip.

async function copy(button) {
  const text = button.parentElement.querySelector("pre").textContent;
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http on another host has no clipboard: select the text, the reader's own keys do the rest.
    getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
    return;
  }
  label.textContent = "✓";
  setTimeout(() => (label.textContent = before), 1200);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const writing = event.target.closest?.("input, textarea, select");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-slash]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "Escape") {
    for (const tip of document.querySelectorAll(".openness:hover, .openness:focus-within")) tip.classList.add("dismissed");
  }
});

document.addEventListener("pointerout", (event) => event.target.closest?.(".openness")?.classList.remove("dismissed"));
document.addEventListener("focusout", (event) => event.target.closest?.(".openness")?.classList.remove("dismissed"));

const wide = matchMedia("(min-width: 76.01rem)");
function openWide() {
  for (const details of document.querySelectorAll("details[data-open-wide]")) details.open = wide.matches;
}
wide.addEventListener("change", openWide);
openWide();
