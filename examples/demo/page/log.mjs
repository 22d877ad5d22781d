/**
 * The messages of all tabs, and what happens in the cluster, in the order in which it arrives.
 */
import { colorName } from "./colors.mjs";
import { element, instantiate, part } from "./dom.mjs";

const MAX_ENTRIES = 200;

export class Log {
  #scroller = element("log");
  #list = element("messages");

  addMessage({ text, from, route, crossed }) {
    const entry = instantiate("message-template");
    entry.classList.toggle("crossed", crossed);
    entry.style.setProperty("--color", `var(${colorName(from)})`);
    // textContent, never innerHTML: what others write is text
    part(entry, "text").textContent = text;
    part(entry, "route").textContent = route;
    part(entry, "crossed").hidden = !crossed;
    this.#add(entry);
  }

  addNote(text, kind = "event") {
    const note = document.createElement("li");
    note.className = `note ${kind}`;
    note.textContent = text;
    this.#add(note);
  }

  #add(entry) {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const wasAtEnd = scrollHeight - scrollTop - clientHeight < 8;
    element("empty").hidden = true;
    this.#list.append(entry);
    if (this.#list.children.length > MAX_ENTRIES) {
      this.#list.firstElementChild.remove();
    }
    // whoever reads an older entry is not interrupted
    if (wasAtEnd) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
  }
}
