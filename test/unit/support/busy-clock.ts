/**
 * The clock of a process that has just sent something: it gathers what the running code writes. The first to ask is the
 * schedule that is made, the others come half a millisecond later.
 */
export function busyClock(): () => number {
  let isNew = true;
  return () => {
    const now = isNew ? 0 : 0.5;
    isNew = false;
    return now;
  };
}
