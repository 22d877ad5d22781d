/** The runtimes on which applications run, and what they install next to the package. */
module.exports = {
  // the floor of `engines`, then the last of each even major; the odd ones have no long-term support
  node: [
    "14.18.0",
    "14.21.3",
    "16.20.2",
    "18.20.8",
    "20.20.2",
    "22.23.3",
    "24.21.0",
    "26.10.0",
  ],
  bun: "1.4.5",
  // the oldest and the newest that the peer range admits; they stay in order
  socketIo: ["4.6.0", "4.8.4"],
  socketIoAdapter: ["2.5.5", "2.5.8"],
  socketIoClient: "4.8.3",
  sticky: "2.0.1",
  recluster: "1.0.0",
  promClient: "15.1.3",
  // the ends of the names that the compilers have in package.json
  typescript: ["5.0", "5.4", "5.9", "6.0", "7.0"],
  typesNode: "20.19.43",
  nest: {
    "@nestjs/common": "12.5.1",
    "@nestjs/core": "12.5.1",
    "@nestjs/platform-express": "12.5.1",
    "@nestjs/platform-socket.io": "12.1.1",
    "@nestjs/websockets": "12.1.1",
    "reflect-metadata": "0.2.2",
    rxjs: "7.8.2",
  },
};
