"use strict";
/**
 * The receiving half of a stream: one stand-in for a socket, which counts what a client would get, and reports markers.
 */
const { addStandIn, argumentsOf } = require("../stand-in");
const { now } = require("../usage");
const { MARKER_ROOM } = require("./sender");

class Receiver {
  #run;
  #index;
  #packets = 0;
  #bytes = 0;

  constructor({ io, index, run, rooms = [] }) {
    this.#run = run;
    this.#index = index;
    addStandIn(io, `stand-in-${index}`, [MARKER_ROOM, ...rooms], (encoded) =>
      this.#onPacket(encoded),
    );
  }

  /** What has arrived since the last call. */
  take() {
    const taken = { packets: this.#packets, bytes: this.#bytes };
    this.#packets = 0;
    this.#bytes = 0;
    return taken;
  }

  #onPacket(encoded) {
    const [text] = encoded;
    if (text[3] === "m") {
      const [sender, sent, isLast] = argumentsOf(encoded);
      const marker = {
        name: "marker",
        worker: this.#index,
        sender,
        sent,
        isLast,
      };
      this.#run.notify("notice", { ...marker, at: now() });
      return;
    }
    this.#packets++;
    for (let i = 0; i < encoded.length; i++) {
      this.#bytes += encoded[i].length;
    }
  }
}

module.exports = { Receiver };
