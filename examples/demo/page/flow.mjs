/**
 * Draws the packets that this tab receives on their way: from the worker that has sent them to the primary, and from there
 * to all workers. Those for a frozen worker wait in front of it.
 */
import { colorName, onSchemeChange, valueOf } from "./colors.mjs";
import { element } from "./dom.mjs";
import { placeOf, pointAt, routeTo } from "./routes.mjs";

const TRAVEL_MS = 500;
const MAX_DOTS = 600;
// packets that are sent together are one dot
const PAUSE_MS = 60;
// between dots that wait
const SPACING = 7;
const RADIUS = 2.5;

export class Flow {
  #stage = element("stage");
  #canvas = element("flow");
  #context = this.#canvas.getContext("2d");
  #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  #boxes;
  #routes = new Map();
  #colors = new Map();
  #dots = [];
  #shownAt = new Map();
  #isScheduled = false;

  /** @param boxes - the boxes of the workers by number */
  constructor(boxes) {
    this.#boxes = boxes;
    const redraw = () => {
      this.layOut();
      this.#requestFrame();
    };
    new ResizeObserver(redraw).observe(this.#stage);
    this.#reducedMotion.addEventListener("change", () => {
      this.#dots = [];
      redraw();
    });
    onSchemeChange(() => {
      this.#colors.clear();
      redraw();
    });
  }

  /** A packet has arrived. */
  show(from, isLarge = false) {
    const at = performance.now();
    if (
      this.#reducedMotion.matches ||
      document.hidden ||
      this.#dots.length > MAX_DOTS ||
      (!isLarge && at - this.#shownAt.get(from) < PAUSE_MS)
    ) {
      return;
    }
    this.#shownAt.set(from, at);
    const dot = { from, isLarge, at };
    if (from === 0) {
      this.#sendDown(dot);
    } else if (this.#routes.has(from)) {
      this.#dots.push({ ...dot, to: 0, route: from });
    }
    this.#requestFrame();
  }

  /** Finds the boxes again: they have come, gone or moved. */
  layOut() {
    const ratio = devicePixelRatio;
    const { clientWidth, clientHeight, offsetLeft } = this.#canvas;
    this.#canvas.width = Math.round(clientWidth * ratio);
    this.#canvas.height = Math.round(clientHeight * ratio);
    // the boxes have their places within the stage
    this.#context.setTransform(ratio, 0, 0, ratio, -offsetLeft * ratio, 0);
    const primary = placeOf(element("primary"));
    const places = [...this.#boxes].map(([id, box]) => [id, placeOf(box)]);
    const firstRow = Math.min(...places.map(([, { top }]) => top));
    const isColumn = new Set(places.map(([, { left }]) => left)).size === 1;
    this.#routes = new Map(
      places.map(([id, place]) => [
        id,
        {
          up: routeTo(place, primary, firstRow, isColumn, -1),
          down: routeTo(place, primary, firstRow, isColumn, 1),
        },
      ]),
    );
    this.#dots = this.#dots.filter(({ route }) => this.#routes.has(route));
    this.#requestFrame();
  }

  #sendDown(dot) {
    const at = performance.now();
    for (const route of this.#routes.keys()) {
      this.#dots.push({ ...dot, at, to: route, route });
    }
  }

  #requestFrame() {
    if (this.#isScheduled) {
      return;
    }
    this.#isScheduled = true;
    requestAnimationFrame((now) => {
      this.#isScheduled = false;
      this.#draw(now);
      if (this.#dots.length > 0) {
        this.#requestFrame();
      }
    });
  }

  #draw(now) {
    const context = this.#context;
    const { offsetLeft, clientWidth, clientHeight } = this.#canvas;
    context.clearRect(offsetLeft, 0, clientWidth, clientHeight);
    context.strokeStyle = valueOf("--line");
    context.lineWidth = 1;
    for (const { up, down } of this.#routes.values()) {
      for (const { points } of [up, down]) {
        context.beginPath();
        points.forEach(({ x, y }) => context.lineTo(x, y));
        context.stroke();
      }
    }
    const dots = this.#dots;
    const waiting = new Map();
    this.#dots = [];
    for (const dot of dots) {
      this.#move(dot, now, waiting);
    }
  }

  #move(dot, now, waiting) {
    const { up, down } = this.#routes.get(dot.route);
    const { points, length } = dot.to === 0 ? up : down;
    let way = ((now - dot.at) / TRAVEL_MS) * length;
    if (dot.to !== 0 && this.#isFrozen(dot.to)) {
      const ahead = waiting.get(dot.to) ?? 0;
      const end = length - RADIUS - ahead * SPACING;
      if (way >= end) {
        waiting.set(dot.to, ahead + 1);
        way = end;
        // when it goes on, it goes on from here
        dot.at = now - (way / length) * TRAVEL_MS;
        if (end < 0) {
          // the line is full: it is one of those that the number in the box counts
          return;
        }
      }
    }
    if (way >= length) {
      if (dot.to === 0) {
        this.#sendDown(dot);
      }
      return;
    }
    this.#dots.push(dot);
    const { x, y } = pointAt(
      dot.to === 0 ? [...points].reverse() : points,
      Math.max(0, way),
    );
    const context = this.#context;
    context.fillStyle = this.#colorOf(dot.from);
    context.beginPath();
    context.arc(x, y, dot.isLarge ? 2 * RADIUS : RADIUS, 0, 2 * Math.PI);
    context.fill();
  }

  #isFrozen(id) {
    return this.#boxes.get(id)?.dataset.state === "frozen";
  }

  #colorOf(id) {
    if (!this.#colors.has(id)) {
      this.#colors.set(id, valueOf(colorName(id)));
    }
    return this.#colors.get(id);
  }
}
