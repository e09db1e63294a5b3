// The search for tasks, and the dead letters: the same list with other changes.
import {ask_text, confirm, h, replace, table} from "./dom.js";
import {get, post, segment} from "./api.js";
import {fault} from "./fault.js";
import {age, count, duration, first_line, time} from "./format.js";

const STATES = ["", "scheduled", "ready", "running", "succeeded", "failed", "cancelled", "expired"];
const UNFINISHED = ["", "scheduled", "ready", "running"];
const MOVABLE = [...UNFINISHED, "failed"];
const PAGE = 50;  // rows
const FILTERS = [["queue", "Queue"], ["task", "Task"], ["id", "Id begins with"], ["error", "Error contains"], ["argument", "Argument contains"],
  ["since", "Submitted since (10m, or a time)"], ["until", "Submitted until"]];

const RESULT = {title: "Result", short: true, value: (row) => !row.finished_at_ms ? "–" : row.history ? "no longer kept" : "kept"};

const COLUMNS = [
  {title: "Id", short: true, value: (row) => h("a", {href: `/tasks/${segment(row.id)}`}, row.id.slice(0, 23))},
  {title: "State", value: (row) => h("span", {class: row.state}, row.state)},
  {title: "Queue", value: (row) => row.queue},
  {title: "Task", value: (row) => row.command ? `${row.name}: ${first_line(row.command)}` : row.name},
  {title: "Attempt", number: true, value: (row) => count(row.attempt)},
  {title: "Submitted", short: true, value: (row) => h("span", {title: time(row.submitted_at_ms)}, `${age(row.submitted_at_ms)} ago`)},
  {title: "Ran", number: true, value: (row) => row.finished_at_ms && row.started_at_ms ?
    duration(row.finished_at_ms - row.started_at_ms) : row.state === "running" ? age(row.started_at_ms) : "–"},
  {title: "Error", value: (row) => row.error ? `${row.error.type ?? row.error.code}: ${first_line(row.error.message) ?? ""}` : "–"},
];

function form(query, with_state, go, path) {
  const submit = (event) => {
    event.preventDefault();
    const chosen = [...new FormData(event.target)].filter(([, value]) => value !== "");
    go(`${path}?${new URLSearchParams(chosen)}`);
  };
  const state = h("label", {}, "State", h("select", {name: "state"}, STATES.map((name) =>
    h("option", {value: name, selected: name === (query.get("state") ?? "")}, name || "any"))));
  const history = h("label", {}, "Finished tasks", h("select", {name: "finished"},
    [["", "whose results are kept"], ["true", "all, from the history"]].map(([value, title]) =>
      h("option", {value, selected: value === (query.get("finished") ?? "")}, title))));
  return h("form", {class: "row", onsubmit: submit}, with_state ? [state, history] : null,
    FILTERS.map(([name, title]) => h("label", {}, title, h("input", {name, value: query.get(name) ?? ""}))),
    h("button", {}, "Search"));
}

// Waits until the broker has changed all tasks, and says how far it has come.
async function follow(id, verb, say) {
  for (;;) {
    const {state, matched, changed, skipped} = await get(`/changes/${segment(id)}`);
    const left_out = Object.entries(skipped ?? {}).map(([reason, number]) => `${count(number)} ${reason}`).join(", ");
    say(h("p", {role: "status"}, `${verb}: ${count(changed)} of ${count(matched)} tasks${left_out && `; skipped: ${left_out}`}`));
    if (state === "done") return;
    await new Promise((resolve) => { setTimeout(resolve, 1000); });
  }
}

// Carries out a change of all tasks that match. `more`: further values of the request, or a function that asks for them.
async function change_all(path, filter, verb, say, more = () => ({})) {
  try {
    const values = await more();
    if (values === null) return false;
    const {matched} = await post(path, {filter, dry_run: true, ...values});
    if (matched === 0) return say(h("p", {role: "status"}, "No task matches."));
    if (!await confirm(`${verb} ${matched} tasks: all that match the search, not only those of this page?`, verb, `${matched}`)) return false;
    const {id} = await post(path, {filter, confirm: matched, ...values});
    await follow(id, verb, say);
    return true;
  } catch (error) {
    say(fault(error));
  }
  return false;
}

