"use strict";
/* Where the time of each program went: as a flame picture that hangs from the top, and as a table of its lines. */
bifront.views.timings = function (root, content, page) {
  const { make, svg, format } = page;
  const ROW = 22, LETTER = 6.4, LEAST = 1;
  root.append(make("div", { class: "head" }, [make("h2", { text: "Time" })]));
  for (const timings of content.timings) root.append(flameOf(timings));

  function flameOf({ key, spent, flame, rows }) {
    let top = flame, boxes = [];
    const index = content.keys.indexOf(key);
    const about = make("p", { class: "about", "aria-live": "polite" });
    const picture = svg("svg", { class: "flame", role: "group", "aria-label": `where the time of ${key} went` });
    const back = make("button", { type: "button", text: "All", title: "show all of it", hidden: true, on: { click: () => zoom(flame) } });
    const section = make("div", { class: `timing side-${index}` }, [
      make("div", { class: "head" }, [
        make("h3", { text: key }),
        make("span", { class: "quiet", text: `${format.seconds(spent)} in all, ${format.seconds(flame.spent)} of it in graphs and operations; the rest is Python` }),
        make("span", { class: "space" }), back,
      ]),
      picture, about, table(key, rows, flame.spent),
    ]);
    // Drawn anew it would lose the focus, so only for another width.
    let width = 0;
    new ResizeObserver(() => {
      if (section.clientWidth !== width) draw();
    }).observe(section);

    function zoom(part) {
      top = part;
      back.hidden = part === flame;
      draw();
      const first = picture.querySelector("g");
      if (first) first.focus();
    }

    function draw() {
      width = section.clientWidth;
      if (!width) return;
      boxes = [];
      lay(top, 0, 0, width / (top.spent || 1), null);
      const depth = Math.max(...boxes.map((box) => box.depth)) + 1;
      picture.setAttribute("height", depth * ROW);
      picture.replaceChildren(...boxes.map(boxOf));
      tell(top);
    }

    function lay(part, x, depth, scale, parent) {
      const box = { part, x, depth, width: part.spent * scale, parent, inner: [] };
      boxes.push(box);
      if (parent) parent.inner.push(box);
      for (const inner of part.parts) {
        if (inner.spent * scale >= LEAST) lay(inner, x, depth + 1, scale, box);
        x += inner.spent * scale;
      }
    }

    function boxOf(box) {
      const { part, x, depth, width } = box;
      const fits = Math.floor((width - 8) / LETTER);
      const text = part.name.length <= fits ? part.name : `${part.name.slice(0, fits - 1)}…`;
      const point = () => {
        tell(part);
        light(key, part.line);
      };
      box.element = svg("g", {
        class: `part depth-${Math.min(depth + (top === flame ? 0 : 1), 3)}`, tabindex: box === boxes[0] ? 0 : -1, role: "button",
        "aria-label": `${part.name}: ${format.seconds(part.spent)}`,
        on: { pointerenter: point, focus: point, pointerleave: unlight, blur: unlight, click: () => zoom(part), keydown: (event) => keyed(event, box) },
      }, [
        svg("rect", { x: x + 0.25, y: depth * ROW, width: Math.max(width - 0.75, 0.5), height: ROW - 1.5, rx: 2 }),
        fits >= 4 ? svg("text", { x: x + 5, y: depth * ROW + 14.5, text }) : null,
      ]);
      return box.element;
    }

    function keyed(event, box) {
      const row = box.parent ? box.parent.inner : [box];
      const next = { ArrowLeft: row[row.indexOf(box) - 1], ArrowRight: row[row.indexOf(box) + 1], ArrowUp: box.parent, ArrowDown: box.inner[0] };
      if (event.key === "Enter" || event.key === " ") zoom(box.part);
      else if (event.key === "Backspace") zoom(flame);
      else if (!(event.key in next)) return;
      else if (next[event.key]) next[event.key].element.focus();
      event.preventDefault();
      event.stopPropagation();
    }

    function tell(part) {
      about.textContent = `${part.name}: ${format.seconds(part.spent)}, ${((100 * part.spent) / (flame.spent || 1)).toFixed(1)} %`;
    }
    return section;
  }

  function table(key, rows, whole) {
    const some = rows.some((row) => row.split);
    const body = rows.map((row) => make("tr", { on: { pointerenter: () => light(key, row.line), pointerleave: unlight } }, [
      make("td", { text: row.place }), make("td", { class: "figure", text: `${row.split ? "~ " : ""}${format.seconds(row.spent)}` }),
      make("td", { class: "figure", text: ((100 * row.spent) / (whole || 1)).toFixed(1) }), make("td", { text: row.ops.slice(0, 4).join(", ") + (row.ops.length > 4 ? ", …" : "") }),
      make("td", {}, [make("code", { text: row.source })]),
    ]));
    return make("details", {}, [
      make("summary", { text: `the ${rows.length} lines that took most` }),
      make("div", { class: "scroll" }, [make("table", { class: "times" }, [
        make("thead", {}, [make("tr", {}, ["line", "time", "%", "operations", "source"].map((text) => make("th", { text, scope: "col" })))]),
        make("tbody", {}, body),
      ])]),
      some ? make("p", { class: "about", text: "~ what a kernel for several lines took is split by estimated cost" }) : null,
    ]);
  }

  function light(key, line) {
    if (line === null) return;
    const nodes = page.nodesOf(key, line);
    if (nodes.length) page.select({ nodes, from: "timings" });
    else page.highlightLines({ [key]: [line] });
  }

  function unlight() {
    page.select({ nodes: [], from: "timings" });
    page.highlightLines({});
  }
};
