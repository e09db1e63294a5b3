// Named objects, such as locks and queues, and one of them with its holders and waiters.
import {confirm, fields, h, replace, table} from "./dom.js";
import {post, segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {count, duration} from "./format.js";

const MOST_ROWS = 500;

const COLUMNS = [
  {title: "Name", value: (row) => h("a", {href: `/objects/${segment(row.name)}`}, row.name)},
  {title: "Kind", value: (row) => row.kind},
  {title: "Kept", value: (row) => row.durable ? "on disk" : "in memory"},
  {title: "Held", number: true, value: (row) => count(row.held)},
  {title: "Waiting", number: true, value: (row) => row.waiting > 0 ? h("b", {}, count(row.waiting)) : count(row.waiting)},
  {title: "Size", number: true, value: (row) => count(row.size)},
];

const client = ({client, host, pid}) => host ? `${client} on ${host}, pid ${pid}` : "(disconnected)";

const HOLDERS = [
  {title: "Client", value: (row) => client(row.peer)},
  {title: "Thread", number: true, value: (row) => row.who},
  {title: "Count", number: true, value: (row) => count(row.count)},
  {title: "Token", number: true, value: (row) => row.token},
];

const WAITERS = [
  {title: "Client", value: (row) => client(row.peer)},
  {title: "Thread", number: true, value: (row) => row.who},
  {title: "Waits to", value: (row) => row.verb},
  {title: "For", number: true, value: (row) => duration(row.waiting_ms)},
];

// Objects with waiters come first, then those that are held.
function by_need(one, other) {
  return other.waiting - one.waiting || other.held - one.held || (one.name < other.name ? -1 : 1);
}

export function objects({place, query, go}) {
  const list = h("div", {});
  const prefix = query.get("prefix") ?? "";
  const search = (event) => {
    event.preventDefault();
    const begin = new FormData(event.target).get("prefix");
    go(begin === "" ? "/objects" : `/objects?${new URLSearchParams({prefix: begin})}`);
  };
  replace(place, h("form", {class: "row", onsubmit: search},
    h("label", {}, "Name begins with", h("input", {name: "prefix", value: prefix})), h("button", {}, "Search")), list);
  const show = (rows) => replace(list,
    table(COLUMNS, [...rows].sort(by_need).slice(0, MOST_ROWS), "No client has made a named object."),
    rows.length > MOST_ROWS ? h("p", {class: "faint"}, `${count(rows.length)} objects; the first ${MOST_ROWS} are shown`) : null);
  const path = prefix === "" ? "/objects" : `/objects?${new URLSearchParams({prefix})}`;
  return watch(path, show, (error) => replace(list, fault(error)));
}

function view({object, holders, waiters}) {
  return [
    fields([["kind", object.kind], ["kept", object.durable ? "on disk" : "in memory"], ["size", count(object.size)]]),
    h("h2", {}, "Holders"), table(HOLDERS, holders, "No client holds it."),
    h("h2", {}, "Waiters"), table(WAITERS, waiters, "No client waits for it."),
  ];
}

export function object({place, session, argument}) {
  const answer = h("div", {});
  const body = h("div", {});
  const say = (content) => replace(answer, content);
  const path = `/objects/${segment(argument)}`;
  const button = (title, question, word, act) => h("button", {class: "danger", onclick: async () => {
    if (!await confirm(question, title, word)) return;
    try {
      say(h("p", {role: "status"}, await act()));
    } catch (error) {
      say(fault(error));
    }
  }}, `${title}…`);
  const changes = session.read_only ? [] : [
    button("Release", `Take ${argument} from all its holders? What they hold of it is no longer valid.`, undefined, async () => {
      const {released} = await post(`${path}/release`);
      return `taken from ${count(released)} holders`;
    }),
    button("Remove", `Remove ${argument} with its contents, permanently?`, argument, async () => {
      await post(`${path}/remove`, {confirm: argument});
      return `${argument} is removed`;
    }),
  ];
  replace(place, h("p", {}, h("code", {}, argument)), h("div", {class: "row"}, changes), answer, body);
  return watch(path, (found) => replace(body, view(found)), (error) => replace(body, fault(error)));
}
