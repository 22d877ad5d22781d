import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import {
  type Browser,
  findChromium,
  HOW_TO_INSTALL,
  startChromium,
} from "./chromium";
import { DemoProcess, stopAllDemos, until } from "./demo-process";

const DEADLINE_MS = 15_000;

/** A tab, read and used by what a person perceives: roles, labels and text. */
class BrowserTab {
  readonly errors: string[] = [];
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(DEADLINE_MS);
    page.on("pageerror", (error) => this.errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") {
        this.errors.push(message.text());
      }
    });
  }

  get input(): Locator {
    return this.page.getByLabel("Message to all tabs");
  }

  get log(): Locator {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get connected(): Locator {
    return this.page
      .getByRole("status")
      .filter({ hasText: /This tab is on worker \d+ pid \d+/ });
  }

  async worker(): Promise<{ id: number; pid: number }> {
    const [, id, pid] =
      /worker (\d+) pid (\d+)/.exec(await this.connected.innerText()) ?? [];
    return { id: Number(id), pid: Number(pid) };
  }

  message(text: string): Locator {
    return this.log
      .getByRole("listitem")
      .filter({ has: this.page.getByText(text, { exact: true }) });
  }

  async send(text: string): Promise<void> {
    await this.input.fill(text);
    await this.input.press("Enter");
    await this.message(text).waitFor();
  }

  async workerCards(): Promise<string[]> {
    const cards = await this.page
      .getByRole("list")
      .first()
      .getByRole("listitem")
      .allInnerTexts();
    return cards.map((card) => card.replace(/\s+/g, " ").trim());
  }

  async shows(cards: string[]): Promise<void> {
    let shown: string[] = [];
    await until(
      async () => {
        shown = await this.workerCards();
        return JSON.stringify(shown) === JSON.stringify(cards);
      },
      DEADLINE_MS,
      () => `the tab shows ${JSON.stringify(cards)}: ${JSON.stringify(shown)}`,
    );
  }
}

