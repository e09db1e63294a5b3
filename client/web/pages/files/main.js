// The router: shows the page of the address, follows links without loading, and knows the keys.
import {h, replace} from "./dom.js";
import {get_session, login} from "./api.js";
import {fault} from "./fault.js";
import {overview} from "./overview.js";
import {queues} from "./queues.js";
import {tasks, dead_letters} from "./tasks.js";
import {task} from "./task.js";
import {errors} from "./errors.js";
import {workers} from "./workers.js";
import {object, objects} from "./objects.js";
import {audit} from "./audit.js";

const PAGES = [
  [/^\/$/, "Overview", overview],
  [/^\/queues$/, "Queues", queues],
  [/^\/tasks$/, "Tasks", tasks],
  [/^\/tasks\/([^/]+)$/, "Task", task],
  [/^\/dead$/, "Dead letters", dead_letters],
  [/^\/errors$/, "Errors", errors],
  [/^\/workers$/, "Workers", workers],
  [/^\/objects$/, "Locks and queues", objects],
  [/^\/objects\/([^/]+)$/, "Named object", object],
  [/^\/audit$/, "Audit", audit],
];
const KEYS = {o: "/", q: "/queues", t: "/tasks", d: "/dead", e: "/errors", w: "/workers", l: "/objects", a: "/audit"};

const page = document.getElementById("page");
let leave = null;  // ends what the page that is shown has started

function go(address) {
  history.pushState(null, "", address);
  show();
  page.focus();
}

async function show() {
  leave?.();
  leave = null;
  const address = location.pathname + location.search;
  for (const link of document.querySelectorAll("nav a")) {
    const is_here = link.pathname === location.pathname;
    if (is_here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const [pattern, title, make] = PAGES.find(([path]) => path.test(location.pathname)) ?? [/^/, "Not found", missing];
  document.title = `${title} · forkmill`;
  const place = h("div", {});
  replace(page, h("h1", {}, title), place);
  try {
    const session = await get_session();
    if (location.pathname + location.search !== address) return;  // another page was opened meanwhile
    const found = location.pathname.match(pattern);
    leave = make({place, session, go, argument: found?.[1] && decodeURIComponent(found[1]),
      query: new URLSearchParams(location.search)}) ?? null;
  } catch (error) {
    replace(place, error.status === 401 ? login_form() : fault(error));
  }
}

function missing({place}) {
  replace(place, h("p", {}, "There is no such page."));
}

function login_form() {
  const input = h("input", {type: "password", name: "token", "aria-label": "Token", autocomplete: "current-password"});
  const answer = h("p", {class: "error", role: "alert"});
  const submit = async (event) => {
    event.preventDefault();
    try {
      await login(input.value);
      show();
    } catch (error) {
      replace(answer, error.message);
    }
  };
  return h("form", {onsubmit: submit}, h("p", {}, "This gateway needs a token of its token file."),
    h("div", {class: "row"}, input, h("button", {}, "Log in")), answer);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a");
  const is_plain = !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
  if (!link || !is_plain || link.origin !== location.origin || link.hash || link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(link.pathname + link.search);
});

document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = new FormData(event.target).get("id").trim();
  go(id.length >= 8 ? `/tasks/${encodeURIComponent(id)}` : `/tasks?id=${encodeURIComponent(id)}`);
});

let after_g = false;
document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("input, select, textarea") || document.querySelector("dialog[open]")) return;
  if (event.key === "k" && (event.metaKey || event.ctrlKey) || event.key === "/") {
    event.preventDefault();
    document.querySelector("#find input").focus();
    return;
  }
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  if (after_g && KEYS[event.key]) go(KEYS[event.key]);
  after_g = event.key === "g";
});

addEventListener("popstate", show);
show();
