import { readFileSync } from "node:fs";

/** How a process of the harness ended, with the last of what it wrote to its standard error. */
export interface ExitInfo {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

export interface ProcessWarning {
  name: string;
  message: string;
  code?: string;
}

const started = new Set<number>();

/** Every process that the harness starts is noted here, for the check at the end of the run. */
export function noteStarted(pid: number): void {
  started.add(pid);
}

/** The processes of the harness that are alive. */
export function survivors(): number[] {
  return [...started].filter((pid) => {
    if (isAlive(pid)) {
      return true;
    }
    // the number may be given to a stranger later
    started.delete(pid);
    return false;
  });
}

/** A zombie counts as dead: an orphan's exit may never be collected inside a container. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return process.platform !== "linux";
  }
}

export function signalTo(pid: number, signal: NodeJS.Signals): void {
  if (!started.has(pid)) {
    throw new Error(`process ${pid} is none of the harness's`);
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

export function describeExit(who: string, exit: ExitInfo): string {
  const how = exit.signal ? `signal ${exit.signal}` : `code ${exit.code}`;
  return `${who} exited with ${how}\n${exit.stderr}`.trimEnd();
}
