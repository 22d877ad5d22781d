import { newSeed } from "../support/random";

/** Of the random tests: given back by `RECOVERY_SEED`. */
export const seed = Number(process.env.RECOVERY_SEED ?? newSeed());
