"use strict";
/**
 * The control connections of a run: JSON lines over loopback TCP between run.js and each process of the cluster under
 * test. What steers and watches a run must not pass through the IPC channel that is being measured.
 */
const net = require("node:net");

/** One end of a control connection: calls that are answered, and notices that are not. */
class Peer {
  #socket;
  #handlers = {};
  #pending = new Map();
  #nextId = 1;
  #rest = "";
  #closed = false;

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding("utf8");
    socket.on("data", (chunk) => this.#onData(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#onClose());
  }

  /** What the other end may call, by name. */
  expose(handlers) {
    Object.assign(this.#handlers, handlers);
  }

  onClose(listener) {
    this.#socket.on("close", listener);
  }

  /** Calls the other end, and resolves with what it returns. */
  call(name, args = {}) {
    if (this.#closed) {
      return Promise.reject(new Error("the process is gone"));
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { resolve, reject });
      this.#write({ id, name, args });
    });
  }

  /** Calls the other end, and does not wait. */
  notify(name, args = {}) {
    this.#write({ name, args });
  }

  close() {
    this.#socket.destroy();
  }

  #write(message) {
    if (!this.#closed) {
      this.#socket.write(JSON.stringify(message) + "\n");
    }
  }

  #onData(chunk) {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) {
      this.#onMessage(JSON.parse(line));
    }
  }

  #onMessage({ id, name, args, result, error }) {
    if (name !== undefined) {
      void this.#onCall(id, name, args);
      return;
    }
    const { resolve, reject } = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) {
      resolve(result);
    } else {
      reject(new Error(error));
    }
  }

  async #onCall(id, name, args) {
    try {
      const handler = this.#handlers[name];
      if (handler === undefined) {
        throw new Error(`nothing is called "${name}"`);
      }
      const returned = handler(args);
      if (id !== undefined) {
        this.#write({ id, result: (await returned) ?? null });
      }
    } catch (error) {
      if (id === undefined) {
        throw error;
      }
      this.#write({ id, error: error.message });
    }
  }

  #onClose() {
    this.#closed = true;
    for (const { reject } of this.#pending.values()) {
      reject(new Error("the process is gone"));
    }
    this.#pending.clear();
  }
}

/** Listens on a free port of the loopback interface. */
async function listenForPeers(onPeer) {
  const server = net.createServer((socket) => onPeer(new Peer(socket)));
  await new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return { port: server.address().port, close: () => server.close() };
}

/** Connects a process of the cluster; the process ends when run.js does. */
function connectToRun() {
  const socket = net.connect(Number(process.env.BENCH_PORT), "127.0.0.1");
  const peer = new Peer(socket);
  peer.onClose(() => process.exit(1));
  return peer;
}

module.exports = { listenForPeers, connectToRun };
