"use strict";

const fs = require("node:fs");
const path = require("node:path");

const DIRECTORY = path.join(__dirname, "..", "page");

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-cache",
};

const FILES = new Map([
  ["/", read("index.html", "text/html; charset=utf-8")],
  ["/style.css", read("style.css", "text/css; charset=utf-8")],
  ["/client.js", read("client.js", "text/javascript; charset=utf-8")],
  ["/icon.svg", read("icon.svg", "image/svg+xml")],
]);

function read(name, type) {
  return { type, content: fs.readFileSync(path.join(DIRECTORY, name)) };
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
