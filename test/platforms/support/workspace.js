const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { createHash } = require("node:crypto");
const { npm, install } = require("./npm.js");

const PLATFORMS = path.join(__dirname, "..");
const ROOT = path.join(PLATFORMS, "..", "..");
const FIXTURES = path.join(PLATFORMS, "fixtures");
const MODULES = path.join(PLATFORMS, "node_modules");

/** The temporary folder of one run: the tarball under test and the applications that install it. */
class Workspace {
  #spec;
  #tarball;
  #tools;
  #atEnd = [];
  #applications = new Map();

  /** @param {string} [spec] what to test in place of this repository: a tarball, or a version in the registry */
  constructor(spec) {
    this.#spec = spec;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), "platforms-"));
  }

  /** Ends, at once, what outlives the command that started it. */
  atEnd(callback) {
    this.#atEnd.push(callback);
  }

  remove() {
    this.#atEnd.forEach((callback) => callback());
    fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What `npm pack` makes: the path of the tarball and the paths in it. */
  tarball() {
    return (this.#tarball ??= this.#pack());
  }

  async #pack() {
    if (!this.#spec && !fs.existsSync(path.join(ROOT, "dist", "index.js"))) {
      throw new Error("there is no dist/index.js: run `npm run build` first");
    }
    // a spec is passed as it is: npm tells a path from a version by its form
    const spec = this.#spec ?? ROOT;
    const [packed] = Object.values(
      JSON.parse(
        await npm(
          process.cwd(),
          "pack",
          spec,
          "--json",
          `--pack-destination=${this.folder}`,
        ),
      ),
    );
    return {
      file: path.join(this.folder, path.basename(packed.filename)),
      files: packed.files.map((file) => file.path),
    };
  }

  /** An application with the tarball and these packages installed by npm, made once per name. */
  application(name, packages) {
    if (!this.#applications.has(name)) {
      this.#applications.set(name, this.#install(name, packages));
    }
    return this.#applications.get(name);
  }

  async #install(name, packages) {
    const folder = path.join(this.folder, name);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "package.json"), '{"private":true}');
    const { file } = await this.tarball();
    await install(folder, [
      file,
      ...Object.entries(packages).map(
        ([name, version]) => `${name}@${version}`,
      ),
    ]);
    fs.cpSync(FIXTURES, folder, { recursive: true });
    return folder;
  }

  /** The folder of a tool that package.json names; installs them all if the lock file has changed. */
  async tool(name) {
    await (this.#tools ??= this.#installTools());
    return path.join(MODULES, name);
  }

  async #installTools() {
    const lock = fs.readFileSync(path.join(PLATFORMS, "package-lock.json"));
    const digest = createHash("sha256").update(lock).digest("hex");
    const stamp = path.join(MODULES, ".installed-lock");
    if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== digest) {
      await npm(PLATFORMS, "ci", "--prefer-offline");
      fs.writeFileSync(stamp, digest);
    }
  }
}

module.exports = { Workspace };
