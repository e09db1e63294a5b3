// The workers, and what their processes run.
import {h, replace, table} from "./dom.js";
import {segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {age, bytes, count, duration} from "./format.js";

const COLUMNS = [
  {title: "Worker", value: (row) => row.name},
  {title: "Host", value: (row) => row.host},
  {title: "Pid", number: true, value: (row) => row.pid},
  {title: "State", value: (row) => row.shortage ? `${row.state}: ${row.shortage}` : row.state},
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

export function workers({place}) {
  const list = h("div", {});
  const processes = h("div", {});
  replace(place, list, h("h2", {}, "Processes for tasks"), processes);
  const of_tasks = (rows) => rows.filter(({role}) => role === "child" || role === "process");
  const ends = [
    watch("/workers", (rows) => replace(list, table(COLUMNS, rows, "No worker is connected.")), (error) => replace(list, fault(error))),
    watch("/processes", (rows) => replace(processes, table(PROCESSES, of_tasks(rows), "There are none.")), () => {}),
  ];
  return () => ends.forEach((end) => end());
}
