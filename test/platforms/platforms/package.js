const fs = require("node:fs");
const path = require("node:path");
const { run } = require("../support/command.js");
const { Failure } = require("../support/failure.js");
const { anchorOf } = require("../support/readme.js");
const { newest } = require("./application.js");
const { devDependencies } = require("../package.json");

const REQUIRED = [
  "LICENSE",
  "README.md",
  "dist/index.d.ts",
  "dist/index.js",
  "package.json",
];
const ALLOWED = [...REQUIRED, "CHANGELOG.md"];
const ROOT = path.join(__dirname, "..", "..", "..");
const INSTALLED = "node_modules/@socket.io/cluster-adapter";
const SOURCE_MAPPING_URL = /^\/\/# sourceMappingURL=(\S+)$/gm;
const COMPILED = /^dist\/.+\.(js|d\.ts)(\.map)?$/;

function checkFiles({ files }) {
  const missing = REQUIRED.filter((file) => !files.includes(file));
  const stray = files.filter(
    (file) => !ALLOWED.includes(file) && !COMPILED.test(file),
  );
  if (missing.length > 0 || stray.length > 0) {
    throw new Failure(
      `${missing.length} missing, ${stray.length} stray`,
      `missing: ${missing.join(" ") || "none"}\nstray: ${stray.join(" ") || "none"}\n`,
    );
  }
  return { checks: 1 };
}

/** What a shipped map, or the comment that names a map, points to: in the package, or in the map itself. */
async function checkMaps(workspace) {
  const { files } = await workspace.tarball();
  const folder = path.join(await newest(workspace), INSTALLED);
  const read = (file) => fs.readFileSync(path.join(folder, file), "utf8");
  const isShipped = (file, url) =>
    files.includes(path.posix.join(path.posix.dirname(file), url));

  const broken = files.flatMap((file) => {
    if (!file.endsWith(".map")) {
      return [...read(file).matchAll(SOURCE_MAPPING_URL)]
        .map(([, url]) => url)
        .filter((url) => !isShipped(file, url))
        .map((url) => `${file} -> ${url}`);
    }
    const { sources, sourceRoot, sourcesContent } = JSON.parse(read(file));
    // an editor looks for the sources of declarations, even if the map has them
    const hasOwn = !file.endsWith(".d.ts.map") && sourcesContent;
    return sources
      .filter((_, i) => typeof hasOwn?.[i] !== "string")
      .map((source) => path.posix.join(sourceRoot ?? "", source))
      .filter((source) => !isShipped(file, source))
      .map((source) => `${file} -> ${source}`);
  });
  if (broken.length > 0) {
    throw new Failure(
      `${broken.length} maps or sources are not shipped`,
      broken.join("\n"),
    );
  }
  return { checks: 1 };
}

/** Relative links of the README: npm looks for them where package.json says that the package is in its repository. */
async function checkLinks(workspace) {
  const folder = path.join(await newest(workspace), INSTALLED);
  const read = (file) => fs.readFileSync(path.join(folder, file), "utf8");
  const { homepage, repository } = JSON.parse(read("package.json"));
  const url = repository.url.replace(/^git\+|\.git$/g, "");
  const tree = `${url}/tree/main/${repository.directory}`;
  if (homepage !== `${tree}#readme`) {
    throw new Failure("package.json", `homepage: ${homepage}\nnpm: ${tree}\n`);
  }

  const readme = proseOf(read("README.md"));
  const broken = [...readme.matchAll(/\]\((?!https:)([^)]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => {
      const [file, anchor] = link.split("#");
      const target = path.join(ROOT, file || "README.md");
      return (
        /^(\.\.)?\//.test(file) ||
        !fs.existsSync(target) ||
        (anchor !== undefined && !anchorsOf(target).has(anchor))
      );
    });
  if (broken.length > 0) {
    throw new Failure(`${broken.length} broken links`, broken.join("\n"));
  }
  return { checks: 1 };
}

function anchorsOf(file) {
  const prose = proseOf(fs.readFileSync(file, "utf8"));
  return new Set(
    [...prose.matchAll(/^#+ (.+)$/gm)].map(([, text]) => anchorOf(text)),
  );
}

function proseOf(markdown) {
  return markdown.replace(/^```.*?^```$/gms, "");
}

async function checkWithPublint(tarball) {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { buffer, byteOffset, byteLength } = fs.readFileSync(tarball.file);
  const { messages, pkg } = await publint({
    strict: true,
    pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) },
  });
  if (messages.length > 0) {
    throw new Failure(
      `publint has ${messages.length} messages`,
      messages
        .map((message) => formatMessage(message, pkg, { color: false }))
        .join("\n"),
    );
  }
  return { checks: 1 };
}

/** The library has one form, CommonJS, which every resolution is to find. */
async function checkWithAttw(attwFolder, tarball) {
  const result = await run(
    process.execPath,
    [path.join(attwFolder, "dist", "index.js"), tarball.file, "--no-color"],
    { cwd: path.dirname(tarball.file), timeout: 60_000 },
  );
  if (!result.ok) {
    throw new Failure("are the types wrong?", result.output);
  }
  return { checks: 1 };
}

module.exports = [
  {
    name: "package-files",
    title: "the files of the package",
    run: async (workspace) => checkFiles(await workspace.tarball()),
  },
  {
    name: "package-maps",
    title: "the source maps of the package",
    run: checkMaps,
  },
  {
    name: "package-links",
    title: "the links of the README",
    run: checkLinks,
  },
  {
    name: "package-publint",
    title: `publint ${devDependencies.publint}`,
    run: async (workspace) => {
      await workspace.tool("publint");
      return checkWithPublint(await workspace.tarball());
    },
  },
  {
    name: "package-types",
    title: `@arethetypeswrong/cli ${devDependencies["@arethetypeswrong/cli"]}`,
    run: async (workspace) =>
      checkWithAttw(
        await workspace.tool("@arethetypeswrong/cli"),
        await workspace.tarball(),
      ),
  },
];
