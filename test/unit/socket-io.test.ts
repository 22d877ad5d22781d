import assert from "node:assert/strict";
import { install } from "@sinonjs/fake-timers";
import { Server } from "socket.io";
import type { BroadcastOptions } from "socket.io-adapter";
import {
  decodeOptions,
  describeSockets,
  encodeOptions,
  internals,
  onNodeRemoved,
  recoverySettings,
  type EncodedOptions,
  type SocketDetails,
} from "../../dist/socket-io";
import { RecordingAdapter } from "./support/recording-adapter";

describe("the shapes of Socket.IO", () => {
  const adapters: RecordingAdapter[] = [];

  function createAdapter(): RecordingAdapter {
    const adapter = RecordingAdapter.create();
    adapters.push(adapter);
    return adapter;
  }

  afterEach(() => adapters.splice(0).forEach((adapter) => adapter.close()));

  describe("onNodeRemoved()", () => {
    it("calls the listener after the base class has removed a node that says goodbye", () => {
      const adapter = createAdapter();
      const heard: unknown[] = [];
      onNodeRemoved(adapter, (uid) =>
        heard.push([uid, [...internals(adapter).nodesMap.keys()]]),
      );
      adapter.meet("a", "b");
      adapter.part("a");
      assert.deepEqual(heard, [["a", ["b"]]]);
    });

    it("calls it for a node that falls silent", () => {
      const clock = install();
      try {
        const adapter = createAdapter();
        const heard: string[] = [];
        onNodeRemoved(adapter, (uid) => heard.push(uid));
        adapter.meet("a");
        clock.tick(10_000);
        assert.deepEqual(heard, []);
        clock.tick(2_000);
        assert.deepEqual(heard, ["a"]);
        adapter.close();
      } finally {
        clock.uninstall();
      }
    });
  });

  describe("the options of a broadcast", () => {
    it("become arrays and sets again, and keep the types of the rooms", () => {
      const rooms = new Set<string>(["1", 1 as unknown as string]);
      const options = {
        rooms,
        except: new Set(["x"]),
        flags: { volatile: true },
      };
      const encoded = encodeOptions(options);
      assert.deepEqual(encoded, {
        rooms: ["1", 1],
        except: ["x"],
        flags: { volatile: true },
      });
      assert.deepEqual(decodeOptions(encoded), options);
    });

    it("may lack what is optional", () => {
      const empty = { rooms: [], except: [], flags: {} };
      assert.deepEqual(encodeOptions({ rooms: new Set() }), empty);
      for (const nothing of [undefined, null]) {
        const options = { rooms: ["r"], except: nothing, flags: nothing };
        assert.deepEqual(decodeOptions(options as unknown as EncodedOptions), {
          rooms: new Set(["r"]),
          except: new Set(),
          flags: {},
        });
      }
    });
  });

  describe("recoverySettings()", () => {
    const settingsOf = (maxDisconnectionDuration: unknown) => {
      const connectionStateRecovery = { maxDisconnectionDuration };
      const io = new Server({ connectionStateRecovery } as object);
      return recoverySettings(io.of("/"))?.maxDisconnectionDuration;
    };

    it("has the default of Socket.IO where the duration is undefined", () => {
      assert.equal(settingsOf(undefined), 120_000);
      assert.equal(settingsOf(0), 0);
      assert.equal(settingsOf(Infinity), Number.MAX_SAFE_INTEGER);
    });
  });

  describe("describeSockets()", () => {
    function addSocket(
      adapter: RecordingAdapter,
      id: string,
      handshake: object,
    ): void {
      const rooms = new Set([id, `room of ${id}`]);
      void adapter.addAll(id, rooms);
      const socket = { id, handshake, rooms, data: { name: id }, secret: 1 };
      adapter.nsp.sockets.set(id, socket);
    }

    const everyone: BroadcastOptions = { rooms: new Set(), except: new Set() };

    it("tells what other nodes may know of the sockets that are selected", () => {
      const adapter = createAdapter();
      addSocket(adapter, "a", { query: { q: 1 } });
      addSocket(adapter, "b", {});
      addSocket(adapter, "c", {});
      const describe = (opts: BroadcastOptions) =>
        describeSockets(adapter, opts);
      assert.deepEqual(
        describe({ rooms: new Set(["room of a"]), except: new Set() }),
        [
          {
            id: "a",
            handshake: { query: { q: 1 } },
            rooms: ["a", "room of a"],
            data: { name: "a" },
          },
        ],
      );
      assert.deepEqual(
        describe({ rooms: new Set(), except: new Set(["room of b"]) }).map(
          ({ id }) => id,
        ),
        ["a", "c"],
      );
    });

    it("leaves the session store of the handshake out, and in its place", () => {
      const adapter = createAdapter();
      const handshake = { sessionStore: {}, url: "/" };
      addSocket(adapter, "a", handshake);
      const [details] = describeSockets(adapter, everyone);
      assert.deepEqual(details?.handshake, { url: "/" });
      assert.deepEqual(handshake, { sessionStore: {}, url: "/" });
    });

    it("does not read the handshake", () => {
      const adapter = createAdapter();
      const handshake = {
        get session(): never {
          throw new Error("no session");
        },
      };
      addSocket(adapter, "a", handshake);
      const details = describeSockets(adapter, everyone)[0] as SocketDetails;
      assert.throws(
        () => (details.handshake as { session: unknown }).session,
        /no session/,
      );
    });
  });
});
