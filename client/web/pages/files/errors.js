// The failures of the last tasks, grouped by task and error.
import {h, replace, table} from "./dom.js";
import {segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {age, count, time} from "./format.js";

const ago = (ms) => h("span", {title: time(ms)}, `${age(ms) ?? "?"} ago`);
// The search for the tasks of a group. A message with numbers or ids is no text that all of them have.
const others = (row) => `/tasks?${new URLSearchParams({state: "failed", task: row.name, error: row.type || row.code})}`;

const COLUMNS = [
  {title: "Tasks", number: true, value: (row) => h("a", {href: others(row)}, count(row.count))},
  {title: "Task", value: (row) => row.name},
  {title: "Error", value: (row) => h("span", {class: "failed"}, row.type || row.code)},
  {title: "Message", value: (row) => h("a", {href: `/tasks/${segment(row.last_id)}`}, row.message || "the last one")},
  {title: "Queues", value: (row) => row.queues.join(", ")},
  {title: "First", short: true, value: (row) => ago(row.first_at_ms)},
  {title: "Last", short: true, value: (row) => ago(row.last_at_ms)},
  {title: "Fingerprint", short: true, value: (row) => h("code", {}, row.fingerprint)},
];

function view({groups, tasks, more, searching}) {
  const looked_at = more ? `Of the last ${count(tasks)} tasks that have failed` : `Of ${count(tasks)} tasks that have failed`;
  return [
    h("p", {class: "faint"}, `${looked_at}: numbers and ids in messages are left out, so that like errors are one row.`),
    searching ? h("p", {role: "status"}, "Searching older tasks…") : null,
    table(COLUMNS, groups, searching ? "None so far." : "No task has failed."),
  ];
}

export function errors({place}) {
  return watch("/errors", (answer) => replace(place, view(answer)), (error) => replace(place, fault(error)));
}
