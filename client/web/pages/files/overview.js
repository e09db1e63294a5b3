// The overview: what needs attention, counts, and how the last minutes went.
import {h, replace, table} from "./dom.js";
import {watch} from "./api.js";
import {fault} from "./fault.js";
import {bytes, count, duration} from "./format.js";

function tile(name, value, kind) {
  return h("div", {class: "tile"}, h("b", {class: kind}, value ?? "–"), h("span", {}, name));
}

// The rises of a counter per second between samples.
function rates(at, values) {
  return values.slice(1).map((value, i) => Math.max(value - values[i], 0) * 1000 / Math.max(at[i + 1] - at[i], 1));
}

// Values that are null are left out.
function plot(title, unit, lines, show = (value) => count(round(value))) {
  const max = Math.max(...lines.flatMap(({values}) => values), 1e-9);
  const points = (values) => values.map((value, i) => value === null ? null :
    `${values.length < 2 ? 0 : i * 300 / (values.length - 1)},${78 - 74 * value / max}`).filter((point) => point).join(" ");
  const now = lines.map(({name, values}) => `${name} ${(values.at(-1) ?? null) === null ? "–" : show(values.at(-1))}`);
  const text = `${title}: now ${now.join(", ")}${unit}; at most ${show(max)}${unit}`;
  return h("figure", {},
    h("svg", {viewBox: "0 0 300 80", preserveAspectRatio: "none", role: "img", "aria-label": text},
      lines.map(({values, kind}) => h("polyline", {points: points(values), class: kind}))),
    h("figcaption", {}, h("span", {}, title), h("span", {}, `${now.join(", ")}${unit}`)));
}

function round(value) {
  return value >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
}

const OF_SHARDS = [
  {title: "Shard", number: true, value: ({shard}) => shard},
  {title: "Broker", value: ({broker}) => broker},
  {title: "Epoch", number: true, value: ({epoch}) => count(epoch)},
  {title: "Since", number: true, value: ({uptime_ms}) => duration(uptime_ms)},
  {title: "Ready", number: true, value: ({ready}) => count(ready)},
  {title: "Running", number: true, value: ({running}) => count(running)},
  {title: "Moving to", value: ({moving_to}) => moving_to},
];

function view({status, attention, history, shards}) {
  const {tasks} = status;
  const {at_ms, succeeded, failed, ready, running} = history;
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
    h("div", {class: "plots"},
      plot("Ends", " a second", [{name: "succeeded", values: rates(at_ms, succeeded)},
        {name: "failed", values: rates(at_ms, failed), kind: "bad"}]),
      plot("Unfinished tasks", "", [{name: "ready", values: ready}, {name: "running", values: running, kind: "bad"}]),
      plot("Waiting before an attempt", "", [{name: "half within", values: history.wait_p50_ms},
        {name: "95 % within", values: history.wait_p95_ms, kind: "bad"}], duration),
      plot("Run of an attempt", "", [{name: "half within", values: history.run_p50_ms},
        {name: "95 % within", values: history.run_p95_ms, kind: "bad"}], duration)),
    h("p", {class: "faint"}, `${status.software}, up ${duration(status.uptime_ms)}, start ${status.epoch} of store `,
      status.store, `; since then ${count(tasks.succeeded)} succeeded, ${count(tasks.failed)} failed, `,
      `${count(tasks.cancelled)} cancelled, ${count(tasks.expired)} expired`),
    h("p", {class: "faint"}, "Keys: ", h("kbd", {}, "/"), " finds a task; ", h("kbd", {}, "g"), " and then ",
      [..."oqtdewla"].map((key) => h("kbd", {}, key)), " opens a page"),
  ];
}

export function overview({place}) {
  return watch("/overview", (answer) => replace(place, view(answer)), (error) => replace(place, fault(error)));
}
