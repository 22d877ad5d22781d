/** How a client that asked for its session fared. */
export type RestoreOutcome =
  /** It has its session, and what it missed. */
  | "recovered"
  /** No session has that private id, or it was given out again, or is over. */
  | "unknown"
  /** The offset is none of this order. */
  | "foreign"
  /** The connection was lost too long ago. */
  | "expired"
  /** A packet that it may have missed is not in the log any more. */
  | "gap"
  /** It has asked once more, and the later question counts. */
  | "superseded";
