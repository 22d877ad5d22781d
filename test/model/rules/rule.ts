import type { Breach } from "../explorer";
import type { Scenario } from "../scenario";
import { stub } from "../../unit/support/stub";

type Consequence =
  "lost" | "doubled" | "reordered" | "not for it" | "not recovered" | "stuck";

/** A rule of the protocol, with a way to break it: a method of a class that ships is replaced. */
export interface Rule extends Breach {
  /** Where docs/protocol.md, docs/recovery.md or docs/architecture.md has it. */
  readonly at: string;
  readonly says: string;
  readonly scenario: Scenario;
  /** What happens without it. */
  readonly leadsTo: Consequence;
}

type Method = (...args: never[]) => unknown;
type MethodOf<T, Name extends keyof T> = T[Name] extends Method
  ? T[Name]
  : never;

/** Replaces a method, until the function that it returns is called. */
export function replace<T extends object, Name extends keyof T & string>(
  target: T,
  name: Name,
  substitute: (
    original: MethodOf<T, Name>,
  ) => (this: T, ...args: Parameters<MethodOf<T, Name>>) => unknown,
): () => void {
  return stub(target, name, substitute(target[name] as MethodOf<T, Name>));
}

export const nothing = () => () => {};

export function all(...undos: Array<() => void>): () => void {
  return () => undos.forEach((undo) => undo());
}
