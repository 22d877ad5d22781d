export * from "./wire-scenarios";
export * from "./order-scenarios";
export * from "./returns-scenarios";
export * from "./time-scenarios";
