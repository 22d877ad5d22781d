const fs = require("node:fs");
const path = require("node:path");
const { Failure } = require("./failure.js");

const ROOT = path.join(__dirname, "..", "..", "..");
const README = path.join(ROOT, "README.md");
const OPERATIONS = path.join(ROOT, "docs", "operations.md");

/** The id that GitHub and npm give a heading. */
function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

/** The name in the first line of a block, or one that says how Node.js is to load it. */
function fileNameOf(language, code) {
  const [, name] = /^\/\/ (\S+\.m?[jt]s)\n/.exec(code) ?? [];
  const isModule = language === "js" && /^import /m.test(code);
  return name ?? (isModule ? "main.mjs" : `main.${language}`);
}

/** The blocks of JavaScript and TypeScript in a document: the anchor of the section, the name of the file, the code. */
function codeBlocks(document = README) {
  const parts = fs
    .readFileSync(document, "utf8")
    .matchAll(
      /^#+ (?<heading>[^\n]+)$|^```(?<language>\w*)\n(?<code>.*?)^```$/gms,
    );
  const blocks = [];
  let section;
  for (const { groups } of parts) {
    const { heading, language, code } = groups;
    if (heading) {
      section = anchorOf(heading);
    } else if (language === "js" || language === "ts") {
      blocks.push({ section, file: fileNameOf(language, code), code });
    }
  }
  return blocks;
}

/** Writes the files of one section of the README as they are, and returns their paths. */
function writeSection(section, folder) {
  const blocks = codeBlocks().filter((block) => block.section === section);
  if (blocks.length === 0) {
    throw new Failure(`the README has no code in #${section}`);
  }
  return writeBlocks(blocks, folder);
}

function writeBlocks(blocks, folder) {
  fs.mkdirSync(folder, { recursive: true });
  return blocks.map(({ file, code }) => {
    const target = path.join(folder, file);
    fs.writeFileSync(target, code);
    return target;
  });
}

module.exports = {
  anchorOf,
  codeBlocks,
  OPERATIONS,
  writeBlocks,
  writeSection,
};
