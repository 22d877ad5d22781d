import assert from "node:assert/strict";
import {
  BrowserSuite,
  BrowserTab,
  contrasts,
  DEADLINE_MS,
  isFocused,
} from "./browser-tab";
import { until } from "./demo-process";

describe("the page of the demo", function () {
  this.timeout(60_000);

  const suite = new BrowserSuite();
  suite.setUp(2);

  it("names the worker that serves it, one of those that the terminal names", async () => {
    const tab = await suite.openTab();
    const { id, pid } = await tab.worker();

    assert.deepEqual(
      suite.demo.workers.find((worker) => worker.id === id),
      { id, pid },
    );
    assert.equal(
      await tab.page.title(),
      `Worker ${id} · Socket.IO on a cluster`,
    );
    suite.assertNoErrors();
  });

  it("shows messages of both tabs in both, with their way through the workers", async () => {
    const [first, second] = await suite.openTwoTabs();
    const a = (await first.worker()).id;
    const b = (await second.worker()).id;

    await first.send("from the first");
    await second.send("from the second");

    const route = async (tab: BrowserTab, text: string) => {
      const [, line = ""] = (await tab.message(text).innerText()).split(/\n+/);
      return line.trim();
    };
    await first.message("from the second").waitFor();
    await second.message("from the first").waitFor();
    assert.equal(
      await route(first, "from the first"),
      `from worker ${a} (this tab), received through worker ${a}`,
    );
    assert.equal(
      await route(first, "from the second"),
      `from worker ${b}, received through worker ${a} crossed workers`,
    );
    assert.equal(
      await route(second, "from the first"),
      `from worker ${a}, received through worker ${b} crossed workers`,
    );
    assert.equal(
      await route(second, "from the second"),
      `from worker ${b} (this tab), received through worker ${b}`,
    );
    suite.assertNoErrors();
  });

  it("counts the tabs of each worker while they come and go", async () => {
    const [first, second] = await suite.openTwoTabs();
    for (const tab of suite.tabs.filter(
      (tab) => tab !== first && tab !== second,
    )) {
      await tab.page.close();
    }
    const here = await first.worker();
    const card = (worker: { id: number; pid: number }, others: string) =>
      `Worker ${worker.id} serving pid ${worker.pid} ${worker.id === here.id ? "1 tab this tab" : others}`;

    await first.shows(
      suite.demo.workers.map((worker) => card(worker, "1 tab")),
    );
    await second.page.close();
    await first.shows(
      suite.demo.workers.map((worker) => card(worker, "0 tabs")),
    );
    suite.assertNoErrors();
  });

  it("shows HTML as the text that it is", async () => {
    const [first, second] = await suite.openTwoTabs();
    const html = `<img src=x onerror="document.title='run'"><b>bold</b>`;

    await first.send(html);

    await second.message(html).waitFor();
    for (const tab of [first, second]) {
      assert.equal(await tab.log.locator("img, b").count(), 0);
      assert.match(await tab.page.title(), /^Worker/);
    }
    suite.assertNoErrors();
  });

  it("sends with Enter and with the button, and goes on in the field", async () => {
    const tab = await suite.openTab();
    const { page, input, log } = tab;

    await input.focus();
    await page.keyboard.type("sent with Enter");
    await page.keyboard.press("Enter");
    await tab.message("sent with Enter").waitFor();
    await until(
      async () => (await input.inputValue()) === "",
      DEADLINE_MS,
      () => "the field is emptied",
    );

    await page.keyboard.type("sent with the button");
    await page.keyboard.press("Tab");
    assert.ok(await isFocused(page.getByRole("button", { name: "Send" })));
    await page.keyboard.press("Space");
    await tab.message("sent with the button").waitFor();
    await until(
      () => isFocused(input),
      DEADLINE_MS,
      () => "the field has the focus again",
    );

    await page.keyboard.press("Shift+Tab");
    assert.ok(await isFocused(log), "the messages can be scrolled");
    suite.assertNoErrors();
  });

  it("opens another tab with its link", async () => {
    const tab = await suite.openTab();

    const [page] = await Promise.all([
      suite.context.waitForEvent("page"),
      tab.page.getByRole("link", { name: "Open another tab" }).click(),
    ]);
    const another = new BrowserTab(page);
    suite.tabs.push(another);

    await another.connected.waitFor();
    suite.assertNoErrors();
  });

  it("tells why a message was refused, and keeps what was typed", async () => {
    const tab = await suite.openTab();

    await tab.input.fill("   ");
    await tab.input.press("Enter");
    await tab.page
      .getByRole("alert")
      .filter({ hasText: "A message must not be empty." })
      .waitFor();
    assert.equal(await tab.input.inputValue(), "   ");
    assert.equal(await tab.log.getByRole("listitem").count(), 0);

    await tab.send("better");
    await until(
      async () =>
        (await tab.page.getByRole("alert").allTextContents()).join("") === "",
      DEADLINE_MS,
      () => "the refusal disappears",
    );
    suite.assertNoErrors();
  });

  it("takes no more characters than a message may have", async () => {
    const tab = await suite.openTab();

    await tab.input.focus();
    await tab.page.keyboard.insertText("x".repeat(600));
    assert.equal((await tab.input.inputValue()).length, 500);
    await tab.input.press("Enter");
    await tab.message("x".repeat(500)).waitFor();
    suite.assertNoErrors();
  });

  it("keeps the last 200 messages", async () => {
    const tab = await suite.openTab();

    for (let i = 1; i <= 202; i++) {
      await tab.page.evaluate((text) => {
        (document.getElementById("text") as HTMLInputElement).value = text;
        (document.getElementById("form") as HTMLFormElement).requestSubmit();
      }, `message ${i}`);
    }

    await tab.message("message 202").waitFor();
    assert.equal(await tab.log.getByRole("listitem").count(), 200);
    assert.equal(await tab.message("message 2").count(), 0);
    assert.equal(await tab.message("message 3").count(), 1);
    suite.assertNoErrors();
  });

  for (const width of [320, 360, 768]) {
    it(`needs no horizontal scrolling on a screen ${width} pixels wide`, async () => {
      const tab = await suite.openTab();
      await tab.page.setViewportSize({ width, height: 640 });

      await tab.send("x".repeat(500));

      assert.deepEqual(await tab.overflowing(), []);
      suite.assertNoErrors();
    });
  }

  it("follows the colour scheme of the system, with text that can be read", async () => {
    const tab = await suite.openTab();
    await tab.page.locator("#key li").first().waitFor();
    const grounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await tab.page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const { ground, ratios } = await tab.page.evaluate(contrasts);
      grounds.add(ground);
      for (const [selector, ratio] of ratios) {
        assert.ok(
          ratio >= 4.5,
          `${selector} has a contrast of ${ratio.toFixed(1)} in ${colorScheme}`,
        );
      }
    }
    assert.equal(grounds.size, 2);
    suite.assertNoErrors();
  });
});