async function ask_queue() {
  const queue = await ask_text("Into which queue?", "Go on", "Queue");
  return queue === null ? null : {queue};
}

async function ask_priority() {
  const priority = await ask_text("Which priority, from -100 to 100?", "Go on", "Priority");
  return priority === null ? null : {priority: Number(priority)};
}

// Dead letters are always failed tasks: what changes them takes no state.
function conditions_for(path, filter) {
  return path.startsWith("/dead/") ? Object.fromEntries(Object.entries(filter).filter(([name]) => name !== "state")) : filter;
}

// Returns the text that is shown while few tasks match. `reached`: the time of the last task that the broker has looked at, or null.
function searching(reached) {
  return reached ? `Searching older tasks, back to ${time(reached)} so far… ` : "Searching older tasks… ";
}

function list({place, session, query, go}, {path, with_state, empty, changes}) {
  const answer = h("div", {});
  const rows_place = h("div", {});
  const more_place = h("div", {class: "row"});
  const filter = Object.fromEntries([...query].filter(([name, value]) => value !== "" && (with_state || !["state", "finished"].includes(name))));
  const say = (content) => replace(answer, content);
  let rows = [];
  let search = 0;  // the number of the present one; another one ends it
  let has_failed = false;  // the answer is the error of a search

  // Adds a page of rows. The broker looks at a bounded number of tasks for each question: few that match take several.
  const load = async (cursor) => {
    search += 1;
    const own = search;
    const from = cursor === undefined ? [] : rows;
    let found = from;
    let next = cursor;
    try {
      do {
        const asked = new URLSearchParams({...filter, limit: String(PAGE), ...(next === undefined ? {} : {cursor: next})});
        const page = await get(`${path}?${asked}`);
        if (own !== search) return;
        if (has_failed) say(null);
        has_failed = false;
        found = [...found, ...page.tasks];
        next = page.next;
        rows = found;
        const more = () => load(next);
        const stop = () => {
          search += 1;
          replace(more_place, h("button", {onclick: more}, "More"));
        };
        const is_over = next === null || found.length >= from.length + PAGE;
        replace(rows_place, table(filter.finished === "true" ? [...COLUMNS, RESULT] : COLUMNS, rows, is_over ? empty : "None so far."));
        replace(more_place, next === null ? null : is_over ? h("button", {onclick: more}, "More") :
          [h("span", {role: "status"}, searching(page.reached_at_ms)), h("button", {onclick: stop}, "Stop")]);
        if (is_over) return;
      } while (own === search);
    } catch (error) {
      if (own !== search) return;
      has_failed = true;
      say(fault(error));
      replace(more_place, h("button", {onclick: () => load(next)}, "Try again"));
    }
  };
  const button = ([verb, to, allowed, values]) => allowed(filter) && filter.finished !== "true" ? h("button", {class: "danger", onclick: async () => {
    if (await change_all(to, conditions_for(to, filter), verb, say, values)) load();
  }}, `${verb} all that match…`) : null;

  replace(place, form(query, with_state, go, location.pathname),
    h("div", {class: "row"}, h("button", {onclick: () => load()}, "Refresh"), session.read_only ? null : changes.map(button)),
    answer, rows_place, more_place);
  load();
  return () => { search += 1; };
}

export function tasks(page) {
  return list(page, {path: "/tasks", with_state: true, empty: "No task matches.",
    changes: [["Cancel", "/tasks/cancel", ({state}) => UNFINISHED.includes(state ?? "")],
      ["Move", "/tasks/move", ({state}) => MOVABLE.includes(state ?? ""), ask_queue],
      ["Reprioritise", "/tasks/reprioritise", ({state}) => MOVABLE.includes(state ?? ""), ask_priority],
      ["Retry", "/dead/retry", ({state}) => state === "failed"], ["Drop", "/dead/drop", ({state}) => state === "failed"]]});
}

export function dead_letters(page) {
  return list(page, {path: "/dead", with_state: false, empty: "No dead letter matches.",
    changes: [["Retry", "/dead/retry", () => true], ["Drop", "/dead/drop", () => true]]});
}
