// Talk to a model over /v1/chat/completions, the same door that programs use.

import { events } from "./sse.js";

const chat = document.getElementById("chat");
const words = JSON.parse(chat.dataset.words);
const turns = document.getElementById("turns");
const form = document.getElementById("say");
const message = document.getElementById("message");
const stop = document.getElementById("stop");
const send = document.getElementById("send");
const system = document.getElementById("system");
const opening = document.getElementById("opening");

let history = [];
let running = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function addTurn(role, text) {
  opening.remove();
  const turn = element("li", `turn ${role}`);
  const said = element("div", "said", text);
  turn.append(element("div", "who-spoke", role === "user" ? words.you : words.model), said);
  turns.append(turn);
  turn.scrollIntoView({ block: "end" });
  return { turn, said };
}

function request() {
  const messages = [...history];
  if (system.value.trim()) messages.unshift({ role: "system", content: system.value.trim() });
  return {
    method: "POST",
    signal: running.signal,
    headers: { "content-type": "application/json", "x-csrf-token": chat.dataset.csrf },
    body: JSON.stringify({
      model: chat.dataset.model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: Number(document.getElementById("temperature").value),
      max_tokens: Number(document.getElementById("tokens").value),
    }),
  };
}

function showReceipt(headers) {
  const set = (name, value) => (document.querySelector(`[data-receipt="${name}"]`).textContent = value || "–");
  set("model", headers.get("x-commonweight-model"));
  set("terms", headers.get("x-commonweight-terms"));
  const id = headers.get("x-commonweight-verdict");
  set("verdict", id);
  if (id) {
    const link = element("a", "mono", id.length > 14 ? `${id.slice(0, 12)}…` : id);
    link.href = `/verdicts/${encodeURIComponent(id)}`;
    document.querySelector('[data-receipt="verdict"]').replaceChildren(link);
  }
}

async function problemOf(answer) {
  try {
    const body = await answer.json();
    return body.error?.message ?? body.detail ?? answer.statusText;
  } catch {
    return `${answer.status} ${answer.statusText}`;
  }
}

function showFigures(turn, figures, usage) {
  const seconds = (figures.last - figures.first) / 1000;
  const count = usage?.completion_tokens ?? figures.pieces;
  const speed = seconds > 0.05 && count > 1 ? `${((count - 1) / seconds).toFixed(1)} ${words.per_second}` : "";
  const first = figures.first ? `${words.first} ${((figures.first - figures.began) / 1000).toFixed(2)} s` : "";
  const line = element("div", "figures");
  for (const text of [`${count} ${words.tokens}`, speed, first, figures.ended]) if (text) line.append(element("span", "", text));
  turn.append(line);
  document.querySelector('[data-receipt="speed"]').textContent = speed || "–";
}

async function read(answer, shown, figures) {
  let usage = null;
  let complete = false;
  for await (const event of events(answer.body)) {
    if (event.comment !== undefined) {
      shown.wait(words.loading, event.comment);
      continue;
    }
    if (event.data === "[DONE]") {
      complete = true;
      break;
    }
    const piece = JSON.parse(event.data);
    if (piece.error) throw new Error(piece.error.message);
    usage = piece.usage ?? usage;
    const choice = piece.choices?.[0];
    if (choice?.finish_reason === "length") figures.ended = words.cut;
    if (choice?.delta?.content) shown.add(choice.delta.content, figures);
  }
  if (!complete) throw new Error(words.lost);
  return usage;
}

function shower(turn, said) {
  const bar = element("div", "loading-bar", words.waiting);
  turn.append(bar);
  return {
    text: "",
    wait(text, detail) {
      bar.textContent = detail && detail !== "loading" ? `${text}: ${detail}` : `${text} …`;
    },
    add(content, figures) {
      bar.remove();
      const now = performance.now();
      figures.first ||= now;
      figures.last = now;
      figures.pieces += 1;
      this.text += content;
      said.append(content);
      const nearEnd = document.documentElement.scrollHeight - scrollY - innerHeight < 160;
      if (nearEnd) scrollTo({ top: document.documentElement.scrollHeight });
    },
    done() {
      bar.remove();
    },
  };
}

function setBusy(isBusy) {
  stop.hidden = !isBusy;
  send.hidden = isBusy;
}

function showFailure(turn, text) {
  const note = element("p", "note tone-stop failed", text);
  note.setAttribute("role", "alert");
  turn.append(note);
}

async function answerTo() {
  const { turn, said } = addTurn("model", "");
  const shown = shower(turn, said);
  const figures = { began: performance.now(), first: 0, last: 0, pieces: 0, ended: "" };
  turn.classList.add("busy");
  let usage = null;
  try {
    const answer = await fetch("/v1/chat/completions", request());
    showReceipt(answer.headers);
    if (!answer.ok) throw new Error(await problemOf(answer));
    usage = await read(answer, shown, figures);
    if (!shown.text) throw new Error(words.empty);
  } catch (error) {
    if (error.name === "AbortError") figures.ended = words.stopped;
    else showFailure(turn, error.message === "Failed to fetch" ? words.lost : error.message);
  } finally {
    shown.done();
    turn.classList.remove("busy");
  }
  if (shown.text) {
    history.push({ role: "assistant", content: shown.text });
    showFigures(turn, figures, usage);
  } else {
    history.pop(); // the question had no answer: asking again must not send it twice
  }
}

async function ask(text) {
  if (running || !text.trim()) return;
  running = new AbortController();
  setBusy(true);
  message.value = "";
  addTurn("user", text);
  history.push({ role: "user", content: text });
  await answerTo();
  running = null;
  setBusy(false);
  message.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask(message.value);
});
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
document.addEventListener("keydown", (event) => event.key === "Escape" && running?.abort());
stop.addEventListener("click", () => running?.abort());
document.getElementById("clear").addEventListener("click", () => {
  running?.abort();
  history = [];
  turns.replaceChildren(opening);
});
for (const button of document.querySelectorAll("[data-suggest]")) button.addEventListener("click", () => ask(button.textContent));
for (const [dial, out] of [["temperature", "temperature-out"], ["tokens", "tokens-out"]]) {
  const input = document.getElementById(dial);
  input.addEventListener("input", () => (document.getElementById(out).textContent = input.value));
}
message.focus();
