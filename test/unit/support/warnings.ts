import { stub } from "./stub";

/** The texts of the process warnings that a function causes, instead of the warnings themselves. */
export function warningsOf(action: () => void): string[] {
  const texts: string[] = [];
  const restore = stub(process, "emitWarning", (text: string) =>
    texts.push(text),
  );
  try {
    action();
  } finally {
    restore();
  }
  return texts;
}
