"use strict";
/* A slider through the compiler's passes: the graph after each, what it costs, and what each rule changed. */
bifront.views.passes = function (root, content, page) {
  const { make, format } = page;
  let chosen = 0, at = 0, rule = null;

  const slider = make("input", { type: "range", min: 0, value: 0, "aria-label": "stage of the passes", on: { input: () => go(Number(slider.value)) } });
  const button = (text, label, by) => make("button", { type: "button", text, title: label, "aria-label": label, on: { click: () => go(at + by) } });
  const choice = content.passes.length > 1
    ? make("select", { "aria-label": "the passes of which graph", on: { change: (e) => choose(Number(e.target.value)) } },
        content.passes.map((one, index) => make("option", { value: index, text: one.key })))
    : null;
  const table = make("table", { class: "stages" });
  const told = make("p", { class: "told", "aria-live": "polite" });
  const rules = make("div", { class: "chips" });
  const list = make("ol", { class: "entries" });
  root.append(
    make("div", { class: "head" }, [make("h2", { text: "Passes" }), choice, make("span", { class: "space" }),
      make("div", { class: "stepbar" }, [button("‹", "the stage before", -1), slider, button("›", "the next stage", 1)])]),
    make("div", { class: "halves" }, [make("div", { class: "scroll" }, [table]), make("div", {}, [told, rules, list])]),
  );

  const passes = () => content.passes[chosen];
  const original = () => content.graphs.find((graph) => graph.key === passes().key) || content.graphs[0];

  /* The picture of a stage: that of the one before, with what changed. */
  function pictureAt(stage) {
    let { nodes, boxes, edges } = original();
    for (const { change } of passes().steps.slice(0, stage)) {
      if (!change) continue;
      const gone = new Set(change.gone);
      const kept = (all) => Object.fromEntries(Object.entries(all).filter(([id]) => !gone.has(id)));
      nodes = { ...kept(nodes), ...change.nodes };
      boxes = { ...kept(boxes), ...change.boxes };
      edges = change.edges;
    }
    return { ...original(), nodes, boxes, edges };
  }

  function choose(index) {
    chosen = index;
    slider.max = passes().steps.length;
    const costs = [{ name: "as written", ...passes(), fired: [] }, ...passes().steps];
    const head = ["", "nodes", "bytes moved", "flops", "rules"];
    table.replaceChildren(
      make("thead", {}, [make("tr", {}, head.map((text) => make("th", { text, scope: "col" })))]),
      make("tbody", {}, costs.map((one, index) => stageRow(one, costs[index - 1], index))),
    );
    go(0);
  }

  function stageRow(one, before, index) {
    const fired = one.fired.reduce((sum, [, count]) => sum + count, 0);
    const cell = (name, show) => make("td", { class: before && before[name] !== one[name] ? "changed" : null, text: show(one[name]) });
    return make("tr", { "data-stage": index, on: { click: () => go(index) } }, [
      make("th", { scope: "row" }, [make("button", { type: "button", class: "plain", text: one.name, title: one.account })]),
      cell("nodes", format.number), cell("moved", format.bytes), cell("flops", format.number),
      make("td", { text: fired ? format.number(fired) : "" }),
    ]);
  }

  function go(stage) {
    at = Math.max(0, Math.min(passes().steps.length, stage));
    rule = null;
    slider.value = at;
    for (const row of table.querySelectorAll("tbody tr")) row.setAttribute("aria-current", Number(row.dataset.stage) === at);
    const step = passes().steps[at - 1];
    slider.setAttribute("aria-valuetext", step ? step.name : "as written");
    describe(step);
    if (!step) return page.stage(null);
    const drawn = passes().steps.slice(0, at).some(({ change }) => change);
    page.stage({ name: `after ${step.name}, stage ${at} of ${passes().steps.length}`, nodes: step.touched, graph: drawn ? pictureAt(at) : original() });
  }

  function describe(step) {
    const assumed = passes().assumed.length ? ` Sizes nobody said (${passes().assumed.join(", ")}) count as 64.` : "";
    if (!step) {
      told.textContent = `The graph as both a user and the fingerprint see it. Move on to see what is made of it before it is compiled.${assumed}`;
      rules.replaceChildren();
      list.replaceChildren();
      return;
    }
    const lost = step.removed.length ? ` ${format.number(step.removed.length)} of the nodes before it are gone.` : "";
    told.textContent = `${step.name}: ${step.account}.${step.change || step.entries.length ? "" : " It found nothing to do."}${lost}${assumed}`;
    rules.replaceChildren(...step.fired.map(([name, count]) => make("button", {
      type: "button", "aria-pressed": String(rule === name), text: `${name} ×${count}`,
      on: { click: () => { rule = rule === name ? null : name; describe(step); } },
    })));
    const shown = step.entries.filter((entry) => rule === null || entry.rule === rule);
    list.replaceChildren(...shown.map(entryItem));
    const all = step.fired.reduce((sum, [, count]) => sum + count, 0);
    if (all > step.entries.length) list.append(make("li", { class: "quiet", text: `and ${format.number(all - step.entries.length)} more` }));
  }

  function entryItem(entry) {
    const point = () => {
      if (entry.nodes.length) page.select({ nodes: entry.nodes, from: "passes" });
      else page.highlightLines(entry.lines);
    };
    const leave = () => {
      page.select({ nodes: [], from: "passes" });
      page.highlightLines({});
    };
    return make("li", { tabindex: 0, on: { pointerenter: point, pointerleave: leave, focus: point, blur: leave } }, [
      make("span", { class: "rule", text: entry.rule }), make("span", { class: "where", text: entry.where }),
      make("code", { class: "before", text: entry.before }), make("code", { class: "after", text: entry.after }),
    ]);
  }

  page.key("]", "the next pass", () => go(at + 1));
  page.key("[", "the pass before", () => go(at - 1));
  page.on("ready", () => choose(0));
};
