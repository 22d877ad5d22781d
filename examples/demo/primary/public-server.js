"use strict";

const http = require("node:http");

/**
 * The only listening socket of the cluster: the primary accepts the connections and hands each one to a worker.
 */
function createPublicServer() {
  const server = http.createServer();

  function listen({ port, host }) {
    return new Promise((resolve, reject) => {
      server.once("error", (error) =>
        reject(new Error(explain(error, port, host))),
      );
      server.listen(port, host, () => resolve(urlOf(server.address())));
    });
  }

  function close() {
    server.close();
    // a browser keeps spare connections on which it may never ask for anything
    server.closeAllConnections();
  }

  return { http: server, listen, close };
}

function explain(error, port, host) {
  switch (error.code) {
    case "EADDRINUSE":
      return `port ${port} on ${host} is already in use: stop what listens there or choose another with --port (0 takes any free one)`;
    case "EACCES":
      return `port ${port} on ${host} is not permitted to this user: choose one above 1023 with --port`;
    default:
      return `cannot listen on --host ${host} --port ${port}: ${error.message}`;
  }
}

function urlOf({ address, family, port }) {
  if (address === "0.0.0.0" || address === "::") {
    return `http://localhost:${port}`;
  }
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

module.exports = { createPublicServer };
