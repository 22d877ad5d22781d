"use strict";

const fs = require("node:fs");
const path = require("node:path");

const DIRECTORY = path.join(__dirname, "..", "page");

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
};

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const FILES = new Map([
  ...fs
    .readdirSync(DIRECTORY)
    .map((name) => [`/${name}`, read(path.join(DIRECTORY, name))]),
  ["/", read(path.join(DIRECTORY, "index.html"))],
  ["/uplot.js", read(require.resolve("uplot/dist/uPlot.esm.js"))],
  ["/uplot.css", read(require.resolve("uplot/dist/uPlot.min.css"))],
]);

function read(file) {
  return { type: TYPES[path.extname(file)], content: fs.readFileSync(file) };
}

function servePage(req, res) {
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.writeHead(405, { Allow: "GET, HEAD" }).end();
    return;
  }
  const [pathname] = req.url.split("?");
  const file = FILES.get(pathname);
  if (!file) {
    res.writeHead(404).end();
    return;
  }
  res.writeHead(200, {
    ...HEADERS,
    "Content-Type": file.type,
    "Content-Length": file.content.length,
  });
  res.end(req.method === "HEAD" ? undefined : file.content);
}

module.exports = { servePage };
