import { resolve, sep } from "node:path";

const DIST = resolve(__dirname, "../../../dist");

/** Loads a module of the package again, with all that it requires there, as a second copy of the package would. */
export function freshCopy<Module>(name: string): Module {
  const cached = Object.entries(require.cache).filter(([path]) =>
    path.startsWith(DIST + sep),
  );
  cached.forEach(([path]) => delete require.cache[path]);
  try {
    return require(resolve(DIST, name)) as Module;
  } finally {
    for (const path of Object.keys(require.cache)) {
      if (path.startsWith(DIST + sep)) {
        delete require.cache[path];
      }
    }
    cached.forEach(([path, module]) => (require.cache[path] = module));
  }
}
