"use strict";

const MAX_ENTRIES = 200;
const ACK_TIMEOUT_MS = 5000;

const element = (id) => document.getElementById(id);
const form = element("form");
const input = element("text");
const log = element("log");

const socket = io({
  reconnectionDelay: 100,
  reconnectionDelayMax: 2000,
  // a connection handed to a worker that dies in the same moment gets no answer
  timeout: 3000,
});
// not the autofocus attribute, which scrolls the head of the page away on a small screen
input.focus({ preventScroll: true });

let self;
let workers = [];

socket.on("welcome", ({ worker, maxLength }) => {
  if (self) {
    addNote(`This tab moved from worker ${self.id} to worker ${worker.id}.`);
  }
  self = worker;
  input.maxLength = maxLength;
  element("kill").textContent = `kill ${worker.pid}`;
  element("hint").hidden = false;
  document.title = `Worker ${worker.id} · Socket.IO on a cluster`;
  showStatus(
    `This tab is on worker ${worker.id}`,
    "connected",
    `pid ${worker.pid}`,
  );
  showWorkers();
});

socket.on("disconnect", () => {
  showStatus(
    self ? `Worker ${self.id} is gone, reconnecting…` : "Reconnecting…",
    "waiting",
  );
});

socket.on("connect_error", () => {
  showStatus("The demo does not answer, trying again…", "waiting");
});

socket.on("workers", (list) => {
  workers = list;
  showWorkers();
});

socket.on("message", ({ text, from, sender }) => {
  const entry = instantiate("message-template");
  const crossed = from.id !== self.id;
  entry.classList.toggle("crossed", crossed);
  setHue(entry, from.id);
  // textContent, never innerHTML: what others write is text
  part(entry, "text").textContent = text;
  part(entry, "route").textContent = routeOf(from, sender);
  part(entry, "crossed").hidden = !crossed;
  addEntry(entry);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = input.value;
  const problem = await send(text);
  element("problem").textContent = problem ?? "";
  if (!problem && input.value === text) {
    input.value = "";
  }
  input.focus();
});

function routeOf(from, sender) {
  const origin =
    sender === socket.id ? `worker ${from.id} (this tab)` : `worker ${from.id}`;
  return `from ${origin}, received through worker ${self.id}`;
}

async function send(text) {
  if (!socket.connected) {
    return "Not connected: your message was not sent.";
  }
  try {
    const { error } = await socket
      .timeout(ACK_TIMEOUT_MS)
      .emitWithAck("message", text);
    return error;
  } catch {
    return "No answer: your message may not have been sent.";
  }
}

function showStatus(text, state, detail = "") {
  element("status").textContent = text;
  element("pid").textContent = detail;
  document.body.dataset.state = state;
}

function showWorkers() {
  const cards = workers.map(({ id, pid, tabs }) => {
    const card = instantiate("worker-template");
    const isHere = id === self?.id;
    card.classList.toggle("here", isHere);
    setHue(card, id);
    part(card, "name").textContent = `Worker ${id}`;
    part(card, "pid").textContent = `pid ${pid}`;
    part(card, "tabs").textContent = tabs === 1 ? "1 tab" : `${tabs} tabs`;
    part(card, "here").hidden = !isHere;
    return card;
  });
  element("workers").replaceChildren(...cards);
}

function addNote(text) {
  const note = document.createElement("li");
  note.className = "note";
  note.textContent = text;
  addEntry(note);
}

function addEntry(entry) {
  const list = element("messages");
  const wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 8;
  element("empty").hidden = true;
  list.append(entry);
  if (list.children.length > MAX_ENTRIES) {
    list.firstElementChild.remove();
  }
  // whoever reads an older message is not interrupted
  if (wasAtEnd) {
    log.scrollTop = log.scrollHeight;
  }
}

function instantiate(templateId) {
  return element(templateId).content.firstElementChild.cloneNode(true);
}

function part(node, name) {
  return node.querySelector(`[data-${name}]`);
}

function setHue(node, workerId) {
  // the golden angle: neighbouring ids get colours far apart
  node.style.setProperty("--hue", Math.round(workerId * 137.5 + 80) % 360);
}
