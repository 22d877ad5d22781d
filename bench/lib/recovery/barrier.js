"use strict";
/**
 * Waits until whatever stands between the workers has what a worker has sent before.
 */
function barrierOf(io, { isFloor }) {
  if (isFloor) {
    return async () => {};
  }
  io.on("barrier", (answer) => answer());
  // all adapters send it behind what they have sent before, and none of them logs it
  return async () => {
    await io.serverSideEmitWithAck("barrier");
  };
}

module.exports = { barrierOf };
