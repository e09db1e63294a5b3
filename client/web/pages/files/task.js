// One task: its state, arguments and error, and what may be done with it.
import {ask_array, confirm, fields, h, replace, table} from "./dom.js";
import {post, segment, watch} from "./api.js";
import {fault} from "./fault.js";
import {age, bytes, duration, time} from "./format.js";

const UNFINISHED = ["scheduled", "ready", "running"];

// Whether a page can send the values as they are: larger integers have lost digits, and bytes that are no text have
// become {"base64": …} here, which would stay that.
function is_exact(value) {
  if (typeof value === "number") return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (value === null || typeof value !== "object") return true;
  return Object.entries(value).every(([key, inner]) => !key.startsWith("base64") && is_exact(inner));
}

function section(title, text) {
  return text === null || text === undefined || text === "" ? [] : [h("h2", {}, title), h("pre", {tabindex: 0}, text)];
}

const MOST_SENT = 16 * 1024;  // bytes of a payload that the API has
const MOST_DUMPED = 1024;  // bytes that are shown of a payload that is no JSON

// Rows of 16 bytes: where they are, in hexadecimal digits, and as text.
function dump(hex) {
  const row = (at) => {
    const pairs = hex.slice(2 * at, 2 * Math.min(at + 16, MOST_DUMPED)).match(/../g);
    const text = pairs.map((pair) => /^([2-6].|7[0-9a-e])$/.test(pair) ? String.fromCharCode(parseInt(pair, 16)) : "·");
    return `${at.toString(16).padStart(8, "0")}  ${pairs.join(" ").padEnd(47)}  ${text.join("")}`;
  };
  const rows = Math.ceil(Math.min(hex.length / 2, MOST_DUMPED) / 16);
  return Array.from({length: rows}, (_, i) => row(16 * i)).join("\n");
}

// Whether that is a payload which is binary, or has been cut since it is large: it comes as {hex: …} of its beginning. A
// value of a program may look like that as well, but the size of the whole, as far as it is known, is then another one.
function is_bytes(value, size) {
  const {hex} = value;
  if (typeof hex !== "string" || Object.keys(value).length !== 1 || !/^([0-9a-f]{2})*$/.test(hex)) return false;
  return size === null || hex.length / 2 === Math.min(size, MOST_SENT);
}

// Arguments or a result. size: of the whole, as far as it is known.
function payload_view(title, value, size) {
  if (value === null || value === undefined) return [];
  const {hex} = value;
  if (!is_bytes(value, size)) return section(title, JSON.stringify(value, null, 2));
  const shown = Math.min(hex.length / 2, MOST_DUMPED);
  const note = shown === size ? "These bytes are no JSON." :
    `Binary, or more than 16 KiB: the first ${bytes(shown)}${size === null ? "" : ` of ${bytes(size)}`} as they are.`;
  return [h("h2", {}, title), h("p", {class: "faint"}, note), h("pre", {tabindex: 0, class: "dump"}, dump(hex))];
}

const ATTEMPTS = [
  {title: "Attempt", number: true, value: (row) => row.attempt},
  {title: "Ended as", value: (row) => h("span", {class: row.outcome}, row.outcome)},
  {title: "Worker", value: (row) => row.worker},
  {title: "Started", short: true, value: (row) => time(row.started_at_ms)},
  {title: "Ran", number: true, value: (row) => row.started_at_ms ? duration(row.ended_at_ms - row.started_at_ms) : "–"},
  {title: "Error", value: (row) => row.message || row.code},
];

function attempts_view(attempts) {
  return attempts.length === 0 ? [] : [h("h2", {}, "Attempts"), table(ATTEMPTS, attempts, "")];
}

function error_view(error) {
  if (!error) return [];
  const end = error.signal ? `signal ${error.signal}` : error.exit_code !== null ? `exit status ${error.exit_code}` : null;
  return [h("h2", {}, "Error"),
    fields([["code", error.code], ["type", error.type], ["message", error.message], ["process", end]]),
    section("Cause", error.cause), section("Backtrace", error.backtrace), section("Last output", error.output)];
}

