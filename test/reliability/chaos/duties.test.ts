import assert from "node:assert/strict";
import type { TestWorker } from "../../support/worker";
import type { ChaosClient } from "./clients";
import { type Sent, type Standing, dutyTo } from "./duties";

const HERE = { id: 1 } as TestWorker;
const THERE = { id: 2 } as TestWorker;

interface Case {
  flavour?: Sent["flavour"];
  sender?: TestWorker | undefined;
  rooms?: string[];
  except?: string[];
  /** What has become of the client since the round began. */
  fate?: "stayed" | "recovered" | "new" | "away" | "came";
  isOrdered?: boolean;
  hasOverflown?: boolean;
  reason?: string;
  farewells?: number;
}

/** What is due to a client in the room "red", on the worker HERE. */
function duty(of: Case): string {
  const fate = of.fate ?? "stayed";
  const client = {
    name: "c1",
    session: fate === "new" ? 2 : 1,
    losses: fate === "stayed" || fate === "came" ? [] : [of.reason ?? "cut"],
    farewells: of.farewells ?? 0,
    isConnected: fate !== "away",
  } as ChaosClient;
  const standing: Standing = {
    client,
    worker: HERE,
    session: 1,
    interruptions: 0,
    rooms: new Set(["c1", "red"]),
    isFromStart: fate !== "came",
  };
  const sent: Sent = {
    flavour: of.flavour ?? "plain",
    sender: "sender" in of ? of.sender : THERE,
    rooms: of.rooms ?? [],
    except: of.except ?? [],
  };
  return dutyTo(standing, sent, {
    isOrdered: of.isOrdered ?? false,
    hasOverflown: () => of.hasOverflown ?? false,
  });
}

describe("what is due to a client", () => {
  it("is what is for its rooms", () => {
    assert.equal(duty({}), "must");
    assert.equal(duty({ rooms: ["blue", "red"] }), "must");
    assert.equal(duty({ rooms: ["blue"] }), "never");
    assert.equal(duty({ except: ["red"] }), "never");
    assert.equal(duty({ except: ["blue"] }), "must");
  });

  it("is what others send through a socket that it has left", () => {
    const sent = { flavour: "others", except: ["c1"] } as const;
    assert.equal(duty({ ...sent, except: ["c1"] }), "never");
    assert.equal(duty({ ...sent, except: ["c1"], fate: "new" }), "may");
    assert.equal(duty({ ...sent, except: ["red"], fate: "new" }), "never");
  });

  it("is not certain for those who were away", () => {
    for (const fate of ["recovered", "new", "away", "came"] as const) {
      assert.equal(duty({ fate }), "may");
      assert.equal(duty({ fate, rooms: ["blue"] }), "never");
    }
  });

  it("is certain for those who were recovered, where it can be", () => {
    const isOrdered = true;
    for (const fate of ["stayed", "recovered"] as const) {
      assert.equal(duty({ fate, isOrdered }), "must");
      assert.equal(duty({ fate, isOrdered, flavour: "direct" }), "must");
    }
    assert.equal(duty({ fate: "recovered", isOrdered, flavour: "ack" }), "may");
    assert.equal(duty({ fate: "new", isOrdered }), "may");
  });

  it("is not certain where a backlog was discarded, unless it is recovered", () => {
    assert.equal(duty({ hasOverflown: true }), "may");
    assert.equal(duty({ hasOverflown: true, isOrdered: true }), "must");
  });

  it("is what the own worker has sent for its own clients", () => {
    assert.equal(duty({ flavour: "local" }), "never");
    assert.equal(duty({ flavour: "local", sender: HERE }), "must");
    assert.equal(duty({ flavour: "local", sender: undefined }), "may");
  });

  it("is never certain if it is volatile", () => {
    assert.equal(duty({ flavour: "volatile" }), "may");
  });

  it("is what was sent right before it was disconnected, and was connected until then", () => {
    const told = {
      flavour: "farewell",
      fate: "new",
      farewells: 1,
      reason: "io server disconnect",
    } as const;
    assert.equal(duty(told), "must");
    assert.equal(duty({ ...told, reason: "transport close" }), "may");
    assert.equal(duty({ ...told, farewells: 2 }), "may");
    assert.equal(duty({ ...told, fate: "stayed" }), "may");
  });

  it("is nothing that servers send each other", () => {
    assert.equal(duty({ flavour: "server" }), "never");
  });

  it("is what was sent between joining and leaving", () => {
    const rooms = ["c1"];
    assert.equal(duty({ flavour: "dance in", rooms }), "must");
    assert.equal(duty({ flavour: "dance out", rooms }), "never");
    assert.equal(
      duty({ flavour: "dance out", rooms, fate: "recovered" }),
      "may",
    );
    assert.equal(duty({ flavour: "dance in", rooms: ["c2"] }), "never");
  });
});

describe("what is due to a server", () => {
  const server: Standing = {
    worker: HERE,
    session: 0,
    interruptions: 0,
    rooms: new Set(),
    isFromStart: true,
  };
  const circumstances = { isOrdered: false, hasOverflown: () => false };
  const sent: Sent = {
    flavour: "server",
    sender: THERE,
    rooms: [],
    except: [],
  };

  it("is what other servers have sent", () => {
    assert.equal(dutyTo(server, sent, circumstances), "must");
    assert.equal(
      dutyTo(server, { ...sent, sender: HERE }, circumstances),
      "never",
    );
    assert.equal(
      dutyTo(server, { ...sent, sender: undefined }, circumstances),
      "must",
    );
  });

  it("is not certain where it ended, came late, or did not read", () => {
    const gone = { id: 3, exit: {} } as TestWorker;
    assert.equal(
      dutyTo({ ...server, worker: gone }, sent, circumstances),
      "may",
    );
    assert.equal(
      dutyTo({ ...server, isFromStart: false }, sent, circumstances),
      "may",
    );
    assert.equal(
      dutyTo(server, sent, { ...circumstances, hasOverflown: () => true }),
      "may",
    );
  });

  it("is nothing that is for clients", () => {
    assert.equal(
      dutyTo(server, { ...sent, flavour: "plain" }, circumstances),
      "never",
    );
  });
});
