/** The presenter's panel: where the class is, the call that brings it back, and the way in, large enough for a projector. */
import { call } from "../api.js";
import { findNamed, make, on, setText } from "../dom.js";
import { createLead, forgetOthers, isShown, project, setShown } from "../lead.js";
import { up } from "../up.js";
import { ngettext, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { ClassPlace, ClassStatus, RunStatus } from "../wire.d.ts"
 */

/** Milliseconds between two questions while the panel is open. */
const PAUSE = 2000;

/** @type {CreateView} */
export const create = (root, actions) => {
  const { box, back, places, said, way } = findNamed(root, {
    box: "input#class-leads",
    back: "button#class-back",
    places: "ul#class-places",
    said: "#class-said",
    way: "#class-way",
  });
  const { dialog, code, picture, address, close, letters } = findNamed(document, {
    letters: "input#keys-on",
    dialog: "dialog#class-code",
    code: "button#class-code-open",
    picture: "#class-code>img",
    address: "#class-address",
    close: "#class-code>button",
  });
  const lead = createLead(actions);
  forgetOthers(document.body.dataset.run ?? "");
  let timer = 0;
  /** @type {RunStatus | null} */
  let run = null;
  code.disabled = false;

  on(box, "change", () => {
    if (run) setShown(run, box.checked);
    actions.wake();
  });
  on(back, "click", async () => {
    try {
      await call("api/class/call", "POST");
      setText(said, say("All were called back to what you show."));
    } catch (error) {
      setText(said, /** @type {Error} */ (error).message);
    }
  });
  on(root, "toggle", () => {
    setText(said, "");
    if (root.matches(":popover-open")) look();
  });
  on(code, "click", open);
  on(window, "keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
    const free = target === document.body && !ctrlKey && !metaKey && !altKey && letters.checked;
    if (free && key === "q") open();
  });

  /** Shows the way in, so large that everybody in the room can read it. */
  async function open() {
    try {
      const { link, typed } = await ask();
      picture.setAttribute("alt", say("QR code of {address}", { address: link }));
      picture.setAttribute("src", `${up}api/class/code?${encodeURIComponent(typed)}`);
      setText(address, typed);
      dialog.showModal();
    } catch (error) {
      actions.complain(/** @type {Error} */ (error));
      actions.wake();
    }
  }
  on(close, "click", () => dialog.close());

  /** @returns {Promise<ClassStatus>} */
  const ask = () => call("api/class");

  /** Asks where the class is, again and again while the panel is open. */
  async function look() {
    clearTimeout(timer);
    try {
      const found = await ask();
      setText(way, found.typed);
      write(found);
    } catch (error) {
      setText(said, /** @type {Error} */ (error).message);
    }
    clearTimeout(timer);
    if (root.matches(":popover-open")) timer = setTimeout(look, PAUSE);
  }

  let written = "";

  /** @param {ClassStatus} found */
  function write(found) {
    const text = JSON.stringify(found.places);
    if (text === written) return; // whoever reads or presses something is not disturbed
    written = text;
    const lines = found.places.map(line);
    places.replaceChildren(...(lines.length ? lines : [make("li", "note", say("Nobody of the class is here yet."))]));
  }

  if (root.matches(":popover-open")) look();
  return {
    update(state) {
      ({ run } = state);
      if (!run) return;
      const isOn = isShown(run);
      if (box.checked !== isOn) box.checked = isOn;
      lead.update(state, isOn);
    },
  };
};

/** @param {ClassPlace} place */
function line({ run, name, people, number }) {
  const item = make("li", "class-place");
  const words = make("p");
  const others = number - people.length;
  const names = [...people, ...(others ? [say("{n} more", { n: others })] : [])].join(", ");
  words.append(
    make("strong", "", name),
    " ",
    make("span", "class-number", ngettext("One person", "{n} people", number)),
  );
  const show = make("a", "button button-small", say("Show on the projector"));
  show.href = run === "main" ? up || "./" : `${up}runs/${run}`;
  on(show, "click", () => project(run));
  item.append(words, show, make("p", "note", names));
  return item;
}