// clock: shows for how long the task has been running.
function view(task, clock) {
  const ran = task.state === "running" && task.started_at_ms ? clock : null;
  const took = task.finished_at_ms ? duration(task.finished_at_ms - task.submitted_at_ms) : null;
  return [
    fields([["state", h("span", {class: task.state}, task.state)],
      ["task", task.name], ["command", task.command], ["queue", h("a", {href: `/tasks?queue=${segment(task.queue)}`}, task.queue)],
      ["attempt", `${task.attempt} of ${task.max_attempts}`], ["priority", task.priority],
      ["submitted", time(task.submitted_at_ms)], ["not before", time(task.not_before_ms)],
      ["started", time(task.started_at_ms)], ["running for", ran], ["finished", time(task.finished_at_ms)],
      ["kept", task.history ? "only the history of this task: its arguments and result are no longer kept" : null],
      ["from submission to end", took], ["worker", task.worker], ["last attempt", task.outcome],
      ["result", task.result_bytes > 0 ? bytes(task.result_bytes) : null]]),
    attempts_view(task.attempts),
    error_view(task.error),
    section("Headers", Object.entries(task.headers).map(([name, value]) => `${name}: ${value}`).join("\n")),
    payload_view("Arguments", task.arguments, null),
    payload_view("Result", task.result, task.result_bytes),
  ];
}

function why_view({findings}) {
  return [h("h2", {}, "Why"), h("ul", {class: "notes"}, findings.map(({text}) => h("li", {}, text)))];
}

function log_text({source, level, missing, text}) {
  return [missing > 0 ? h("i", {}, `\n[${missing} bytes missing]\n`) : null,
    text === "" ? null : source === "log" ? h("b", {}, `[${level}] ${text}\n`) : h("span", {class: source}, text)];
}

const MAX_SHOWN = 1 << 20;  // characters of a log that the page keeps

// The log of one attempt, which grows.
class Log {
  constructor({id, attempt}) {
    this.attempt = attempt;
    this.next = 0;
    this.cursor = h("span", {class: "cursor"}, "▏");
    this.pre = h("pre", {tabindex: 0}, this.cursor);
    this.note = h("p", {class: "faint", hidden: true}, "The beginning is no longer shown. What is kept of it: ",
      h("code", {}, `forkmill task logs --attempt ${attempt} ${id}`));
    this.parts = [h("h2", {}, `Log of attempt ${attempt}`), this.note, this.pre];
    this.shown = 0;
  }

  // Whether the texts go on where this log ends.
  continues({attempt, from}) {
    return attempt === this.attempt && from === this.next;
  }

  add({texts, next, complete}) {
    const follows = this.pre.scrollTop + this.pre.clientHeight >= this.pre.scrollHeight - 4;
    for (const part of texts.map(log_text).flat()) {
      if (part === null) continue;
      this.shown += part.textContent.length;
      this.cursor.before(part);
    }
    while (this.shown > MAX_SHOWN && this.pre.firstChild !== this.cursor) {
      this.shown -= this.pre.firstChild.textContent.length;
      this.pre.firstChild.remove();
      this.note.hidden = false;
    }
    this.next = next;
    this.cursor.hidden = complete;
    if (follows) this.pre.scrollTop = this.pre.scrollHeight;
  }
}

// The choice of an attempt, if there is one.
function attempt_buttons(attempts, shown, choose) {
  if (attempts.length < 2) return [];
  return [h("div", {class: "row", role: "group", "aria-label": "Attempt"}, attempts.map(({attempt}) =>
    h("button", {"aria-pressed": String(attempt === shown), onclick: () => choose(attempt)}, `Attempt ${attempt}`)))];
}

