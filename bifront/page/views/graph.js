"use strict";
/* The graph: zoom, pan, folding, and the nodes that lines light up. Only what is in view is in the document. */
bifront.views.graph = function (root, content, page) {
  const MARGIN = 0.5, SMALLEST = 0.02, LARGEST = 3;
  const make = page.make, svg = page.svg;

  const pictures = [...content.graphs, ...content.further];
  let picture = pictures[0], chosen = picture;
  let choice = null;
  let composed, routed, drawing;
  let view = { x: 0, y: 0, scale: 1 };
  let drawn = null; // what part of the plane, at which scale, the document holds now
  let asked = false;
  let lit = new Set(), touched = new Set(), cursor = null;
  const folds = new Map();

  const frames = svg("g"), lines = svg("g"), nodes = svg("g");
  const plane = svg("g", { class: "plane" }, [frames, lines, nodes]);
  const arrows = ["near", "lit"].map((name) =>
    svg("marker", { id: `arrow-${name}`, class: `arrow ${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" }, [
      svg("path", { d: "M0 0.5L8 4L0 7.5z" }),
    ]),
  );
  const canvas = svg("svg", { class: "canvas", tabindex: 0, role: "application", "aria-label": "graph: arrow keys move it, plus and minus zoom, shift with arrow keys walks along its edges" }, [
    svg("defs", {}, arrows), plane,
  ]);
  const detail = make("div", { class: "detail", "aria-live": "polite" });
  const stageName = make("p", { class: "stage", hidden: true });
  const bar = toolbar();
  const legend = make("ul", { class: "legend", "aria-label": "colours" });
  root.append(bar, stageName, make("div", { class: "stageplane" }, [canvas]), detail, legend);

  function toolbar() {
    const button = (text, label, fn) => make("button", { type: "button", title: label, "aria-label": label, text, on: { click: fn } });
    if (pictures.length > 1) {
      choice = make("select", { "aria-label": "which graph", on: { change: (e) => use(pictures[Number(e.target.value)]) } },
        pictures.map((g, index) => make("option", { value: index, text: g.title })));
    }
    return make("div", { class: "bar" }, [
      choice || make("h2", { text: "Graph" }), make("span", { class: "space" }),
      button("−", "zoom out", () => zoom(1 / 1.3)), button("+", "zoom in", () => zoom(1.3)),
      button("Fit", "show all of it", fit),
      button("Fold", "fold all", () => foldAll(false)), button("Unfold", "unfold all", () => foldAll(true)),
    ]);
  }

  const isOpen = (id) => {
    const key = `${picture.fingerprint} ${id}`;
    return folds.has(key) ? folds.get(key) : picture.boxes[id].open;
  };

  function use(next, stay) {
    if (drawing) drawing.clear();
    picture = next;
    if (pictures.includes(next)) chosen = next;
    if (choice) choice.value = pictures.indexOf(chosen);
    drawing = bifront.drawing(page, picture, { frames, lines, nodes });
    cursor = null;
    compose();
    if (stay) refresh();
    else home();
    showLegend();
  }

  function compose() {
    composed = bifront.compose(picture, isOpen, drawing.sizeOf);
    drawing.clear();
    routed = null;
    drawn = null;
  }

  /* Show it from the top, as large as its width allows. */
  function home() {
    const { width } = extent();
    placed = canvas.clientWidth > 0;
    const scale = Math.max(0.8, Math.min(1, width / composed.w));
    const tops = [...composed.places.values()].filter((place) => !place.open).sort((p, q) => p.y - q.y);
    const wide = composed.w * scale > width && tops.length;
    const middle = wide ? tops[0].x + tops[0].w / 2 : composed.w / 2;
    view = { scale, x: width / 2 - middle * scale, y: 8 };
    refresh();
  }

  function fit() {
    const { width, height } = extent();
    const scale = clamp(Math.min(width / composed.w, height / composed.h, 1));
    view = { scale, x: (width - composed.w * scale) / 2, y: Math.max(0, (height - composed.h * scale) / 2) };
    refresh();
  }

  let measured = null;
  function extent() {
    if (!measured || !measured.width) measured = { width: canvas.clientWidth || 600, height: canvas.clientHeight || 500 };
    return measured;
  }
  // Behind a tab it has no size: it is placed when it is first seen.
  let placed = false;
  new ResizeObserver(() => {
    measured = null;
    if (!canvas.clientWidth || !drawing) return;
    if (placed) refresh();
    else home();
  }).observe(canvas);

  function clamp(scale) {
    return Math.min(LARGEST, Math.max(Math.min(SMALLEST, extent().width / composed.w, extent().height / composed.h), scale));
  }

  function zoom(factor, at) {
    const { width, height } = extent();
    const [cx, cy] = at || [width / 2, height / 2];
    const scale = clamp(view.scale * factor);
    const by = scale / view.scale;
    view = { scale, x: cx - (cx - view.x) * by, y: cy - (cy - view.y) * by };
    refresh();
  }

  function pan(dx, dy) {
    const { width, height } = extent();
    const keep = 40; // so much of it stays in view
    const x = Math.min(width - keep, Math.max(keep - composed.w * view.scale, view.x + dx));
    const y = Math.min(height - keep, Math.max(keep - composed.h * view.scale, view.y + dy));
    view = { ...view, x, y };
    refresh();
  }

  function refresh() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  }

  function draw() {
    const { width, height } = extent();
    plane.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    const seen = [-view.x / view.scale, -view.y / view.scale, (width - view.x) / view.scale, (height - view.y) / view.scale];
    if (drawn && drawn.scale === view.scale && seen[0] >= drawn.box[0] && seen[1] >= drawn.box[1] && seen[2] <= drawn.box[2] && seen[3] <= drawn.box[3]) return;
    canvas.classList.toggle("distant", view.scale < 0.4);
    const mx = (seen[2] - seen[0]) * MARGIN, my = (seen[3] - seen[1]) * MARGIN;
    const box = [seen[0] - mx, seen[1] - my, seen[2] + mx, seen[3] + my];
    // Ways change with the scale only where boxes become too small to see into.
    const level = Math.max(0, ...[...leasts()].filter((least) => least <= view.scale));
    if (!routed || routed.level !== level) {
      routed = bifront.routes(composed, view.scale);
      routed.level = level;
      drawing.show("lines", new Map());
      drawing.show("nodes", new Map());
      drawing.show("frames", new Map());
    }
    const wanted = { frames: new Map(), nodes: new Map(), lines: new Map() };
    for (const place of composed.places.values()) {
      if (place.id === "root" || place.least > view.scale || !meets(box, place.x, place.y, place.x + place.w, place.y + place.h)) continue;
      const open = place.open && Math.max(place.least, 44 / place.w, 30 / place.h) <= view.scale;
      wanted[open ? "frames" : "nodes"].set(place.id, () => (open ? drawing.frame(place) : drawing.node(place)));
    }
    for (const route of routed.routes) {
      if (route.reference && !route.pairs.some((pair) => lit.has(pair[0]) || lit.has(pair[1]))) continue;
      if (!meets(box, ...route.bounds)) continue;
      wanted.lines.set(route.key, () => drawing.edge(route));
    }
    for (const layer in wanted) drawing.show(layer, wanted[layer]);
    drawn = { box, scale: view.scale };
    mark();
  }

  function leasts() {
    if (!composed.leasts) composed.leasts = new Set([...composed.places.values()].map((place) => place.least));
    return composed.leasts;
  }

  function meets(box, left, top, right, bottom) {
    return left <= box[2] && right >= box[0] && top <= box[3] && bottom >= box[1];
  }

  /* Classes for what is selected: on nodes, on folded boxes that hold some, on edges. */
  function mark() {
    if (!routed) return;
    const standing = new Set([...lit].filter(known).map(routed.standing));
    const marked = new Set([...touched].filter(known).map(routed.standing));
    for (const layer of ["nodes", "frames"]) {
      for (const [id, element] of drawing.elements.get(layer) || []) {
        element.classList.toggle("lit", standing.has(id));
        element.classList.toggle("touched", marked.has(id));
        element.classList.toggle("cursor", id === cursor);
      }
    }
    const there = drawing.elements.get("lines") || new Map();
    for (const route of routed.routes) {
      const element = there.get(route.key);
      if (!element) continue;
      const on = lit.size > 0 && route.pairs.some((pair) => lit.has(pair[0]) || lit.has(pair[1]));
      element.classList.toggle("lit", on);
    }
  }

  function known(id) {
    return picture.nodes[id] !== undefined;
  }

  function within(id) {
    const box = picture.boxes[id];
    const own = picture.nodes[id] ? [id] : [];
    return box ? own.concat(box.rows.flat().filter((name) => !name.includes(">")).flatMap(within)) : own;
  }

  /* Folding keeps what was clicked where it is. */
  function fold(id, open) {
    const before = composed.places.get(id);
    folds.set(`${picture.fingerprint} ${id}`, open);
    compose();
    const after = composed.places.get(id);
    if (before && after) {
      view.x += (before.x + before.w / 2 - after.x - after.w / 2) * view.scale;
      view.y += (before.y - after.y) * view.scale;
    }
    refresh();
  }

  function foldAll(open) {
    for (const id in picture.boxes) if (id !== "root") folds.set(`${picture.fingerprint} ${id}`, open || picture.boxes[id].kind === "phase");
    compose();
    home();
  }

  /* Bring nodes into view, if none of them is. */
  function reveal(ids) {
    const places = ids.filter(known).map((id) => composed.places.get(composed.shown(id))).filter(Boolean);
    if (!places.length) return;
    const { width, height } = extent();
    const inView = (p) => meets([0, 0, width, height], p.x * view.scale + view.x + 20, p.y * view.scale + view.y + 20, (p.x + p.w) * view.scale + view.x - 20, (p.y + p.h) * view.scale + view.y - 20);
    if (places.some(inView)) return;
    const p = places[0];
    view = { ...view, x: width / 2 - (p.x + p.w / 2) * view.scale, y: height / 3 - p.y * view.scale };
    refresh();
  }

  function describe(ids) {
    detail.replaceChildren();
    const shown = [...ids].filter(known);
    if (!shown.length && ids.size) {
      const home = pictures.find((one) => [...ids].some((id) => one.nodes[id]));
      const text = home ? `This is in another graph: ${home.title}. A click shows it.` : "This is in no graph that is shown.";
      detail.append(make("p", { class: "hint", text }));
      return;
    }
    if (!shown.length) {
      detail.append(make("p", { class: "hint", text: "Point at a line or a node; click keeps it. Press ? for the keys." }));
      return;
    }
    for (const id of shown.slice(0, 3)) {
      const node = picture.nodes[id];
      const places = Object.entries(node.where).map(([key, where]) => make("span", { class: "where", text: `${key} ${where}` }));
      detail.append(make("p", { class: "item" }, [make("code", { text: node.text }), ...places]));
    }
    if (shown.length > 3) detail.append(make("p", { class: "hint", text: `and ${shown.length - 3} more` }));
  }

  /* What flows along an edge: types, from where to where. */
  function describeEdge(pairs) {
    const name = (id) => picture.nodes[id].label;
    const flows = pairs.flatMap(([tail, head]) => composed.edges.filter((e) => e.tail === tail && e.head === head));
    const items = flows.slice(0, 3).map((e) =>
      make("p", { class: "item" }, [make("code", { text: e.type }), make("span", { class: "where", text: `${name(e.tail)} → ${name(e.head)}` })]));
    if (flows.length > 3) items.push(make("p", { class: "hint", text: `and ${flows.length - 3} more` }));
    detail.replaceChildren(...items);
  }

  function showLegend() {
    const kinds = new Map();
    for (const node of Object.values(picture.nodes)) {
      if (node.relation) kinds.set(`relation-${node.relation}`, content.relations[node.relation]);
      else if (!["output", "written"].includes(node.kind)) kinds.set(`kind-${node.kind}`, node.kind);
    }
    legend.replaceChildren(...[...kinds].map(([kind, name]) => make("li", {}, [make("span", { class: `swatch ${kind}` }), name])));
  }

  /* What the pointer is over. */
  function point(id) {
    page.select({ nodes: id && !(picture.boxes[id] && isOpen(id)) ? within(id) : [], from: "graph" });
  }

  function pointEdge(key) {
    const { pairs } = routed.routes.find((route) => route.key === key);
    page.select({ nodes: [...new Set(pairs.flat())], from: "graph" });
    describeEdge(pairs);
  }

  function pin(id) {
    cursor = id;
    page.pin({ nodes: id ? within(id) : [], from: "graph" });
  }

  const toggle = (id) => picture.boxes[id] && fold(id, !isOpen(id));

  /* The cursor goes down to a user, up to an operand, left and right within the row. */
  function walk(key) {
    const { places } = composed;
    const at = cursor && places.get(cursor);
    let next = null;
    if (!at) {
      next = [...places.values()].filter((p) => !p.open).sort((p, q) => p.y - q.y || p.x - q.x)[0];
    } else if (key === "ArrowLeft" || key === "ArrowRight") {
      const sign = key === "ArrowRight" ? 1 : -1;
      const middle = at.y + at.h / 2;
      next = [...places.values()]
        .filter((p) => p.id !== at.id && (!p.open || p.id !== "root") && sign * (p.x - at.x) > 0 && p.y <= middle && p.y + p.h >= middle && p.parent === at.parent)
        .sort((p, q) => sign * (p.x - q.x))[0];
    } else {
      const end = key === "ArrowDown" ? 0 : 1;
      const near = routed.routes.filter((r) => !r.reference && r.ends[end] === cursor).map((r) => places.get(r.ends[1 - end]));
      next = near.sort((p, q) => Math.abs(p.x - at.x) - Math.abs(q.x - at.x))[0];
    }
    if (!next) return;
    cursor = next.id;
    page.select({ nodes: within(cursor), from: "graph" });
    const { width, height } = extent();
    const x = (next.x + next.w / 2) * view.scale + view.x, y = (next.y + next.h / 2) * view.scale + view.y;
    if (x < 30 || y < 30 || x > width - 30 || y > height - 30) pan(width / 2 - x, height / 2 - y);
    mark();
  }

  bifront.pointing(canvas, { zoom, pan, toggle, pin, point, pointEdge });
  bifront.typing(canvas, { pan, walk, pin: () => cursor && pin(cursor), toggle: () => cursor && toggle(cursor) });
  page.key("+", "zoom in", () => zoom(1.3));
  page.key("=", "", () => zoom(1.3));
  page.key("-", "zoom out", () => zoom(1 / 1.3));
  page.key("0", "show all of the graph", fit);
  page.key("f", "fold all", () => foldAll(false));
  page.key("u", "unfold all", () => foldAll(true));

  page.on("select", ({ nodes: now, from, pinned }) => {
    // What is pinned and is not here is somewhere else: go there.
    if (now.size && now === pinned && ![...now].some(known)) {
      const home = pictures.find((one) => [...now].some((id) => one.nodes[id]));
      if (home) use(home);
    }
    const references = routed && routed.routes.some((r) => r.reference);
    lit = now;
    if (references) drawn = null;
    if (from !== "graph" && now.size) reveal([...now]);
    if (references) refresh();
    else mark();
    describe(now);
  });
  page.on("tab", () => {
    if (lit.size) reveal([...lit]);
  });
  page.on("stage", (stage) => {
    touched = new Set((stage && stage.nodes) || []);
    const next = (stage && stage.graph) || chosen;
    stageName.hidden = !stage;
    stageName.textContent = stage ? stage.name : "";
    if (next !== picture) use(next, next.key === picture.key);
    else mark();
  });
  page.on("ready", () => {
    measured = null;
    use(picture);
    describe(new Set());
  });
  page.graph = { fold, isOpen, fit, view: () => ({ ...view }), pan, zoom };
};
