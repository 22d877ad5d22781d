/**
 * Workers of 0.3.0 come and go, where nobody has connection state recovery.
 */
import { dies, emits, starts } from "../moves";
import { fast } from "./kinds";

export const oldComes = fast({
  name: "a worker of 0.3.0 comes",
  initial: [1, 2],
  threads: [[emits(1, "a"), emits(1, "b")], [starts(3)]],
});

export const oldGoes = fast({
  name: "a worker of 0.3.0 goes",
  initial: [1, 2, 3],
  threads: [[emits(1, "a"), emits(1, "b")], [dies(3)]],
});

export const oldComesAndGoes = fast({
  name: "a worker of 0.3.0 comes and goes",
  initial: [1, 2],
  threads: [
    [emits(1, "a"), emits(1, "b")],
    [starts(3), dies(3)],
  ],
});

export const oldEmits = fast({
  name: "a worker of 0.3.0 comes, and emits",
  initial: [1, 2],
  threads: [[emits(1, "a")], [emits(2, "b")], [starts(3), emits(3, "c")]],
});