// Shows the log of the last attempt, or of the one that is chosen. Each event has only what is new. Returns a function
// that ends it.
function logs(place, argument) {
  let end = () => {};
  const texts = h("div", {});
  const choice = h("div", {});
  replace(place, texts, choice);
  const choose = (attempt) => {
    end();
    let log = null;
    let buttons = null;
    end = watch(`/tasks/${segment(argument)}/logs${attempt ? `?attempt=${attempt}` : ""}`, (found) => {
      if (!log?.continues(found)) log = new Log(found);
      log.add(found);
      if (log.shown === 0) {
        replace(texts);
      } else if (log.pre.parentNode !== texts) {
        replace(texts, log.parts);
        log.pre.scrollTop = log.pre.scrollHeight;
      }
      const wanted = [found.attempt, ...found.attempts.map((row) => row.attempt)].join();
      if (wanted === buttons) return;  // the button keeps the focus
      buttons = wanted;
      replace(choice, attempt_buttons(found.attempts, found.attempt, choose));
    }, () => {});
  };
  choose(0);
  return () => end();
}

export function task({place, session, argument, go}) {
  const answer = h("div", {});
  const body = h("div", {});
  const why = h("section", {"aria-label": "Why"});
  const log = h("section", {"aria-label": "Log", class: "log"});
  const buttons = h("div", {class: "row"});
  replace(place, h("p", {}, h("code", {}, argument)), buttons, answer, why, body, log);
  const say = (content) => replace(answer, content);

  const button = (title, question, act) => h("button", {class: "danger", onclick: async () => {
    if (!await confirm(question, title)) return;
    try {
      await act();
    } catch (error) {
      say(fault(error));
    }
  }}, `${title}…`);
  const edit = (id, values) => h("button", {class: "danger", onclick: async () => {
    const edited = await ask_array(`Submit task ${id} again as a new task, with these arguments:`, "Retry", "Arguments", values);
    if (edited === null) return;
    try {
      const {new_id} = await post(`/dead/${segment(id)}/retry`, {arguments: edited});
      go(`/tasks/${segment(new_id)}`);
    } catch (error) {
      say(fault(error));
    }
  }}, "Retry with other arguments…");
  const changes = ({id, state, history, arguments: values}) => [
    UNFINISHED.includes(state) ? button("Cancel", `Cancel task ${id}? A running one is asked to stop.`, async () => {
      const {result} = await post(`/tasks/${segment(id)}/cancel`);
      say(h("p", {role: "status"}, result === "requested" ? "The task was asked to stop." : `The task is ${result}.`));
    }) : null,
    state === "failed" && !history ? button("Retry", `Submit task ${id} again as a new task?`, async () => {
      const {new_id} = await post(`/dead/${segment(id)}/retry`);
      go(`/tasks/${segment(new_id)}`);
    }) : null,
    state === "failed" && !history && Array.isArray(values) && is_exact(values) ? edit(id, values) : null,
    state === "failed" && !history ? button("Drop", `Delete dead letter ${id} with its arguments, permanently?`, async () => {
      await post(`/dead/${segment(id)}/drop`);
      go("/dead");
    }) : null,
  ];
  // The answer of a task that runs stays the same, unlike the time.
  const clock = h("span", {});
  let started = null;
  const tick = () => { clock.textContent = age(started) ?? ""; };
  const ticking = setInterval(tick, 1000);
  let shown_state = null;
  const end_why = watch(`/tasks/${segment(argument)}/why`, (found) => replace(why, why_view(found)), () => replace(why));
  const end_log = logs(log, argument);
  const end_task = watch(`/tasks/${segment(argument)}`, (found) => {
    started = found.started_at_ms;
    tick();
    replace(body, view(found, clock));
    if (found.state === shown_state || session.read_only) return;
    shown_state = found.state;
    replace(buttons, changes(found));
  }, (error) => replace(body, fault(error)));
  return () => {
    clearInterval(ticking);
    end_why();
    end_log();
    end_task();
  };
}
