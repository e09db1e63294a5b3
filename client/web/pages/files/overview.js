// The overview: what needs attention, counts, and how the last minutes went.
import {h, replace, table} from "./dom.js";
import {watch} from "./api.js";
import {fault} from "./fault.js";
import {plots} from "./plots.js";
import {bytes, count, duration} from "./format.js";

function tile(name, value, kind) {
  return h("div", {class: "tile"}, h("b", {class: kind}, value ?? "–"), h("span", {}, name));
}

// The rises of a counter per second before each sample; that of the first one is not known.
function rates(at, values) {
  return values.map((value, i) => i === 0 ? null : Math.max(value - values[i - 1], 0) * 1000 / Math.max(at[i] - at[i - 1], 1));
}

function round(value) {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}

const rounded = (value) => count(round(value));
const CHARTS = [
  {title: "Ends", unit: " a second", show: rounded, lines: [
    {name: "succeeded", values: ({at_ms, succeeded}) => rates(at_ms, succeeded)},
    {name: "failed", values: ({at_ms, failed}) => rates(at_ms, failed)}]},
  {title: "Unfinished tasks", unit: "", show: rounded, lines: [
    {name: "ready", values: ({ready}) => ready}, {name: "running", values: ({running}) => running}]},
  {title: "Waiting before an attempt", unit: "", show: duration, lines: [
    {name: "half within", values: ({wait_p50_ms}) => wait_p50_ms},
    {name: "95 % within", values: ({wait_p95_ms}) => wait_p95_ms}]},
  {title: "Run of an attempt", unit: "", show: duration, lines: [
    {name: "half within", values: ({run_p50_ms}) => run_p50_ms},
    {name: "95 % within", values: ({run_p95_ms}) => run_p95_ms}]},
];

const OF_SHARDS = [
  {title: "Shard", number: true, value: ({shard}) => shard},
  {title: "Broker", value: ({broker}) => broker},
  {title: "Epoch", number: true, value: ({epoch}) => count(epoch)},
  {title: "Since", number: true, value: ({uptime_ms}) => duration(uptime_ms)},
  {title: "Ready", number: true, value: ({ready}) => count(ready)},
  {title: "Running", number: true, value: ({running}) => count(running)},
  {title: "Moving to", value: ({moving_to}) => moving_to},
];

function above({status, attention, shards}) {
  const {tasks} = status;
  return [
    h("h2", {}, attention.length === 0 ? "Nothing needs attention" : "Needs attention"),
    h("ul", {class: "notes"}, attention.map(({text, page}) => h("li", {}, h("a", {href: page}, text)))),
    h("div", {class: "tiles"},
      tile("ready", count(tasks.ready)), tile("running", count(tasks.running)), tile("scheduled", count(tasks.scheduled)),
      tile("dead letters", count(status.dead_letters), status.dead_letters > 0 ? "dead" : undefined),
      tile("workers", count(status.workers)), tile("processes", count(status.children)),
      tile("clients", count(status.clients)), tile("memory of the broker", bytes(status.rss_bytes))),
    shards ? [h("h2", {}, "Shards"), table(OF_SHARDS, shards, "")] : null,
    h("h2", {}, "The last minutes"),
  ];
}

function below({status}) {
  const {tasks} = status;
  return [
    h("p", {class: "faint"}, `${status.software}, up ${duration(status.uptime_ms)}, start ${status.epoch} of store `,
      status.store, `; since then ${count(tasks.succeeded)} succeeded, ${count(tasks.failed)} failed, `,
      `${count(tasks.cancelled)} cancelled, ${count(tasks.expired)} expired`),
    h("p", {class: "faint"}, "Keys: ", h("kbd", {}, "/"), " finds a task; ", h("kbd", {}, "g"), " and then ",
      [..."oqtdewla"].map((key) => h("kbd", {}, key)), " opens a page"),
  ];
}

export function overview({place}) {
  const head = h("div", {});
  const foot = h("div", {});
  const drawn = plots(CHARTS);
  const end = watch("/overview", (answer) => {
    replace(head, above(answer));
    replace(foot, below(answer));
    if (head.parentNode !== place) replace(place, head, drawn.element, foot);
    drawn.update(answer.history);
  }, (error) => replace(place, fault(error)));
  return () => {
    end();
    drawn.close();
  };
}
