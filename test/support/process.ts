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

/** When each of them has started, as Linux says it: its number may be given to a stranger later. */
const started = new Map<number, string | undefined>();

/** Every process that the harness starts is noted here, for the check at the end of the run. */
export function noteStarted(pid: number): void {
  started.set(pid, statOf(pid)[START_TIME]);
}

/** The processes of the harness that are alive. */
export function survivors(): number[] {
  return [...started.keys()].filter((pid) => {
    if (isAlive(pid) && statOf(pid)[START_TIME] === started.get(pid)) {
      return true;
    }
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
  const [state] = statOf(pid);
  return state === undefined
    ? process.platform !== "linux"
    : !/[ZX]/.test(state);
}

// see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
const START_TIME = 19;

/** What Linux says of a process, from its state on; nothing elsewhere. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
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
