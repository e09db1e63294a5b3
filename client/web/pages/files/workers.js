// The workers, and what their processes run.
import {ask_numbers, confirm, h, replace, table} from "./dom.js";
import {post, segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {age, bytes, count, duration} from "./format.js";

const COLUMNS = [
  {title: "Worker", value: (row) => row.name},
  {title: "Host", value: (row) => row.host},
  {title: "Pid", number: true, value: (row) => row.pid},
  {title: "State", value: (row) => row.held ? "paused by an operator" : row.shortage ? `${row.state}: ${row.shortage}` : row.state},
  {title: "Queues", value: (row) => row.queues?.join(", ")},
  {title: "Running", number: true, value: (row) => `${count(row.running)} of ${count(row.children)}`},
  {title: "Finished", number: true, value: (row) => count(row.finished)},
  {title: "Lost", number: true, value: (row) => h("span", {class: row.lost > 0 ? "error" : undefined}, count(row.lost))},
  {title: "Connected", number: true, value: (row) => age(row.connected_at_ms)},
  {title: "Silent", number: true, value: (row) => duration(row.silent_ms)},
];

const PROCESSES = [
  {title: "Host", value: (row) => row.host},
  {title: "Pid", number: true, value: (row) => row.pid},
  {title: "Runs", value: (row) => row.id ? h("a", {href: `/tasks/${segment(row.id)}`}, row.command) : row.command},
  {title: "For", number: true, value: (row) => row.task_started_at_ms ? age(row.task_started_at_ms) : "–"},
  {title: "CPU", number: true, value: (row) => duration(row.cpu_us / 1000)},
  {title: "Memory", number: true, value: (row) => bytes(row.rss_bytes)},
];

// whom: {name}, {host} or {all: true}, and what else the order has.
async function steer(verb, whom, say) {
  try {
    const answers = await post(`/workers/${verb}`, whom);
    say(h("p", {role: "status"}, answers.map(({name, answer}) => `${verb} ${name}: ${answer}`).join(", ")));
  } catch (error) {
    say(fault(error));
  }
}

async function drain(row, say) {
  if (await confirm(`Drain worker ${row.name}? It finishes what it runs, and ends.`, "Drain", row.name))
    await steer("drain", {name: row.name}, say);
}

async function restart(row, say) {
  if (await confirm(`Restart worker ${row.name}? It finishes what it runs, and starts again.`, "Restart", row.name))
    await steer("restart", {name: row.name}, say);
}

async function pause(row, say) {
  if (row.held) return steer("resume", {name: row.name}, say);
  if (await confirm(`Give worker ${row.name} no further tasks?`, "Pause")) await steer("pause", {name: row.name}, say);
}

async function scale(row, say) {
  const numbers = await ask_numbers(`Processes of worker ${row.name}, ${row.max_children} at most`, "Set",
    [{name: "children", title: "Processes", value: row.children}]);
  if (numbers?.children > 0) await steer("scale", {name: row.name, ...numbers}, say);
}

// Orders for all workers, or for those of one host. Returns the elements, and a function that is told the workers.
function for_many(say) {
  const which = h("select", {"aria-label": "Which workers"});
  const place = h("div", {class: "row", hidden: true});
  const order = (verb, title, question, is_typed) => async () => {
    const host = which.value;
    const text = `${title} ${host === "" ? "all workers" : `the workers of host ${host}`}? ${question}`;
    if (question !== null && !await confirm(text, title, is_typed ? host || "all" : undefined)) return;
    await steer(verb, host === "" ? {all: true} : {host}, say);
  };
  const button = (title, onclick) => h("button", {onclick}, title);
  replace(place, which,
    button("Pause these…", order("pause", "Pause", "They get no further tasks.", false)),
    button("Resume these", order("resume", "Resume", null, false)),
    button("Restart these…", order("restart", "Restart", "They finish what they run, and start again.", true)),
    button("Drain these…", order("drain", "Drain", "They finish what they run, and end.", true)));
  let known = null;
  const told = (rows) => {
    place.hidden = rows.length === 0;
    const hosts = [...new Set(rows.map((row) => row.host))].sort();
    if (known === hosts.join("\n")) return;  // the list keeps the focus
    known = hosts.join("\n");
    const chosen = which.value;
    replace(which, h("option", {value: ""}, "all workers"), hosts.map((host) => h("option", {value: host}, `host ${host}`)));
    if (hosts.includes(chosen)) which.value = chosen;
  };
  return [place, told];
}

function actions(row, say) {
  const button = (word, what, act) => h("button", {"aria-label": `${word} ${row.name}`, onclick: () => act(row, say)}, what);
  const obeys = row.max_children > 0 && row.state !== "draining";
  return h("span", {class: "row"},
    row.held ? button("Resume", "Resume", pause) : button("Pause", "Pause…", pause),
    obeys ? button("Scale", "Scale…", scale) : null,
    obeys ? button("Restart", "Restart…", restart) : null,
    obeys ? button("Drain", "Drain…", drain) : null);
}

export function workers({place, session}) {
  const answer = h("div", {});
  const list = h("div", {});
  const processes = h("div", {});
  const say = (content) => replace(answer, content);
  const columns = session.read_only ? COLUMNS : [...COLUMNS, {title: "", value: (row) => actions(row, say)}];
  const [many, told_many] = for_many(say);
  replace(place, answer, session.read_only ? null : many, list, h("h2", {}, "Processes for tasks"), processes);
  const of_tasks = (rows) => rows.filter(({role}) => role === "child" || role === "process");
  const ends = [
    watch("/workers", (rows) => {
      told_many(rows);
      replace(list, table(columns, rows, "No worker is connected."));
    }, (error) => replace(list, fault(error))),
    watch("/processes", (rows) => replace(processes, table(PROCESSES, of_tasks(rows), "There are none.")),
      () => replace(processes, h("p", {class: "faint"}, "Not known now."))),
  ];
  return () => ends.forEach((end) => end());
}
