const COUNT = 8;

/** The name of the custom property with the colour of a worker; 0 is the primary. */
export function colorName(id) {
  return id === 0 ? "--c0" : `--c${((id - 1) % COUNT) + 1}`;
}

/** What a custom property of the style sheet says now: it depends on the colour scheme. */
export function valueOf(name) {
  return getComputedStyle(document.documentElement)
    .getPropertyValue(name)
    .trim();
}

export function onSchemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener(
    "change",
    callback,
  );
}
