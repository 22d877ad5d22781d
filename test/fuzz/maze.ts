import type { Target } from "./fuzzer";

/** What chance alone does not get through: each step in the right direction is a piece of code of its own. */
export const maze: Target = {
  name: "maze",
  seeds: [[0, 0, 0, 0, "one", ["more"]]],
  run([first, second, third, fourth]) {
    if (first === 255) {
      if (Object.is(second, -0)) {
        if (third === Infinity) {
          if (fourth === 65_535) {
            throw new Error("a way out");
          }
        }
      }
    }
  },
};
