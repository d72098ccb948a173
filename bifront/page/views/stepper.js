"use strict";
/* One run, step by step: what each node held. */
bifront.views.stepper = function (root, content, page) {
  const { make, svg, format } = page;
  const WIDTH = 320, HEIGHT = 88;
  let chosen = 0, at = 0;
  let pinned = new Set(), moving = false;

  const button = (text, label, to) => make("button", { type: "button", text, title: label, "aria-label": label, on: { click: () => go(to()) } });
  const slider = make("input", { type: "range", min: 1, value: 1, "aria-label": "step of the run", on: { input: () => go(Number(slider.value) - 1) } });
  const place = make("span", { class: "quiet place" });
  const warn = make("button", { type: "button", class: "warn", hidden: true });
  const choice = content.values.length > 1
    ? make("select", { "aria-label": "the run of which program", on: { change: (e) => choose(Number(e.target.value)) } },
        content.values.map((one, index) => make("option", { value: index, text: one.key })))
    : null;
  const alone = content.graphs.length > 1 && content.values.length === 1;
  const whose = alone ? make("span", { class: "quiet", text: `of ${content.values[0].key}; what the other was given is not to be had` }) : null;
  const strip = svg("svg", { class: "strip", viewBox: "0 0 1000 34", preserveAspectRatio: "none", role: "img", "aria-label": "the largest absolute value of each step, on a logarithmic scale", on: {
    click: (event) => {
      const { left, width } = strip.getBoundingClientRect();
      go(Math.floor(((event.clientX - left) / width) * steps().length));
    },
  } });
  const title = make("div", { class: "computed", "aria-live": "polite" });
  const results = make("div", { class: "results" });
  const operands = make("div", { class: "operands" });
  root.append(
    make("div", { class: "head" }, [
      make("h2", { text: "A run, step by step" }), whose, choice, warn, make("span", { class: "space" }), place,
      make("div", { class: "stepbar" }, [
        button("«", "the first step", () => 0), button("‹", "the step before", () => at - 1), slider,
        button("›", "the next step", () => at + 1), button("»", "the last step", () => steps().length - 1),
      ]),
    ]),
    strip, title, results, operands,
  );

  const steps = () => content.values[chosen].steps;
  const drawing = () => content.graphs.find((graph) => graph.key === content.values[chosen].key) || content.graphs[0];
  const nodeOf = (id) => drawing().nodes[id];
  const find = (id) => steps().findIndex((step) => step.node === id);
  const reading = new Map();

  function choose(index) {
    chosen = index;
    slider.max = steps().length;
    reading.clear();
    for (const [tail, head] of drawing().edges) {
      if (!reading.has(head)) reading.set(head, []);
      if (!reading.get(head).includes(tail)) reading.get(head).push(tail);
    }
    const bad = steps().findIndex((step) => step.values.some((v) => v.nans || v.infinities));
    warn.hidden = bad < 0;
    warn.textContent = bad < 0 ? "" : `NaN or infinity first in step ${bad + 1}`;
    warn.onclick = () => go(bad);
    overview();
    show(0);
  }

  /* One bar for each step, as high as its largest number has digits; red where something is not finite. */
  function overview() {
    const wide = 1000 / steps().length;
    strip.replaceChildren(...steps().map((step, i) => {
      const bad = step.values.some((v) => v.nans || v.infinities);
      const most = Math.max(0, ...step.values.map((v) => Math.max(Math.abs(v.low || 0), Math.abs(v.high || 0))));
      const height = most ? Math.min(30, Math.max(2, 16 + 3 * Math.log10(most))) : 1;
      const node = nodeOf(step.node);
      return svg("rect", { class: bad ? "bad" : null, x: i * wide, y: 34 - (bad ? 34 : height), width: wide * 0.86, height: bad ? 34 : height }, [
        svg("title", { text: `step ${i + 1}: ${node ? node.label : step.node}, at most ${format.number(most)}` }),
      ]);
    }));
  }

  function go(step) {
    show(step);
    const id = steps()[at].node;
    if (nodeOf(id) && !(pinned.size === 1 && pinned.has(id))) {
      moving = true;
      page.pin({ nodes: [id], from: "stepper" });
      moving = false;
    }
  }

  function show(step) {
    at = Math.max(0, Math.min(steps().length - 1, step));
    slider.value = at + 1;
    for (const [i, bar] of [...strip.children].entries()) bar.classList.toggle("now", i === at);
    const { node: id, times, values } = steps()[at];
    const node = nodeOf(id);
    const given = at < content.values[chosen].given;
    place.textContent = `step ${at + 1} of ${steps().length}`;
    slider.setAttribute("aria-valuetext", `${place.textContent}: ${node ? node.label : id}`);
    const where = node ? Object.entries(node.where).map(([key, at]) => make("span", { class: "where", text: `${key} ${at}` })) : [];
    const often = times > 1 ? [make("span", { class: "where", text: `${format.number(times)} iterations, all of them together` })] : [];
    title.replaceChildren(
      make("strong", { text: node ? node.label : id }), make("span", { class: "quiet", text: given ? " given" : " computed" }), ...where, ...often,
      make("code", { text: node ? node.text : "" }),
    );
    results.replaceChildren(...values.map(resultOf));
    const read = (reading.get(id) || []).map((tail) => [tail, find(tail)]).filter(([, index]) => index >= 0);
    operands.replaceChildren(...(read.length ? [make("span", { class: "quiet", text: "reads" })] : []), ...read.map(([tail, index]) =>
      make("button", { type: "button", text: `${nodeOf(tail).label}, step ${index + 1}`, on: { click: () => go(index) } })));
  }

  function resultOf(value) {
    const rows = [
      ["min", value.low], ["mean", value.mean], ["max", value.high], ["NaN", value.nans], ["infinite", value.infinities], ["elements", value.elements],
    ];
    const figure = (name, x) => make("div", { class: x && (name === "NaN" || name === "infinite") ? "bad" : null }, [
      make("dt", { text: name }), make("dd", { text: format.number(x) }),
    ]);
    return make("figure", {}, [
      make("figcaption", {}, [make("code", { text: value.type })]),
      make("dl", {}, rows.map(([name, x]) => figure(name, x))),
      value.bins.length && value.low !== value.high ? histogram(value) : make("p", { class: "quiet", text: inWords(value) }),
      value.iterations.length ? iterations(value) : null,
    ]);
  }

  /* What needs no picture. */
  function inWords({ elements, low }) {
    if (!elements) return "no elements";
    if (low === null) return "nothing finite in it";
    return elements === 1 ? "" : `every number is ${format.number(low)}`;
  }

  function histogram({ bins, low, high }) {
    const most = Math.max(...bins), wide = WIDTH / bins.length;
    const bars = bins.map((count, i) => {
      const height = count ? Math.max(1.5, (count / most) * (HEIGHT - 18)) : 0;
      const from = low + ((high - low) * i) / bins.length, to = low + ((high - low) * (i + 1)) / bins.length;
      return svg("rect", { x: i * wide + 0.5, y: HEIGHT - 16 - height, width: wide - 1, height }, [
        svg("title", { text: `${format.number(count)} from ${format.number(from)} to ${format.number(to)}` }),
      ]);
    });
    const zero = low < 0 && high > 0 ? (-low / (high - low)) * WIDTH : null;
    return svg("svg", { class: "histogram", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `histogram from ${format.number(low)} to ${format.number(high)}, at most ${format.number(most)} in one of ${bins.length} bins` }, [
      ...bars, svg("path", { class: "axis", d: `M0 ${HEIGHT - 15.5}H${WIDTH}` }),
      zero === null ? null : svg("path", { class: "zero", d: `M${zero} 0V${HEIGHT - 12}` }),
      svg("text", { x: 0, y: HEIGHT - 3, text: format.number(low) }),
      svg("text", { x: WIDTH, y: HEIGHT - 3, "text-anchor": "end", text: format.number(high) }),
    ]);
  }

  /* The mean of each iteration, in the band between its smallest and its largest number. */
  function iterations({ iterations: all, low, high }) {
    const told = all.map((one, i) => [i, ...one]).filter(([, mean]) => mean !== null);
    const height = 64, top = 4, range = high - low || 1;
    const x = (i) => (all.length > 1 ? (i / (all.length - 1)) * WIDTH : WIDTH / 2);
    const y = (v) => top + (1 - (v - low) / range) * (height - 20);
    const way = (points) => points.map(([i, v]) => `${x(i).toFixed(1)} ${y(v).toFixed(1)}`).join("L");
    const band = [...told.map(([i, , , most]) => [i, most]), ...told.map(([i, least]) => [i, least]).reverse()];
    return svg("svg", { class: "iterations", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": `mean and range in each of the first ${all.length} iterations` }, told.length ? [
      svg("path", { class: "band", d: `M${way(band)}Z` }), svg("path", { class: "mean", d: `M${way(told.map(([i, , mean]) => [i, mean]))}` }),
      svg("text", { x: 0, y: height - 2, text: "iteration 1" }), svg("text", { x: WIDTH, y: height - 2, "text-anchor": "end", text: format.number(all.length) }),
    ] : []);
  }

  page.on("select", (now) => {
    pinned = now.pinned;
    if (moving || now.from === "stepper" || pinned.size !== 1 || now.nodes !== pinned) return;
    const index = find([...pinned][0]);
    if (index >= 0) show(index);
  });
  page.key("n", "the next step of the run", () => go(at + 1));
  page.key("p", "the step before", () => go(at - 1));
  page.on("ready", () => choose(0));
};
