import assert from "node:assert/strict";
import type { WebSocketRoute } from "playwright-core";
import { BrowserSuite, DEADLINE_MS, isFocused } from "./browser-tab";
import { until } from "./demo-process";

describe("the control room of the demo", function () {
  this.timeout(90_000);

  const suite = new BrowserSuite();
  suite.setUp(3);

  it("shows what waits for a frozen worker, which gets all of it when it goes on", async function () {
    if (process.platform === "win32") {
      this.skip();
    }
    const [first, second] = await suite.openTwoTabs();
    const frozen = await first.worker();

    await second.button("Freeze", frozen).click();
    await second.note(`Worker ${frozen.id} is frozen for 6 s`).waitFor();
    await second.box(frozen).getByText("frozen", { exact: true }).waitFor();
    const waiting = second.box(frozen).locator("[data-backlog]");
    await until(
      async () => Number(await waiting.innerText()) > 0,
      DEADLINE_MS,
      async () => `something waits: ${await waiting.innerText()}`,
    );
    await second.receivesAll();

    await second.note(`Worker ${frozen.id} goes on`).waitFor();
    await second.box(frozen).getByText("serving", { exact: true }).waitFor();
    await until(
      async () => (await waiting.innerText()) === "0",
      DEADLINE_MS,
      async () => `nothing waits: ${await waiting.innerText()}`,
    );
    await first.connected.waitFor();
    await first.receivesAll();
    await second.receivesAll();
    suite.assertNoErrors();
  });

  it("moves to another worker when its own is killed, and gets what it has missed", async () => {
    const [first, second] = await suite.openTwoTabs();
    const lost = await first.worker();

    await first.button("kill -9", lost).click();

    const moved = first.note(/^This tab moved from worker/);
    await moved.waitFor();
    await first.connected.waitFor();
    const found = await first.worker();
    assert.notEqual(found.pid, lost.pid);
    await first.receivesAll();
    const { recovered, reconnects } = await first.ledger();
    assert.equal(
      await moved.innerText(),
      `This tab moved from worker ${lost.id} to worker ${found.id} and got the ${recovered} packets that it had missed.`,
    );
    assert.ok(recovered !== undefined && recovered > 0);
    assert.equal(reconnects, 1);

    const ended = `Worker ${lost.id} (pid ${lost.pid}) ended: SIGKILL`;
    for (const tab of [first, second]) {
      await tab.note(ended).waitFor();
      await tab.box(lost).waitFor({ state: "detached" });
      assert.equal(await tab.boxes.count(), 3);
    }
    await suite.demo.prints(/ended: SIGKILL\n/);
    await second.receivesAll();
    await first.send("after the move");
    await second.message("after the move").waitFor();
  });

  it("misses nothing while all workers are replaced, which can be asked for once at a time", async () => {
    const [first, second] = await suite.openTwoTabs();
    const before = await first.workerTexts();

    await first.roll.click();
    await first.note("Rolling restart: one worker after the other").waitFor();
    await second.roll.click();
    await second.page
      .getByRole("alert")
      .filter({ hasText: "A rolling restart is under way already." })
      .waitFor();

    for (const tab of [first, second]) {
      await tab.note("Rolling restart: all workers are replaced").waitFor();
      await tab.connected.waitFor();
      await tab.receivesAll();
      const { recovered, reconnects } = await tab.ledger();
      assert.ok(recovered !== undefined && recovered > 0);
      assert.ok(reconnects !== undefined && reconnects > 0);
    }
    const after = await first.workerTexts();
    assert.equal(after.length, 3);
    const pidOf = (text: string) => /pid \d+/.exec(text)?.[0];
    assert.equal(new Set([...before, ...after].map(pidOf)).size, 6);
  });

  it("can be used with the keyboard alone, and the focus goes to the worker that takes the place", async () => {
    const tab = await suite.openTab();
    const { page } = tab;
    const self = await tab.worker();
    const ids = (await tab.workerTexts()).map((text) =>
      Number(/^Worker (\d+)/.exec(text)?.[1]),
    );

    const focused: (string | null)[] = [];
    for (let i = 0; i < 10; i++) {
      await page.keyboard.press("Tab");
      focused.push(
        await page.evaluate(() => {
          const { activeElement } = document;
          return (
            activeElement?.getAttribute("aria-label") ??
            activeElement?.textContent?.trim() ??
            null
          );
        }),
      );
    }
    assert.deepEqual(focused.slice(0, 8), [
      "Open another tab",
      "Roll all workers",
      ...ids.flatMap((id) => [`Freeze worker ${id}`, `kill -9 worker ${id}`]),
    ]);
    assert.ok(await isFocused(tab.input));

    const killed = ids.find((id) => id !== self.id) as number;
    const place = ids.indexOf(killed);
    await tab.button("kill -9", { id: killed }).focus();
    await page.keyboard.press("Enter");
    await tab.box({ id: killed }).waitFor({ state: "detached" });
    const [, replacement] =
      /^Worker (\d+)/.exec((await tab.workerTexts())[place] ?? "") ?? [];
    await until(
      () => isFocused(tab.button("kill -9", { id: Number(replacement) })),
      DEADLINE_MS,
      () => `the button of worker ${replacement} has the focus`,
    );
    assert.ok(!ids.includes(Number(replacement)));
    await tab.receivesAll();
    suite.assertNoErrors();
  });

  it("counts packets that were lost, doubled or out of order on their way", async () => {
    const tab = await suite.openTab();
    const isPacket = (data: string | Buffer, from: string) =>
      typeof data === "string" &&
      data.startsWith(`42["packet",{"from":${from},`);
    let handle = (route: WebSocketRoute, data: string | Buffer) =>
      route.send(data);
    // without long-polling, all packets pass here
    await tab.page.route("**/main.mjs", async (route) => {
      const response = await route.fetch();
      const body = await response.text();
      await route.fulfill({
        response,
        body: body.replace("io({", 'io({ transports: ["websocket"],'),
      });
    });
    await tab.page.routeWebSocket(/socket\.io/, (route) => {
      route.connectToServer().onMessage((data) => handle(route, data));
    });
    await tab.open(suite.demo.url);
    await tab.receivesAll();
    const counts = (lost: number, doubled: number, outOfOrder: number) =>
      until(
        async () => {
          const ledger = await tab.ledger();
          return (
            ledger.lost === lost &&
            ledger.doubled === doubled &&
            ledger["out-of-order"] === outOfOrder
          );
        },
        DEADLINE_MS,
        async () =>
          `${lost}, ${doubled}, ${outOfOrder}: ${JSON.stringify(await tab.ledger())}`,
      );
    /** Treats the next packet of the primary in another way. */
    const once = (
      act: (route: WebSocketRoute, data: string | Buffer) => void,
    ) => {
      handle = (route, data) => {
        if (isPacket(data, "0")) {
          handle = (_, rest) => route.send(rest);
          act(route, data);
        } else {
          route.send(data);
        }
      };
    };

    let held: string | Buffer = "";
    once((_, data) => (held = data));
    await counts(1, 0, 0);
    once((route, data) => {
      route.send(data);
      route.send(held);
    });
    await counts(0, 0, 1);
    once((route, data) => {
      route.send(data);
      route.send(data);
    });
    await counts(0, 1, 1);
    assert.equal(
      await tab.page.locator("#doubled").getAttribute("class"),
      "bad",
    );
  });

  it("moves dots for packets, unless less motion is wished for", async () => {
    const tab = await suite.openTab();
    const picture = () =>
      tab.page
        .locator("canvas#flow")
        .evaluate((node) => (node as HTMLCanvasElement).toDataURL());

    const moving = await picture();
    await until(
      async () => (await picture()) !== moving,
      DEADLINE_MS,
      () => "something moves",
    );

    await tab.page.emulateMedia({ reducedMotion: "reduce" });
    await until(
      async () => {
        const still = await picture();
        await tab.receivesAll(60);
        return (await picture()) === still;
      },
      DEADLINE_MS,
      () => "nothing moves",
    );
    suite.assertNoErrors();
  });

  it("draws what passes and what waits as charts, with a key to the colours", async () => {
    const tab = await suite.openTab();
    for (const id of ["rates", "backlog"]) {
      await tab.page.locator(`#${id} canvas`).waitFor();
    }
    const key = tab.page.getByRole("list", { name: "Colours of the workers" });
    await key.getByRole("listitem").first().waitFor();
    const names = await key.getByRole("listitem").allInnerTexts();
    for (const text of await tab.workerTexts()) {
      const [, id] = /^Worker (\d+)/.exec(text) ?? [];
      assert.ok(names.includes(`worker ${id}`), names.join());
    }
    suite.assertNoErrors();
  });
});
