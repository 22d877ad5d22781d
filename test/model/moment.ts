/**
 * A moment in the life of a socket: what comes before it, and what behind it. What its own worker had emitted by then comes
 * before it, whenever it is delivered; what others have emitted comes before it if it was delivered by then.
 */
export interface Moment {
  readonly worker: number;
  readonly emitted: ReadonlySet<string>;
  readonly delivered: ReadonlySet<string>;
}

export function isAfter(
  { name, worker }: { readonly name: string; readonly worker: number },
  moment: Moment,
): boolean {
  const before = worker === moment.worker ? moment.emitted : moment.delivered;
  return !before.has(name);
}