describe("the page of the demo", function () {
  this.timeout(60_000);

  const executablePath = findChromium();
  let browser: Browser | undefined;
  let demo: DemoProcess;
  let tabs: BrowserTab[] = [];

  before(async function () {
    if (executablePath === undefined) {
      console.warn(`    ${HOW_TO_INSTALL}`);
      this.skip();
    }
    browser = await startChromium(executablePath);
    demo = await DemoProcess.start(["--workers", "2"]);
  });

  after(async () => {
    await browser?.close();
    await stopAllDemos();
  });

  afterEach(async () => {
    const closing = tabs;
    tabs = [];
    await Promise.all(closing.map(({ page }) => page.close()));
  });

  function context(): Browser["context"] {
    assert.ok(browser, "the browser has been started");
    return browser.context;
  }

  async function openTab(): Promise<BrowserTab> {
    const tab = new BrowserTab(await context().newPage());
    tabs.push(tab);
    await tab.page.goto(demo.url);
    await tab.connected.waitFor();
    return tab;
  }

  /** Two tabs on two workers. The sessions of earlier tabs may still be counted, so this can take more than two attempts. */
  async function openTwoTabs(): Promise<[BrowserTab, BrowserTab]> {
    const first = await openTab();
    for (let attempts = 0; attempts < 10; attempts++) {
      const second = await openTab();
      if ((await second.worker()).id !== (await first.worker()).id) {
        return [first, second];
      }
    }
    return assert.fail("all tabs are on one worker");
  }

  function assertNoErrors(): void {
    assert.deepEqual(
      tabs.flatMap(({ errors }) => errors),
      [],
    );
  }

  it("names the worker that serves it, one of those that the terminal names", async () => {
    const tab = await openTab();
    const { id, pid } = await tab.worker();

    assert.deepEqual(
      demo.workers.find((worker) => worker.id === id),
      { id, pid },
    );
    assert.equal(
      await tab.page.title(),
      `Worker ${id} · Socket.IO on a cluster`,
    );
    assertNoErrors();
  });

  it("shows messages of both tabs in both, with their way through the workers", async () => {
    const [first, second] = await openTwoTabs();
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
    assertNoErrors();
  });

  it("counts the tabs of each worker while they come and go", async () => {
    const [first, second] = await openTwoTabs();
    for (const tab of tabs.filter((tab) => tab !== first && tab !== second)) {
      await tab.page.close();
    }
    const here = await first.worker();
    const card = (worker: { id: number; pid: number }, others: string) =>
      `Worker ${worker.id} pid ${worker.pid} ${worker.id === here.id ? "1 tab this tab" : others}`;

    await first.shows(demo.workers.map((worker) => card(worker, "1 tab")));
    await second.page.close();
    await first.shows(demo.workers.map((worker) => card(worker, "0 tabs")));
    assertNoErrors();
  });

  it("shows HTML as the text that it is", async () => {
    const [first, second] = await openTwoTabs();
    const html = `<img src=x onerror="document.title='run'"><b>bold</b>`;

    await first.send(html);

    await second.message(html).waitFor();
    for (const tab of [first, second]) {
      assert.equal(await tab.log.locator("img, b").count(), 0);
      assert.match(await tab.page.title(), /^Worker/);
    }
    assertNoErrors();
  });

  it("can be used with the keyboard alone", async () => {
    const tab = await openTab();
    const { page, input, log } = tab;
    const isFocused = (locator: Locator) =>
      locator.evaluate((node) => node === document.activeElement);

    assert.ok(await isFocused(input), "the field has the focus from the start");
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
    await page.keyboard.press("Shift+Tab");
    assert.ok(
      await isFocused(page.getByRole("link", { name: "Open another tab" })),
    );
    assertNoErrors();
  });

  it("opens another tab with its link", async () => {
    const tab = await openTab();

    const [page] = await Promise.all([
      context().waitForEvent("page"),
      tab.page.getByRole("link", { name: "Open another tab" }).click(),
    ]);
    const another = new BrowserTab(page);
    tabs.push(another);

    await another.connected.waitFor();
    assertNoErrors();
  });

  it("tells why a message was refused, and keeps what was typed", async () => {
    const tab = await openTab();

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
      async () => (await tab.page.getByRole("alert").textContent()) === "",
      DEADLINE_MS,
      () => "the refusal disappears",
    );
    assertNoErrors();
  });

  it("takes no more characters than a message may have", async () => {
    const tab = await openTab();

    await tab.input.focus();
    await tab.page.keyboard.insertText("x".repeat(600));
    assert.equal((await tab.input.inputValue()).length, 500);
    await tab.input.press("Enter");
    await tab.message("x".repeat(500)).waitFor();
    assertNoErrors();
  });

  it("keeps the last 200 messages", async () => {
    const tab = await openTab();

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
    assertNoErrors();
  });

  for (const width of [320, 768]) {
    it(`needs no horizontal scrolling on a screen ${width} pixels wide`, async () => {
      const tab = await openTab();
      await tab.page.setViewportSize({ width, height: 640 });

      await tab.send("x".repeat(500));

      const overflowing = await tab.page.evaluate(() =>
        [document.documentElement, ...document.querySelectorAll("body *")]
          .filter(
            (node) =>
              node.scrollWidth > node.clientWidth &&
              getComputedStyle(node).display !== "inline",
          )
          .filter((node) => !(node instanceof HTMLInputElement))
          .map((node) => node.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(overflowing, []);
      assertNoErrors();
    });
  }

  it("follows the colour scheme of the system, with text that can be read", async () => {
    const tab = await openTab();
    const grounds = new Set<string>();
    for (const colorScheme of ["light", "dark"] as const) {
      await tab.page.emulateMedia({ colorScheme });
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
    assertNoErrors();
  });

  it("moves to another worker when its own is killed", async () => {
    const [first, second] = await openTwoTabs();
    const lost = await first.worker();
    await first.page.getByText(`kill ${lost.pid}`, { exact: true }).waitFor();

    process.kill(lost.pid, "SIGKILL");

    const movedTo = first.log.getByText(
      new RegExp(`^This tab moved from worker ${lost.id} to worker \\d+\\.$`),
    );
    await movedTo.waitFor();
    await first.connected.waitFor();
    const found = await first.worker();
    assert.notEqual(found.pid, lost.pid);
    assert.equal(
      await movedTo.innerText(),
      `This tab moved from worker ${lost.id} to worker ${found.id}.`,
    );
    await first.page.getByText(`kill ${found.pid}`, { exact: true }).waitFor();
    await until(
      async () =>
        (await second.workerCards()).every(
          (card) => !card.includes(`pid ${lost.pid}`),
        ),
      DEADLINE_MS,
      () => "the killed worker leaves the list",
    );

    await first.send("after the move");
    await second.message("after the move").waitFor();
  });
});

/** Runs in the page: the contrast between what is written and what it is written on. */
function contrasts(): {
  ground: string;
  ratios: [selector: string, ratio: number][];
} {
  const luminance = (color: string): number => {
    const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/g) ?? [])
      .map(Number)
      .map((value) => {
        const share = value / 255;
        return share <= 0.04045
          ? share / 12.92
          : ((share + 0.055) / 1.055) ** 2.4;
      });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const groundOf = (node: Element | null): string => {
    const color =
      node === null
        ? "rgb(255, 255, 255)"
        : getComputedStyle(node).backgroundColor;
    return color === "rgba(0, 0, 0, 0)"
      ? groundOf(node?.parentElement ?? null)
      : color;
  };
  const ratio = (selector: string): [string, number] => {
    const node = document.querySelector(selector);
    if (node === null) {
      throw new Error(`no ${selector}`);
    }
    const lights = [
      luminance(getComputedStyle(node).color),
      luminance(groundOf(node)),
    ].sort((a, b) => b - a);
    return [selector, ((lights[0] ?? 0) + 0.05) / ((lights[1] ?? 0) + 0.05)];
  };
  const selectors = [
    "h1",
    ".lead",
    ".hint",
    ".worker-name",
    ".worker-pid",
    ".worker.here .badge",
    ".button",
    "button",
    "label",
  ];
  return { ground: groundOf(document.body), ratios: selectors.map(ratio) };
}
