import { orderRules } from "./order-rules";
import { sessionRules } from "./session-rules";
import { wireRules } from "./wire-rules";
import type { Rule } from "./rule";

export const rules: readonly Rule[] = [
  ...wireRules,
  ...orderRules,
  ...sessionRules,
];
