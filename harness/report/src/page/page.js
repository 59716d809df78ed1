// Adds the choices of the ladder and the filter of the figures. All texts and places come formatted from the document.
"use strict";
const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const choice = (title, names, chosen, changed) => {
  const select = element("select", { onchange: () => changed(select.value) });
  for (const [value, text] of names) select.append(element("option", { value, selected: value === chosen }, text));
  return element("label", {}, title, select);
};
// An id may break after these characters.
const breakable = text => text.split(/(?<=[/@,=])/).flatMap((part, place) => place ? [element("wbr"), part] : [part]);

// The ladder. The choices are in the fragment of the address: #workload=..&metric=..&base=..
const source = document.getElementById("ladders");
const { phases: abouts, ladders } = source ? JSON.parse(source.textContent) : { ladders: [] };
const tones = { g: "good", b: "bad", n: "notice", q: "quiet" };
const table = document.querySelector(".ladder");
const from = {};
const read = () => {
  const fragment = location.hash.includes("=") ? new URLSearchParams(location.hash.slice(1)) : new Map();
  for (const key of ["workload", "metric", "base"]) from[key] = fragment.get(key) ?? from[key];
};
const number = (kind, whole, tone) => {
  const [text, interval] = whole.split(/ (?=[[(])/);
  const cell = element("td", { className: `${kind} ${tones[tone] ?? ""}` }, text);
  if (interval) cell.append(element("small", {}, interval));
  return cell;
};
const mark = (kind, left, width) => {
  const made = element("i", { className: kind });
  made.style.left = `${left}%`;
  if (width !== undefined) made.style.width = `${width}%`;
  return made;
};
const track = (at, low, high, before) => {
  const line = element("span", { className: "track", ariaHidden: "true" });
  if (at === null) return line;
  if (before > 0 && at > 0) line.append(mark("from", Math.min(before, at), Math.abs(at - before)));
  if (low !== null) line.append(mark("whisker", low, high - low));
  line.append(mark(at === 0 ? "dot zero" : "dot", at));
  return line;
};
const draw = () => {
  const ladder = ladders.find(one => one.workload === from.workload) ?? ladders[0];
  const [metric, heading, better, ticks, rungs] = ladder.views.find(([name]) => name === from.metric) ?? ladder.views[0];
  const wanted = ladder.bases.indexOf(from.base);
  const base = wanted < 0 ? ladder.base : wanted;
  const head = (kind, ...content) => element("th", { className: kind, scope: "col" }, ...content);
  const axis = element("span", { className: "axis" }, element("span", { className: "better" }, better));
  for (const [place, text] of ticks) {
    const tick = mark("", place);
    tick.append(text);
    axis.append(tick);
  }
  const heads = [head("", "phase"), head("place", axis), head("value", heading), head("step", "step over the phase before")];
  if (ladder.bases.length) heads.push(head("total", `total over ${ladder.bases[base]}`));
  heads.push(...ladder.costs.map(cost => head("cost", cost)));
  table.tHead.replaceChildren(element("tr", {}, ...heads));
  const rows = ladder.phases.map(([name, problem, costs], index) => {
    const [at, low, high, tone, value, step, ...totals] = rungs[index];
    const title = element("th", { scope: "row" }, element("b", {}, ...breakable(name)));
    if (problem) title.append(" ", element("em", { className: "bad" }, problem));
    if (abouts[name]) title.append(element("small", {}, abouts[name]));
    const cells = [title, element("td", { className: "place" }, track(at, low, high, index && rungs[index - 1][0]))];
    cells.push(number("value", value, tone[0]), number("step", step, tone[1]));
    if (totals.length) cells.push(number("total", totals[base], tone[2 + base]));
    costs.forEach((cost, place) => {
      const cell = element("td", { className: "cost" }, cost);
      cell.dataset.label = ladder.costs[place];
      cells.push(cell);
    });
    return element("tr", {}, ...cells);
  });
  table.tBodies[0].replaceChildren(...rows);
  document.getElementById("workload").replaceChildren(...breakable(ladder.workload));
  document.getElementById("about").textContent = ladder.about && `: ${ladder.about}`;
  const changed = key => value => {
    Object.assign(from, { workload: ladder.workload, metric: metric, base: ladder.bases[base] ?? "", [key]: value });
    history.replaceState(null, "", `#${new URLSearchParams(from)}`);
    draw();
    document.querySelector(`#choices [data-key=${key}] select`).focus();
  };
  const choices = [
    ["workload", ladders.map(one => [one.workload, one.workload]), ladder.workload],
    ["metric", ladder.views.map(([name, title]) => [name, title]), metric],
    ["base", ladder.bases.map(name => [name, name]), ladder.bases[base]],
  ];
  const form = document.getElementById("choices");
  form.replaceChildren(...choices.filter(([, names]) => names.length > 1).map(([key, names, chosen]) => {
    const label = choice(key, names, chosen, changed(key));
    label.dataset.key = key;
    return label;
  }));
  form.hidden = false;
};
if (ladders.length && table) {
  read();
  draw();
  addEventListener("hashchange", () => { read(); draw(); });
}

// The filter: a line is shown if its workload, phase and metric are chosen and all words occur in it.
const figures = document.querySelector(".figures");
if (figures) {
  const groups = [...figures.tBodies].map(body => {
    const [head, ...lines] = body.rows;
    const [workload, phase] = ["b", "span"].map(name => head.querySelector(name).textContent);
    return { body, workload, phase, about: head.textContent, lines: lines.map(line => ({ line, metric: line.cells[0].textContent, text: line.textContent })) };
  });
  const wanted = { workload: "", phase: "", metric: "", words: "" };
  const apply = () => {
    const words = wanted.words.toLowerCase().split(/\s+/);
    for (const { body, workload, phase, about, lines } of groups) {
      const fits = (wanted.workload || workload) === workload && (wanted.phase || phase) === phase;
      let shown = 0;
      for (const { line, metric, text } of lines) {
        const all = `${about} ${text}`.toLowerCase();
        line.hidden = !(fits && (wanted.metric || metric) === metric && words.every(word => all.includes(word)));
        shown += !line.hidden;
      }
      body.hidden = !shown;
    }
  };
  const search = element("input", { type: "search", oninput: () => { wanted.words = search.value; apply(); } });
  const form = document.getElementById("filter");
  form.onsubmit = event => event.preventDefault();
  form.append(element("label", {}, "search", search));
  const all = {
    workload: groups.map(group => group.workload),
    phase: groups.map(group => group.phase),
    metric: groups.flatMap(group => group.lines.map(line => line.metric)),
  };
  for (const [key, names] of Object.entries(all)) {
    const options = [["", "all"], ...[...new Set(names)].map(name => [name, name])];
    form.append(choice(key, options, "", value => { wanted[key] = value; apply(); }));
  }
  form.hidden = false;
}
