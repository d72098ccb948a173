"use strict";
/* The bus between views, and what they share. README.md in this folder is the contract. */
const bifront = { views: {} };

bifront.page = function (content) {
  const listeners = new Map();
  const pictures = [...(content.graphs || []), ...content.further];
  const keys = [];
  const empty = new Set();
  let pinned = empty;
  let staged = [];

  const page = {
    keys,
    on(event, fn) {
      if (!listeners.has(event)) listeners.set(event, []);
      listeners.get(event).push(fn);
    },
    emit(event, data) {
      for (const fn of listeners.get(event) || []) fn(data);
    },
    select({ nodes, from }) {
      const shown = nodes.length ? new Set(nodes) : pinned;
      page.emit("select", { nodes: shown, from, pinned });
    },
    pin({ nodes, from }) {
      const again = nodes.length === pinned.size && nodes.every((id) => pinned.has(id));
      pinned = again ? empty : new Set(nodes);
      page.emit("select", { nodes: pinned, from, pinned });
    },
    stage(stage) {
      staged = stage && stage.graph ? [stage.graph] : [];
      page.emit("stage", stage);
    },
    highlightLines(lines) {
      page.emit("lines", lines);
    },
    nodesOf(key, line) {
      return byLine.get(`${key}:${line}`) || [];
    },
    linesOf(nodes) {
      const found = Object.fromEntries(content.keys.map((key) => [key, new Set()]));
      for (const id of nodes) {
        for (const graph of [...pictures, ...staged]) {
          const lines = graph.nodes[id] ? graph.nodes[id].lines : {};
          for (const key in lines) for (const line of lines[key]) found[key].add(line);
        }
      }
      return found;
    },
    key(key, label, fn) {
      keys.push({ key, label, fn });
    },
    make(tag, attributes, children) {
      return build(document.createElement(tag), attributes, children);
    },
    svg(tag, attributes, children) {
      return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
    },
    format: {
      number(x) {
        if (x === null || x === undefined) return "–";
        if (!Number.isFinite(x)) return String(x);
        if (Number.isInteger(x) && Math.abs(x) < 1e15) return x.toLocaleString("en");
        const size = Math.abs(x);
        return size >= 1e-3 && size < 1e6 ? String(Number(x.toPrecision(4))) : x.toExponential(2);
      },
      bytes(n) {
        return scaled(n, [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"], [1, "B"]]);
      },
      seconds(t) {
        return scaled(t, [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]]);
      },
    },
  };

  const byLine = new Map();
  for (const graph of pictures) {
    for (const node of Object.values(graph.nodes)) {
      for (const key in node.lines) {
        for (const line of node.lines[key]) {
          const at = `${key}:${line}`;
          if (!byLine.has(at)) byLine.set(at, []);
          if (!byLine.get(at).includes(node.id)) byLine.get(at).push(node.id);
        }
      }
    }
  }

  function build(element, attributes = {}, children = []) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "text") element.textContent = value;
      else if (name === "on") for (const e in value) element.addEventListener(e, value[e]);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  function scaled(x, units) {
    if (x === null || x === undefined) return "–";
    const [unit, name] = units.find(([u]) => Math.abs(x) >= u) || units[units.length - 1];
    return `${Number((x / unit).toPrecision(3))} ${name}`;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest && event.target.closest("input, select, textarea, dialog")) return;
    const found = keys.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.fn(event);
  });
  return page;
};

document.addEventListener("DOMContentLoaded", () => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const page = bifront.page(content);
  for (const root of document.querySelectorAll("[data-view]")) {
    const view = bifront.views[root.dataset.view];
    const part = root.dataset.part;
    const there = part === undefined || (content[part] !== null && content[part] !== undefined);
    root.hidden = !view || !there;
    if (view && there) view(root, content, page);
  }
  page.key("Escape", "let go of what is pinned", () => page.pin({ nodes: [], from: "keyboard" }));
  bifront.content = content;
  bifront.ready = page;
  page.emit("ready");
});
