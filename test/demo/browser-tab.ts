import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import {
  type Browser,
  findChromium,
  HOW_TO_INSTALL,
  startChromium,
} from "./chromium";
import { DemoProcess, stopAllDemos, until } from "./demo-process";

export const DEADLINE_MS = 20_000;

/** A tab, read and used by what a person perceives: roles, labels and text. */
export class BrowserTab {
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

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.connected.waitFor();
    await this.boxes.first().waitFor();
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

  get boxes(): Locator {
    return this.page
      .getByRole("list", { name: "Workers", exact: true })
      .getByRole("listitem");
  }

  box({ id }: { id: number }): Locator {
    return this.boxes.filter({
      has: this.page.getByRole("heading", {
        name: `Worker ${id}`,
        exact: true,
      }),
    });
  }

  button(verb: "Freeze" | "kill -9", { id }: { id: number }): Locator {
    return this.page.getByRole("button", {
      name: `${verb} worker ${id}`,
      exact: true,
    });
  }

  get roll(): Locator {
    return this.page.getByRole("button", { name: "Roll all workers" });
  }

  /** What the boxes of the workers say, without the figures that change all the time. */
  async workerTexts(): Promise<string[]> {
    const texts = await this.boxes.allInnerTexts();
    return texts.map((text) =>
      text
        .replace(/\s+/g, " ")
        .replace(/ messages .*$/, "")
        .trim(),
    );
  }

  async shows(boxes: string[]): Promise<void> {
    let shown: string[] = [];
    await until(
      async () => {
        shown = await this.workerTexts();
        return JSON.stringify(shown) === JSON.stringify(boxes);
      },
      DEADLINE_MS,
      () => `the tab shows ${JSON.stringify(boxes)}: ${JSON.stringify(shown)}`,
    );
  }

  /** The counters, by their names. */
  async ledger(): Promise<Record<string, number>> {
    const pairs = await this.page
      .locator("#ledger dd")
      .evaluateAll((nodes) =>
        nodes.map((node): [string, number] => [
          node.id,
          Number(node.textContent?.replaceAll(",", "")),
        ]),
      );
    const reconnects = await this.page.locator("#reconnects").innerText();
    return {
      ...Object.fromEntries(pairs),
      reconnects: parseInt(reconnects, 10),
    };
  }

  /** Waits until packets arrive, and none was lost, doubled or out of order until then. */
  async receivesAll(packets = 100): Promise<void> {
    const { received = 0 } = await this.ledger();
    let ledger: Record<string, number> = {};
    await until(
      async () => {
        ledger = await this.ledger();
        return (ledger.received ?? 0) >= received + packets;
      },
      DEADLINE_MS,
      () => `${packets} packets arrive: ${JSON.stringify(ledger)}`,
    );
    const { lost, doubled, "out-of-order": outOfOrder } = ledger;
    assert.deepEqual(
      { lost, doubled, outOfOrder },
      { lost: 0, doubled: 0, outOfOrder: 0 },
    );
  }

  note(text: string | RegExp): Locator {
    return this.log.getByRole("listitem").filter({ hasText: text });
  }

  /** The elements that need horizontal scrolling. */
  overflowing(): Promise<string[]> {
    return this.page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll("body *")]
        .filter(
          (node) =>
            node.scrollWidth > node.clientWidth &&
            getComputedStyle(node).display !== "inline",
        )
        .filter(
          (node) =>
            !(node instanceof HTMLInputElement) &&
            !node.classList.contains("visually-hidden"),
        )
        .map((node) => node.outerHTML.slice(0, 80)),
    );
  }
}

export function isFocused(locator: Locator): Promise<boolean> {
  return locator.evaluate((node) => node === document.activeElement);
}

/** A demo and a browser for the tests of a suite, and the tabs of each test. */
export class BrowserSuite {
  #browser: Browser | undefined;
  #demo: DemoProcess | undefined;
  tabs: BrowserTab[] = [];

  get demo(): DemoProcess {
    assert.ok(this.#demo, "the demo has been started");
    return this.#demo;
  }

  get context(): Browser["context"] {
    assert.ok(this.#browser, "the browser has been started");
    return this.#browser.context;
  }

  /** To be called within `describe()`. */
  setUp(workerCount: number): void {
    const executablePath = findChromium();

    before(function () {
      if (executablePath === undefined) {
        console.warn(`    ${HOW_TO_INSTALL}`);
        this.skip();
      }
    });

    before(async () => {
      if (executablePath !== undefined) {
        this.#browser = await startChromium(executablePath);
        this.#demo = await DemoProcess.start([
          "--workers",
          String(workerCount),
        ]);
      }
    });

    after(async () => {
      await this.#browser?.close();
      await stopAllDemos();
    });

    afterEach(async () => {
      const closing = this.tabs;
      this.tabs = [];
      await Promise.all(closing.map(({ page }) => page.close()));
    });
  }

  async openTab(): Promise<BrowserTab> {
    const tab = new BrowserTab(await this.context.newPage());
    this.tabs.push(tab);
    await tab.open(this.demo.url);
    return tab;
  }

  /** Two tabs on two workers. The sessions of earlier tabs may still be counted, so this can take more than two attempts. */
  async openTwoTabs(): Promise<[BrowserTab, BrowserTab]> {
    const first = await this.openTab();
    for (let attempts = 0; attempts < 10; attempts++) {
      const second = await this.openTab();
      if ((await second.worker()).id !== (await first.worker()).id) {
        return [first, second];
      }
    }
    return assert.fail("all tabs are on one worker");
  }

  assertNoErrors(): void {
    assert.deepEqual(
      this.tabs.flatMap(({ errors }) => errors),
      [],
    );
  }
}

/** Runs in the page: the contrast between what is written and what it is written on. */
export function contrasts(): {
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
    ".worker h3",
    ".worker-pid",
    ".worker .state",
    ".worker-tabs",
    ".figures dd",
    ".figures dt",
    ".actions button",
    ".actions .danger",
    "#roll",
    "#primary p",
    "#ledger .zero dt",
    "#ledger .zero dd",
    "#key li",
    "h2 small",
    "#empty",
    ".worker.here .badge",
    ".button",
    "form button",
    "label",
  ];
  return { ground: groundOf(document.body), ratios: selectors.map(ratio) };
}
