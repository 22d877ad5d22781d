"use strict";
const { groups } = require("../lib/contenders");
const { addStandIn } = require("../lib/stand-in");
const { measureLatency, timeEach } = require("../lib/latency");

const WORKERS = 4;

const { ADVANCED, NETWORKED } = groups;

module.exports = {
  name: "fetch-sockets",
  title: "fetchSockets()",
  description:
    "io.fetchSockets() over stand-ins with the handshake of a browser and a small object as their data, which are " +
    `spread over ${WORKERS} workers; one after the other.`,
  metrics: ["p50", "p99", "relayCpu", "workersCpu"],
  cases: ({ quick }) =>
    [
      [400, 250],
      [8000, 8],
    ].map(([sockets, count]) => ({
      id: `${sockets}-sockets`,
      title: `${WORKERS} workers, ${sockets.toLocaleString("en")} sockets`,
      workers: WORKERS,
      contenders: quick ? ADVANCED : NETWORKED,
      options: { sockets, count },
    })),
  worker({ io, index }) {
    let held = 0;
    return {
      hold({ sockets }) {
        for (; held < sockets; held++) {
          const fields = { data: { user: held, name: `user ${held}` } };
          addStandIn(io, `socket-${index}-${held}`, ["room"], () => {}, fields);
        }
      },
      fetchSockets: ({ sockets, ...options }) =>
        timeEach(options, async () => {
          const fetched = await io.timeout(10_000).fetchSockets();
          if (fetched.length !== sockets) {
            throw new Error(`${fetched.length} of ${sockets} sockets`);
          }
        }),
    };
  },
  async run(cluster, { sockets, count }, { samples }) {
    await cluster.all("hold", { sockets: sockets / WORKERS });
    return measureLatency(cluster, "fetchSockets", {
      sockets,
      warmUp: samples(count),
      count: samples(count * 1.5),
    });
  },
};
