import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

export const HOW_TO_INSTALL =
  "no Chromium found: install one (Debian: apt-get install chromium) or set CHROMIUM_PATH to its executable";

export function findChromium(): string | undefined {
  if (process.env.CHROMIUM_PATH) {
    return process.env.CHROMIUM_PATH;
  }
  const directories = (process.env.PATH ?? "").split(path.delimiter);
  return directories
    .flatMap((directory) => NAMES.map((name) => path.join(directory, name)))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** A browser with an empty profile, which is removed with it. */
export async function startChromium(
  executablePath: string,
  options: BrowserContextOptions = {},
): Promise<Browser> {
  const profile = await mkdtemp(path.join(tmpdir(), "demo-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    ...options,
    executablePath,
    headless: true,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    context,
    async close() {
      await context.close();
      // its last processes may still be writing
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
