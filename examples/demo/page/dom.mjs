export const element = (id) => document.getElementById(id);

/** A copy of the only element in a template. */
export function instantiate(templateId) {
  return element(templateId).content.firstElementChild.cloneNode(true);
}

/** The element in a copy that has the attribute `data-<name>`. */
export function part(node, name) {
  return node.querySelector(`[data-${name}]`);
}

/** Writes only what is new: what a screen reader or the pointer is on stays as it is. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
