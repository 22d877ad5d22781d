const versions = require("./versions.js");

/** An application with one pair of Socket.IO versions. */
function application(workspace, socketIo, socketIoAdapter) {
  return workspace.application(`socket.io-${socketIo}-${socketIoAdapter}`, {
    "socket.io": socketIo,
    "socket.io-adapter": socketIoAdapter,
    "socket.io-client": versions.socketIoClient,
    "@socket.io/sticky": versions.sticky,
  });
}

/** The application that most platforms share: the newest of everything. */
function newest(workspace) {
  return application(
    workspace,
    versions.socketIo.at(-1),
    versions.socketIoAdapter.at(-1),
  );
}

module.exports = { application, newest };
