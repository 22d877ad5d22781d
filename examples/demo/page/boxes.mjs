/**
 * The boxes of the workers: who they are, the tabs that each one serves, and the buttons.
 */
import { colorName } from "./colors.mjs";
import { element, instantiate, part, setText } from "./dom.mjs";

const MAX_DOTS = 16;

export class Boxes {
  #list = element("workers");
  #boxes = new Map();
  #command;

  /** @param command - sends a command: `{ verb, worker }` */
  constructor(command) {
    this.#command = command;
  }

  /** Shows the workers; `self` is the number of the one that serves this tab. */
  show(workers, self) {
    const focus = this.#focus();
    const ids = new Set(workers.map(({ id }) => id));
    for (const [id, box] of this.#boxes) {
      if (!ids.has(id)) {
        box.remove();
        this.#boxes.delete(id);
      }
    }
    workers.forEach((worker, index) => {
      const box = this.#boxes.get(worker.id) ?? this.#add(worker);
      // moving a box would take the focus from its buttons
      if (this.#list.children[index] !== box) {
        this.#list.insertBefore(box, this.#list.children[index] ?? null);
      }
      fill(box, worker, worker.id === self);
    });
    this.#restore(focus);
  }

  /** Shows what has passed and what waits. */
  showSample({ workers }) {
    for (const { id, rate, backlog } of workers) {
      const box = this.#boxes.get(id);
      if (box) {
        setText(part(box, "rate"), `${rate}/s`);
        setText(part(box, "backlog"), String(backlog.messages));
        part(box, "backlog").classList.toggle("many", backlog.messages > 0);
      }
    }
  }

  /** The boxes by number, for whoever draws what goes to them. */
  get all() {
    return this.#boxes;
  }

  #add({ id, pid }) {
    const box = instantiate("worker-template");
    box.style.setProperty("--color", `var(${colorName(id)})`);
    part(box, "name").textContent = `Worker ${id}`;
    part(box, "pid").textContent = `pid ${pid}`;
    for (const [verb, label] of [
      ["freeze", `Freeze worker ${id}`],
      ["kill", `kill -9 worker ${id}`],
    ]) {
      const button = part(box, verb);
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () =>
        this.#command({ verb, worker: id }),
      );
    }
    this.#boxes.set(id, box);
    return box;
  }

  /** Which button has the focus. */
  #focus() {
    const { activeElement } = document;
    const box = activeElement?.closest("#workers > li");
    return box
      ? {
          button: activeElement,
          verb: activeElement.dataset.verb,
          index: [...this.#list.children].indexOf(box),
        }
      : undefined;
  }

  /** Whoever has killed a worker with the keyboard has the same button of its replacement next. */
  #restore(focus) {
    if (focus && document.activeElement !== focus.button) {
      const { children } = this.#list;
      const box = children[Math.min(focus.index, children.length - 1)];
      const button = focus.button.isConnected
        ? focus.button
        : box && part(box, focus.verb);
      button?.focus({ preventScroll: true });
    }
  }
}

function fill(box, { state, tabs }, isHere) {
  box.dataset.state = state;
  box.classList.toggle("here", isHere);
  setText(part(box, "state-name"), state);
  setText(part(box, "tabs"), tabs === 1 ? "1 tab" : `${tabs} tabs`);
  part(box, "here").hidden = !isHere;
  const sockets = part(box, "sockets");
  const dots = Math.min(tabs, MAX_DOTS);
  while (sockets.children.length > dots) {
    sockets.lastElementChild.remove();
  }
  while (sockets.children.length < dots) {
    sockets.append(document.createElement("i"));
  }
  sockets.firstElementChild?.classList.toggle("own", isHere);
}
