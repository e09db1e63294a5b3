// Elements, made of tags, attributes and children. Texts become text nodes: what others have written is never markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined).map(visible));
  return element;
}

// Shows characters that change the direction of text, or that are not visible, as escapes.
function visible(child) {
  if (child instanceof Node) return child;
  return String(child).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Returns what tells an element from others of its kind, also when a later answer has made it again.
function name_of(element) {
  const name = ["aria-label", "href", "name"].map((attribute) => element.getAttribute(attribute)).find((value) => value !== null);
  return `${element.tagName} ${name ?? element.textContent}`;
}

// The places to which the parts of an element are scrolled.
function scrolled_parts(element) {
  return [...element.querySelectorAll(".scroll, pre")];
}

// Replaces what an element has. Lists are made again with each answer: the focus stays on what is the same in the new
// one, and so do the places to which tables and texts were scrolled.
export function replace(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement : element;
  const places = scrolled_parts(element).map((part) => [part.scrollLeft, part.scrollTop]);
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  const parts = scrolled_parts(element);
  if (parts.length === places.length) parts.forEach((part, i) => { [part.scrollLeft, part.scrollTop] = places[i]; });
  if (focused === element || document.activeElement === focused) return;
  const name = name_of(focused);
  const same = focused.isConnected ? focused :
    [...element.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].find((one) => name_of(one) === name);
  same?.focus({preventScroll: true});
}

// A table. columns: [{title, number, value(row)}]
export function table(columns, rows, empty) {
  if (rows.length === 0) return h("p", {class: "faint"}, empty);
  const kind = (column) => column.number ? "number" : column.short ? "short" : undefined;
  return h("div", {class: "scroll", tabindex: 0, role: "region", "aria-label": "Table"}, h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", {scope: "col", class: kind(column)}, column.title)))),
    h("tbody", {}, rows.map((row) =>
      h("tr", {}, columns.map((column) => h("td", {class: kind(column)}, column.value(row) ?? "–")))))));
}

export function fields(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", {}, known.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

// Asks for confirmation; with `word`, it must be typed. Resolves to true or false.
export function confirm(question, action, word) {
  return new Promise((resolve) => {
    const input = word === undefined ? null : h("input", {"aria-label": `Type ${word}`, autocomplete: "off"});
    const go = h("button", {class: "danger", value: "yes", disabled: input !== null}, action);
    input?.addEventListener("input", () => { go.disabled = input.value !== word; });
    const dialog = h("dialog", {}, h("form", {method: "dialog"}, h("p", {}, question),
      input === null ? null : h("p", {}, "Type ", h("code", {}, word), " to confirm: ", input),
      h("div", {class: "row"}, go, h("button", {value: "", formnovalidate: true}, "Leave it"))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Asks for a text. Resolves to it, or to null if it is empty or the dialog was left.
export function ask_text(question, action, title) {
  return new Promise((resolve) => {
    const input = h("input", {"aria-label": title, autocomplete: "off"});
    const dialog = h("dialog", {}, h("form", {method: "dialog"}, h("p", {}, question), h("p", {}, input),
      h("div", {class: "row"}, h("button", {value: "yes"}, action),
        h("button", {value: "", formnovalidate: true}, "Leave it"))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" && input.value !== "" ? input.value : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Asks for a JSON array, which begins as `value`. Resolves to null if it is left as it was, or not wanted.
export function ask_array(question, action, title, value) {
  return new Promise((resolve) => {
    const begin = JSON.stringify(value, null, 2);
    const input = h("textarea", {"aria-label": title, rows: 12, spellcheck: "false"}, begin);
    const wrong = h("p", {role: "alert", class: "failed", hidden: true}, "This is no JSON array.");
    const go = h("button", {class: "danger", value: "yes", disabled: true}, action);
    const read = () => {
      try {
        const found = JSON.parse(input.value);
        return Array.isArray(found) ? found : null;
      } catch {
        return null;
      }
    };
    input.addEventListener("input", () => {
      wrong.hidden = read() !== null;
      go.disabled = !wrong.hidden || input.value === begin;
    });
    const dialog = h("dialog", {}, h("form", {method: "dialog"}, h("p", {}, question), input, wrong,
      h("div", {class: "row"}, go, h("button", {value: "", formnovalidate: true}, "Leave it"))));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? read() : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// Asks for whole numbers. inputs: [{name, title, value}]. Resolves to {name: number} of those that were changed and are
// not empty, or to null.
export function ask_numbers(question, action, inputs) {
  return new Promise((resolve) => {
    const shown = inputs.map(({title, value}) =>
      h("input", {type: "number", min: 1, step: 1, "aria-label": title, value: value > 0 ? value : undefined}));
    const dialog = h("dialog", {}, h("form", {method: "dialog"}, h("p", {}, question),
      inputs.map(({title}, i) => h("p", {}, h("label", {}, title, " ", shown[i]))),
      h("div", {class: "row"}, h("button", {class: "danger", value: "yes"}, action),
        h("button", {value: "", formnovalidate: true}, "Leave it"))));
    dialog.addEventListener("close", () => {
      const changed = inputs.map(({name, value}, i) => [name, Number(shown[i].value), value])
        .filter(([, number, before]) => number > 0 && number !== before);
      resolve(dialog.returnValue === "yes" ? Object.fromEntries(changed) : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
