/**
 * Makes the picture of the README: `npm run screenshot`.
 */
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BrowserTab } from "./browser-tab";
import { findChromium, HOW_TO_INSTALL, startChromium } from "./chromium";
import { DemoProcess, stopAllDemos } from "./demo-process";

const FILE = path.join(__dirname, "../../docs/control-room.png");
const SIZE = { width: 1280, height: 850 };
// the charts show a minute
const LIVELY_MS = 40_000;
// within the time for which a worker is frozen
const BACKLOG_MS = 4_500;

async function main(): Promise<void> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error(HOW_TO_INSTALL);
  }
  const demo = await DemoProcess.start(["--workers", "3"]);
  const browser = await startChromium(executablePath);
  try {
    const tabs: BrowserTab[] = [];
    for (let i = 0; i < 5; i++) {
      const tab = new BrowserTab(await browser.context.newPage());
      tabs.push(tab);
      await tab.open(demo.url);
    }
    const [tab, another] = tabs as [BrowserTab, BrowserTab];
    await tab.page.bringToFront();
    await tab.page.setViewportSize(SIZE);
    await delay(LIVELY_MS / 2);
    await another.send("Hello from the second tab");
    await tab.send("And from the first");
    await tab.button("kill -9", await tab.worker()).click();
    await tab.note(/^This tab moved/).waitFor();
    await delay(LIVELY_MS / 2);
    const self = await tab.worker();
    const ids = (await tab.workerTexts()).map((text) =>
      Number(/^Worker (\d+)/.exec(text)?.[1]),
    );
    // one at the edge, where the queue is long
    const id = ids[0] === self.id ? ids[2] : ids[0];
    await tab.button("Freeze", { id: id as number }).click();
    await delay(BACKLOG_MS);
    await tab.page.mouse.move(0, 0);
    await tab.page.screenshot({ path: FILE });
  } finally {
    await browser.close();
    await stopAllDemos();
  }
}

void main();
