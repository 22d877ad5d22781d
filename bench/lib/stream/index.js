"use strict";
/**
 * Streams of broadcasts between the workers, and what they cost.
 */
const { measureStream, runStream } = require("./measure");
const { Receiver } = require("./receiver");
const { Sender } = require("./sender");

/** The worker's half of a workload that measures streams. */
function streamWorker({ io, index, run, contender }, rooms) {
  const receiver = new Receiver({ io, index, run, rooms });
  const sender = new Sender(io, index, contender.offsetSize);
  return {
    send: (stream) => sender.send(stream),
    report: (report) => sender.onReport(report),
    take: () => receiver.take(),
  };
}

module.exports = { streamWorker, measureStream, runStream };
