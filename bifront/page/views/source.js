"use strict";
/* One script: its lines light up with the nodes that they made, and light these up. */
bifront.views.source = function (root, content, page) {
  const side = content.sides[Number(root.dataset.side)];
  const title = page.make("h2", {}, [
    page.make("span", { class: "style", text: side.style }),
    page.make("span", { class: "file", text: side.name }),
  ]);
  const list = page.make("ol", { class: "code", "aria-label": `${side.style}: ${side.name}` });
  const lines = side.lines.map((html, index) => {
    const number = index + side.first;
    const nodes = page.nodesOf(side.key, number);
    const code = page.make("code");
    code.innerHTML = html; // written by the highlighter, which escapes
    // What further graphs have of a line is the same again.
    const main = nodes.filter((id) => (content.graphs || []).some((graph) => graph.nodes[id]));
    const count = main.length || nodes.length;
    const made = count === 1 ? "1 node" : `${count} nodes`;
    const line = page.make("li", { class: nodes.length ? "live" : null, "data-line": number }, [
      page.make("span", { class: "number", text: number, "aria-hidden": "true" }),
      page.make("span", { class: "count", text: count > 999 ? "999+" : count || "", title: count ? made : null, "aria-hidden": "true" }),
      code,
    ]);
    if (nodes.length) {
      line.tabIndex = -1;
      line.setAttribute("role", "button");
      line.setAttribute("aria-label", `line ${number}, ${made}: ${code.textContent.trim()}`);
      const point = () => page.select({ nodes, from: "source" });
      const leave = () => page.select({ nodes: [], from: "source" });
      line.addEventListener("pointerenter", point);
      line.addEventListener("pointerleave", leave);
      line.addEventListener("focus", point);
      line.addEventListener("blur", leave);
      line.addEventListener("click", () => page.pin({ nodes, from: "source" }));
      line.addEventListener("keydown", (event) => keyed(event, line, nodes));
    }
    return line;
  });
  const live = lines.filter((line) => line.classList.contains("live"));
  if (live.length) live[0].tabIndex = 0;
  list.append(...lines);
  root.append(title, list);

  function keyed(event, line, nodes) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = live[live.indexOf(line) + step];
      if (next) {
        line.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
    } else if (event.key === "Enter" || event.key === " ") {
      page.pin({ nodes, from: "source" });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  let lit = new Set();
  let marked = new Set();
  page.on("select", ({ nodes, from, pinned }) => {
    const now = page.linesOf(nodes)[side.key] || new Set();
    change(lit, now, "lit");
    lit = now;
    root.classList.toggle("pinned", pinned.size > 0);
    const inside = document.activeElement && list.contains(document.activeElement);
    if (now.size && !(from === "source" && (inside || list.matches(":hover")))) {
      reveal(lines[Math.min(...now) - side.first]);
    }
  });
  page.on("lines", (all) => {
    const now = new Set(all[side.key] || []);
    change(marked, now, "marked");
    marked = now;
  });

  function change(before, now, name) {
    for (const n of before) if (lines[n - side.first]) lines[n - side.first].classList.remove(name);
    for (const n of now) if (lines[n - side.first]) lines[n - side.first].classList.add(name);
  }

  function reveal(line) {
    if (!line) return;
    const top = line.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + line.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top - list.clientHeight / 3;
    }
  }
};
