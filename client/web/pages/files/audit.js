// Audit: changes through this gateway, by whom, and how they ended.
import {h, replace, table} from "./dom.js";
import {watch} from "./api.js";
import {fault} from "./fault.js";
import {time} from "./format.js";

const MOST_TEXT = 200;

function shortened(value) {
  const text = JSON.stringify(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

function end(act) {
  if (act.event === "begin") return "under way";
  if (act.error === "gateway_ended") return h("span", {class: "failed"}, "not known: the gateway ended meanwhile");
  if (act.error) return h("span", {class: "failed"}, `refused: ${act.error}`);
  return shortened(act.answer);
}

const COLUMNS = [
  {title: "Time", short: true, value: (act) => time(act.at_ms)},
  {title: "User", value: (act) => act.user},
  {title: "From", value: (act) => act.peer},
  {title: "Change", value: (act) => act.route.replace("/api/v1/", "")},
  {title: "Of", value: (act) => Object.values(act.path ?? {}).join(", ") || "–"},
  {title: "With", value: (act) => Object.keys(act.body ?? {}).length > 0 ? h("code", {}, shortened(act.body)) : "–"},
  {title: "Answer", value: (act) => h("code", {}, end(act))},
];

export function audit({place}) {
  const show = ({acts}) => replace(place,
    h("p", {class: "faint"}, "The latest changes through this gateway, the newest first. Its audit log has all."),
    table(COLUMNS, acts, "Nothing is known to have been changed through this gateway."));
  return watch("/audit", show, (error) => replace(place, fault(error)));
}
