// Plots of the last minutes, drawn by uPlot (https://github.com/leeoniya/uPlot), and the same figures as a table: for
// readers of screens, and for everyone where there is no uPlot.
import {h, replace, table} from "./dom.js";

const HEIGHT = 130;
const MINUTE_MS = 60000;
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];  // seconds between two times
const FONT = "11px system-ui, sans-serif";

const color = (name) => () => getComputedStyle(document.documentElement).getPropertyValue(name);
const GRID = {stroke: color("--line"), width: 1};
// The lines of a plot, which can be told apart without their colours.
const LOOKS = [{mark: "━", stroke: color("--accent")}, {mark: "┅", stroke: color("--bad"), dash: [4, 2]}];

function clock(ms, has_seconds) {
  return new Date(ms).toLocaleTimeString("sv", {hour: "2-digit", minute: "2-digit", second: has_seconds ? "2-digit" : undefined});
}

function known(values) {
  return values.filter((value) => value !== null);
}

// One plot. `data`: unix times in seconds, and the values of each line, null where there is none.
class Plot {
  #box = h("div", {class: "plot", role: "img"});
  #caption = h("figcaption", {});
  #drawn;
  #data;
  #chart;
  #size = new ResizeObserver(() => {
    if (this.#box.clientWidth > 0) this.#drawn.setSize({width: this.#box.clientWidth, height: HEIGHT});
  });
  element = h("figure", {}, this.#box, this.#caption);

  constructor(uPlot, chart, data) {
    this.#chart = chart;
    this.#data = data;
    this.#drawn = new uPlot(this.#options(), data, this.#box);
    this.#size.observe(this.#box);
    this.#tell(null);
  }

  update(data) {
    this.#data = data;
    this.#drawn.setData(data);
    this.#tell(this.#drawn.cursor.idx ?? null);
  }

  close() {
    this.#size.disconnect();
    this.#drawn.destroy();
  }

  #options() {
    const {lines, show} = this.#chart;
    const axis = {stroke: color("--faint"), grid: GRID, ticks: {show: false}, font: FONT};
    return {
      width: 300,  // until it has a place
      height: HEIGHT,
      legend: {show: false},
      cursor: {y: false, drag: {x: false, y: false}},
      scales: {y: {range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1]}},
      axes: [
        {...axis, size: 24, space: 44, incrs: STEPS,
          values: (_, ticks, __, ___, step) => ticks.map((at) => clock(at * 1000, step < 60))},
        {...axis, size: 60, space: 24, values: (_, ticks) => ticks.map(show)},
      ],
      series: [{}, ...lines.map((_, i) => ({width: 1.5, spanGaps: true, points: {show: false}, ...LOOKS[i]}))],
      hooks: {setCursor: [({cursor}) => this.#tell(cursor.idx ?? null)]},
    };
  }

  // Says the values in words: those at this place, or with null the last ones.
  #tell(place) {
    const {title, unit, lines, show} = this.#chart;
    const [times, ...values] = this.#data;
    const said = (of) => (of ?? null) === null ? "–" : `${show(of)}${unit}`;
    const at = place ?? times.length - 1;
    replace(this.#caption, h("span", {}, place === null ? title : `${title}, ${clock(times[at] * 1000, true)}`),
      h("span", {}, lines.map(({name}, i) => `${LOOKS[i].mark} ${name} ${said(values[i][at])}`).join("  ")));
    const now = lines.map(({name}, i) => `${name} ${said(values[i].at(-1))}`);
    const most = known(values.flat()).reduce((a, b) => Math.max(a, b), 0);
    this.#box.setAttribute("aria-label", `${title}: now ${now.join(", ")}; at most ${said(most)}`);
  }
}

// The means of each minute, the last one first.
function figures(charts, history) {
  const last = history.at_ms.at(-1);
  const minutes = [];
  history.at_ms.forEach((ms, i) => (minutes[Math.floor((last - ms) / MINUTE_MS)] ??= []).push(i));
  const mean = (values) => values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
  const columns = charts.flatMap(({title, unit, lines, show}) => lines.map(({name, values}) => {
    const all = values(history);
    const shown = (one) => one === null ? null : `${show(one)}${unit}`;
    return {title: `${title}: ${name}`, number: true, value: ({places}) => shown(mean(known(places.map((i) => all[i]))))};
  }));
  const rows = minutes.map((places) => ({places})).filter(({places}) => places);
  return table([{title: "Until", short: true, value: ({places}) => clock(history.at_ms[places.at(-1)], false)}, ...columns],
    rows, "There are no figures yet.");
}

// charts: [{title, unit, show(value), lines: [{name, values(history)}]}], with as many values as the history has times.
export function plots(charts) {
  const note = h("p", {class: "faint"});
  const drawn = h("div", {class: "plots"});
  const numbers = h("div", {});
  const details = h("details", {ontoggle: () => write()}, h("summary", {}, "The same as a table, a row for each minute"), numbers);
  const element = h("div", {}, note, drawn, details);
  let uPlot;  // null: there is none
  let made = [];
  let history = null;
  let is_closed = false;

  function write() {
    if (history !== null && details.open) replace(numbers, figures(charts, history));
  }

  function draw() {
    if (!uPlot || history === null || is_closed) return;
    const times = history.at_ms.map((ms) => ms / 1000);
    const data = charts.map(({lines}) => [times, ...lines.map(({values}) => values(history))]);
    if (made.length > 0) return made.forEach((plot, i) => plot.update(data[i]));
    made = charts.map((chart, i) => new Plot(uPlot, chart, data[i]));
    replace(drawn, made.map((plot) => plot.element));
  }

  function do_without(why) {
    uPlot = null;
    replace(note, why);
    details.open = true;
    write();
  }

  import("./uplot.js").then((file) => {
    uPlot = file.default;
    if (uPlot === null) do_without("This gateway was built without plots. Their figures:");
    else draw();
  }, () => do_without("The plots could not be loaded. Their figures:"));

  return {
    element,
    update(now) {
      history = now;
      write();
      draw();
    },
    close() {
      is_closed = true;
      made.forEach((plot) => plot.close());
    },
  };
}
