// The queues, and what may be done with one.
import {confirm, h, replace, table} from "./dom.js";
import {post, segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {bytes, count, duration} from "./format.js";

async function purge(name, say) {
  const path = `/queues/${segment(name)}/purge`;
  try {
    const {matched, more} = await post(path, {dry_run: true});
    const many = `${more ? "more than " : ""}${count(matched)}`;
    if (!await confirm(`Cancel ${many} tasks of queue ${name} that have not started?`, "Purge", name)) return;
    const done = await post(path, {confirm: name});
    say(h("p", {role: "status"}, `${count(done.cancelled ?? 0)} tasks of ${name} cancelled`, done.more ? "; some are left" : ""));
  } catch (error) {
    say(fault(error));
  }
}

export function queues({place, session}) {
  const answer = h("div", {});
  const list = h("div", {});
  replace(place, answer, list);
  const say = (content) => replace(answer, content);
  const link = (row, state) => h("a", {href: `/tasks?queue=${segment(row.name)}&state=${state}`}, count(row[state]));
  const columns = [
    {title: "Queue", value: (row) => h("a", {href: `/tasks?queue=${segment(row.name)}`}, row.name)},
    {title: "Ready", number: true, value: (row) => link(row, "ready")},
    {title: "Running", number: true, value: (row) => link(row, "running")},
    {title: "Scheduled", number: true, value: (row) => link(row, "scheduled")},
    {title: "Oldest waits", number: true, value: (row) => row.oldest_ready_ms > 0 ? duration(row.oldest_ready_ms) : "–"},
    {title: "Workers", number: true, value: (row) => count(row.workers)},
    {title: "Size", number: true, value: (row) => bytes(row.bytes)},
    {title: "Most tasks", number: true, value: (row) => row.max_tasks > 0 ? count(row.max_tasks) : "–"},
  ];
  if (!session.read_only)
    columns.push({title: "", value: (row) => h("button", {"aria-label": `Purge ${row.name}`, onclick: () => purge(row.name, say)}, "Purge…")});
  return watch("/queues", (rows) => replace(list, table(columns, rows, "No queue is in use.")), (error) => say(fault(error)));
}
