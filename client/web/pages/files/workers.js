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

async function steer(verb, row, body, say) {
  try {
    const answers = await post(`/workers/${verb}`, {name: row.name, ...body});
    say(h("p", {role: "status"}, answers.map(({name, answer}) => `${verb} ${name}: ${answer}`).join(", ")));
  } catch (error) {
    say(fault(error));
  }
}

async function drain(row, say) {
  if (await confirm(`Drain worker ${row.name}? It finishes what it runs, and ends.`, "Drain", row.name))
    await steer("drain", row, {}, say);
}

async function restart(row, say) {
  if (await confirm(`Restart worker ${row.name}? It finishes what it runs, and starts again.`, "Restart", row.name))
    await steer("restart", row, {}, say);
}

async function pause(row, say) {
  if (row.held) return steer("resume", row, {}, say);
  if (await confirm(`Give worker ${row.name} no further tasks?`, "Pause")) await steer("pause", row, {}, say);
}

async function scale(row, say) {
  const numbers = await ask_numbers(`Processes of worker ${row.name}, ${row.max_children} at most`, "Set",
    [{name: "children", title: "Processes", value: row.children}]);
  if (numbers?.children > 0) await steer("scale", row, numbers, say);
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
  replace(place, answer, list, h("h2", {}, "Processes for tasks"), processes);
  const of_tasks = (rows) => rows.filter(({role}) => role === "child" || role === "process");
  const ends = [
    watch("/workers", (rows) => replace(list, table(columns, rows, "No worker is connected.")), (error) => replace(list, fault(error))),
    watch("/processes", (rows) => replace(processes, table(PROCESSES, of_tasks(rows), "There are none.")),
      () => replace(processes, h("p", {class: "faint"}, "Not known now."))),
  ];
  return () => ends.forEach((end) => end());
}
