import { io } from "/socket.io/socket.io.esm.min.js";
import { Boxes } from "./boxes.mjs";
import { Charts } from "./charts.mjs";
import { element, setText } from "./dom.mjs";
import { Flow } from "./flow.mjs";
import { Ledger } from "./ledger.mjs";
import { Log } from "./log.mjs";

const ACK_TIMEOUT_MS = 5000;
const SILENCE_MS = 1000;
const CHECK_INTERVAL_MS = 250;

const form = element("form");
const input = element("text");

const socket = io({
  reconnectionDelay: 100,
  reconnectionDelayMax: 1000,
  // a connection handed to a worker that dies in the same moment gets no answer
  timeout: 3000,
});

const ledger = new Ledger();
const charts = new Charts();
const log = new Log();
const boxes = new Boxes(command);
const flow = new Flow(boxes.all);

let self;
let workers = [];
let lastHeard = 0;
// how many packets came with the restored session, before anything new
let restoring;
let recovered = 0;
let reconnects = 0;

socket.on("connect", () => {
  if (socket.recovered) {
    restoring ??= 0;
  } else {
    restoring = undefined;
    ledger.restart();
  }
});

socket.on("welcome", ({ worker, maxLength }, ack) => {
  ack();
  if (self) {
    reconnects++;
    log.addNote(
      `This tab moved from worker ${self.id} to worker ${worker.id}` +
        (restoring === undefined
          ? ". It was not recovered."
          : ` and got the ${restoring} packets that it had missed.`),
      "own",
    );
  }
  recovered += restoring ?? 0;
  restoring = undefined;
  self = worker;
  input.maxLength = maxLength;
  document.title = `Worker ${worker.id} · Socket.IO on a cluster`;
  showConnected();
  boxes.show(workers, self.id);
  flow.layOut();
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

socket.on("history", (history) => {
  ledger.knows([0, ...history.workers.map(({ id }) => id)]);
  charts.add(...history.samples);
  showWorkers(history.workers);
});

socket.on("workers", showWorkers);

socket.on("sample", (sample) => {
  charts.add(sample);
  boxes.showSample(sample);
  setText(element("kept"), sample.kept.toLocaleString("en"));
});

socket.on("packet", ({ from, n }) => {
  ledger.take(from, n);
  lastHeard = performance.now();
  if (restoring !== undefined) {
    restoring++;
  } else {
    flow.show(from);
  }
});

socket.on("note", (text) => {
  log.addNote(`${text[0].toUpperCase()}${text.slice(1)}`);
});

socket.on("message", ({ text, from, sender }) => {
  const origin =
    sender === socket.id ? `worker ${from.id} (this tab)` : `worker ${from.id}`;
  flow.show(from.id, true);
  log.addMessage({
    text,
    from: from.id,
    route:
      restoring === undefined
        ? `from ${origin}, received through worker ${self.id}`
        : `from ${origin}, recovered after a reconnect`,
    crossed: from.id !== self?.id,
  });
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

element("roll").addEventListener("click", () => command({ verb: "roll" }));

setInterval(() => {
  for (const [id, value, isBad] of [
    ["lost", ledger.lost, ledger.lost > 0],
    ["doubled", ledger.doubled, ledger.doubled > 0],
    ["out-of-order", ledger.outOfOrder, ledger.outOfOrder > 0],
    ["received", ledger.received, false],
    ["recovered", recovered, false],
  ]) {
    setText(element(id), value.toLocaleString("en"));
    element(id).classList.toggle("bad", isBad);
  }
  setText(
    element("reconnects"),
    reconnects === 1 ? "1 reconnect" : `${reconnects} reconnects`,
  );
  if (socket.connected && self) {
    if (performance.now() - lastHeard > SILENCE_MS) {
      showStatus(`Worker ${self.id} does not answer…`, "waiting");
    } else {
      showConnected();
    }
  }
}, CHECK_INTERVAL_MS);

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

/** What has been done arrives as a note, as it does in every tab: the worker that could say so may be the one that is killed. */
function command(value) {
  element("refusal").textContent = "";
  if (!socket.connected) {
    element("refusal").textContent = "Not connected: nothing was asked for.";
    return;
  }
  socket.emit("command", value, ({ error }) => {
    element("refusal").textContent = error ?? "";
  });
}

function showConnected() {
  showStatus(
    `This tab is on worker ${self.id}`,
    "connected",
    `pid ${self.pid}`,
  );
}

function showStatus(text, state, detail = "") {
  setText(element("status"), text);
  setText(element("pid"), detail);
  document.body.dataset.state = state;
}

function showWorkers(list) {
  workers = list;
  boxes.show(workers, self?.id);
  flow.layOut();
}
