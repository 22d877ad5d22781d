import assert from "node:assert/strict";
import { Server } from "socket.io";
import { ClusterAdapterWithHeartbeat } from "socket.io-adapter";
import * as index from "../../dist/index";
import { freshCopy } from "./support/fresh-copy";
import { ProcessIpc } from "./support/process-ipc";

type Constructor = new (nsp: unknown) => index.NodeClusterAdapter;
const NAMES = [
  "ClusterAdapterError",
  "Emitter",
  "NodeClusterAdapter",
  "RequestTimeoutError",
  "createAdapter",
  "drain",
  "setupPrimary",
];

describe("the package", () => {
  it("exports its public names, and nothing else", () => {
    assert.deepEqual(Object.keys(index).sort(), NAMES);
  });

  it("can be imported by name from an ES module", async () => {
    const {
      createAdapter,
      setupPrimary,
      NodeClusterAdapter,
      ClusterAdapterError,
    } = await import("../../dist/index.js");
    assert.equal(createAdapter, index.createAdapter);
    assert.equal(setupPrimary, index.setupPrimary);
    assert.equal(NodeClusterAdapter, index.NodeClusterAdapter);
    assert.equal(ClusterAdapterError, index.ClusterAdapterError);
  });

  it("can be imported from dist by the old deep path", () => {
    const deep = freshCopy<typeof index>("index.js");
    assert.deepEqual(Object.keys(deep).sort(), NAMES);
  });

  it("checks the options before it is called by Socket.IO", () => {
    assert.throws(() => index.createAdapter({ heartbeatInterval: 0 }), {
      constructor: index.ClusterAdapterError,
      code: "ERR_INVALID_OPTION",
    });
  });

  it("throws its own error in a process without a channel", () => {
    const copy = freshCopy<typeof index>("index");
    const create = copy.createAdapter();
    assert.throws(() => create(new Server().of("/")), {
      constructor: copy.ClusterAdapterError,
      code: "ERR_NO_IPC_CHANNEL",
    });
  });

  describe("createAdapter()", () => {
    let ipc: ProcessIpc;

    beforeEach(() => {
      ipc = new ProcessIpc();
    });

    afterEach(() => ipc.restore());

    it("returns what can be called with and without new", () => {
      const create = index.createAdapter({ heartbeatInterval: 77 });
      const nsp = new Server().of("/");
      for (const adapter of [
        create(nsp),
        new (create as unknown as Constructor)(nsp),
      ]) {
        assert.ok(adapter instanceof index.NodeClusterAdapter);
        assert.ok(adapter instanceof ClusterAdapterWithHeartbeat);
        assert.equal(adapter.nsp, nsp);
        const { _opts } = adapter as unknown as { _opts: object };
        assert.deepEqual(_opts, {
          heartbeatInterval: 77,
          heartbeatTimeout: 10_000,
          requestsTimeout: 5_000,
        });
        adapter.close();
      }
    });

    it("returns what a server takes for the adapter of each namespace", () => {
      const io = new Server();
      io.adapter(index.createAdapter());
      const adapters = [io.of("/").adapter, io.of("/news").adapter];
      for (const adapter of adapters) {
        assert.ok(adapter instanceof index.NodeClusterAdapter);
        adapter.close();
      }
      assert.equal(process.listenerCount("message"), 0);
    });
  });
});
