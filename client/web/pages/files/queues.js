// The queues, and what may be done with one.
import {ask_numbers, ask_text, confirm, h, replace, table} from "./dom.js";
import {post, segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {bytes, count, duration} from "./format.js";

async function purge(name, say) {
  const path = `/queues/${segment(name)}/purge`;
  try {
    const {matched} = await post(path, {dry_run: true});
    if (!await confirm(`Cancel ${count(matched)} tasks of queue ${name} that have not started?`, "Purge", name)) return;
    const done = await post(path, {confirm: name});
    say(h("p", {role: "status"}, `${count(done.cancelled ?? 0)} tasks of ${name} cancelled`, done.more ? "; the broker goes on" : ""));
  } catch (error) {
    say(fault(error));
  }
}

async function pause(row, say) {
  const {name, paused} = row;
  try {
    if (!paused && !await confirm(`Start no further tasks of queue ${name}? Those that run go on.`, "Pause")) return;
    await post(`/queues/${segment(name)}/${paused ? "resume" : "pause"}`);
    say(h("p", {role: "status"}, `queue ${name} is ${paused ? "resumed" : "paused"}`));
  } catch (error) {
    say(fault(error));
  }
}

async function limit(row, say) {
  const {name} = row;
  try {
    const limits = await ask_numbers(`Limits of queue ${name}, until they are reset`, "Set", [
      {name: "max_tasks", title: "Most tasks", value: row.max_tasks},
      {name: "max_bytes", title: "Most bytes", value: row.max_bytes},
      {name: "max_running", title: "Most running", value: row.max_running},
    ]);
    if (limits === null || Object.keys(limits).length === 0) return;
    await post(`/queues/${segment(name)}/limits`, limits);
    say(h("p", {role: "status"}, `limits of queue ${name} are set`));
  } catch (error) {
    say(fault(error));
  }
}

async function reset(name, say) {
  try {
    if (!await confirm(`Reset the limits of queue ${name} to those of the broker's start?`, "Reset")) return;
    await post(`/queues/${segment(name)}/limits`, {reset: true});
    say(h("p", {role: "status"}, `limits of queue ${name} are reset`));
  } catch (error) {
    say(fault(error));
  }
}

function actions(row, say) {
  const button = (word, what, act) => h("button", {"aria-label": `${word} ${row.name}`, onclick: act}, what);
  return h("span", {class: "row"},
    row.paused ? button("Resume", "Resume", () => pause(row, say)) : button("Pause", "Pause…", () => pause(row, say)),
    button("Limit", "Limits…", () => limit(row, say)),
    row.limited ? button("Reset limits of", "Reset…", () => reset(row.name, say)) : null,
    button("Purge", "Purge…", () => purge(row.name, say)));
}

async function pause_name(say) {
  try {
    const name = await ask_text("Start no further tasks with this name, in any queue? Those that run go on.", "Pause", "Task name");
    if (name === null) return;
    await post(`/names/${segment(name)}/pause`);
    say(h("p", {role: "status"}, `task name ${name} is paused`));
  } catch (error) {
    say(fault(error));
  }
}

async function resume_name(name, say) {
  try {
    await post(`/names/${segment(name)}/resume`);
    say(h("p", {role: "status"}, `task name ${name} is resumed`));
  } catch (error) {
    say(fault(error));
  }
}

// The paused task names, and what may be done with them. Returns a function that ends it.
function names(place, session, say) {
  const list = h("div", {});
  const columns = [{title: "Task name", value: (row) => h("a", {href: `/tasks?task=${segment(row.name)}`}, row.name)}];
  if (!session.read_only) {
    columns.push({title: "", value: (row) =>
      h("button", {"aria-label": `Resume ${row.name}`, onclick: () => resume_name(row.name, say)}, "Resume")});
  }
  replace(place, h("h2", {}, "Paused task names"), list,
    session.read_only ? null : h("div", {class: "row"}, h("button", {onclick: () => pause_name(say)}, "Pause a task name…")));
  return watch("/names", (rows) => replace(list, table(columns, rows, "No task name is paused.")),
    () => replace(list, h("p", {class: "faint"}, "Not known now.")));
}

export function queues({place, session}) {
  const answer = h("div", {});
  const list = h("div", {});
  const trouble = h("div", {});  // while the gateway has no answer
  const of_names = h("section", {"aria-label": "Paused task names"});
  replace(place, trouble, answer, list, of_names);
  const say = (content) => replace(answer, content);
  const link = (row, state) => h("a", {href: `/tasks?queue=${segment(row.name)}&state=${state}`}, count(row[state]));
  const columns = [
    {title: "Queue", value: (row) => h("a", {href: `/tasks?queue=${segment(row.name)}`}, row.name)},
    {title: "State", value: (row) => row.paused ? h("span", {class: "error"}, "paused") : "open"},
    {title: "Ready", number: true, value: (row) => link(row, "ready")},
    {title: "Running", number: true, value: (row) => link(row, "running")},
    {title: "Scheduled", number: true, value: (row) => link(row, "scheduled")},
    {title: "Oldest waits", number: true, value: (row) => row.oldest_ready_ms > 0 ? duration(row.oldest_ready_ms) : "–"},
    {title: "Workers", number: true, value: (row) => count(row.workers)},
    {title: "Size", number: true, value: (row) => bytes(row.bytes)},
    {title: "Most tasks", number: true, value: (row) => row.max_tasks > 0 ? count(row.max_tasks) : "–"},
    {title: "Most running", number: true, value: (row) => row.max_running > 0 ? count(row.max_running) : "–"},
  ];
  if (!session.read_only) columns.push({title: "", value: (row) => actions(row, say)});
  const end_names = names(of_names, session, say);
  const end_queues = watch("/queues", (rows) => {
    replace(trouble);
    replace(list, table(columns, rows, "No queue is in use."));
  }, (error) => replace(trouble, fault(error)));
  return () => {
    end_queues();
    end_names();
  };
}
