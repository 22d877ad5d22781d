import assert from "node:assert/strict";
import { Delivery } from "../../dist/delivery";
import { NodeRecovery } from "../../dist/node-recovery";
import { PacketEncoder } from "../../dist/packet-encoder";
import type { Link } from "../../dist/worker/link";
import { FakeNode } from "./support/fake-node";
import { RecordingAdapter } from "./support/recording-adapter";

describe("recovery as one node sees it", () => {
  /** For how long it waits for the primary to say how the cluster speaks. */
  function patienceOf(reportInterval: number): number {
    const adapter = RecordingAdapter.create();
    const encoder = PacketEncoder.install(adapter);
    let patience = 0;
    const link = {
      position: undefined,
      whenTold(ms: number) {
        patience = ms;
        return Promise.resolve(true);
      },
    } as unknown as Link;
    const delivery = new Delivery(adapter, encoder, true);
    const node = new FakeNode();
    new NodeRecovery({
      adapter,
      node,
      link,
      encoder,
      delivery,
      reportInterval,
    }).close();
    adapter.close();
    return patience;
  }

  it("waits for the primary twice as long as it is silent, and never longer than a timer can count", () => {
    assert.equal(patienceOf(5_000), 10_000);
    assert.equal(patienceOf(2 ** 30), 2 ** 31 - 1);
    assert.equal(patienceOf(2 ** 31 - 1), 2 ** 31 - 1);
  });
});
