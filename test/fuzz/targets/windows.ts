/** What makes a session what it is: greetings, and the wire. */
export const PREFIX = 8;
const SIZE = 12;

/** The beginning of a session, with each part of the rest: a session as a whole would take long. */
export function windowsOf<T>(session: readonly T[]): T[][] {
  const prefix = session.slice(0, PREFIX);
  const windows: T[][] = [];
  for (let at = PREFIX; at < session.length; at += SIZE / 2) {
    windows.push([...prefix, ...session.slice(at, at + SIZE)]);
  }
  return windows;
}
