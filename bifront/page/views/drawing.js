"use strict";
/* The graph as SVG elements: one for each thing that is in view, kept from one drawing to the next. */
bifront.drawing = function (page, picture, layers) {
  const elements = new Map();
  const compared = Object.values(picture.nodes).some((node) => node.relation);
  const SMALL = "10.5px system-ui, sans-serif";
  const parents = bifront.parents(picture);
  const operands = new Map();
  for (const [tail, head] of picture.edges) {
    if (!operands.has(head)) operands.set(head, []);
    operands.get(head).push(tail);
  }

  function cut(text, length) {
    return text.length > length ? `${text.slice(0, length - 1)}…` : text;
  }

  /* What has no edge into the box is written in it: constants, and weights that stand elsewhere. */
  function second(id) {
    const node = picture.nodes[id];
    const named = (operands.get(id) || []).filter((tail) => {
      return ["input", "state", "constant"].includes(picture.nodes[tail].kind) && parents.get(tail) !== parents.get(id);
    });
    const words = [...named.map((tail) => picture.nodes[tail].label.split("/").pop()), ...node.detail];
    return cut(words.join(", "), 34);
  }

  function texts(id) {
    const box = picture.boxes[id];
    if (box) return [cut(bifront.titleOf(picture, box), 42), box.count === 1 ? "1 node" : `${box.count} nodes`];
    const node = picture.nodes[id];
    const label = ["state", "written", "input"].includes(node.kind) ? node.label.split("/").pop() : node.label;
    return [cut(label, 34), second(id)];
  }

  const sizes = new Map();
  function sizeOf(id) {
    if (!sizes.has(id)) {
      const [first, below] = texts(id);
      const w = Math.max(bifront.textWidth(first), below ? bifront.textWidth(below, SMALL) : 0);
      sizes.set(id, [Math.max(44, w + (picture.boxes[id] ? 44 : 24)), below ? 38 : 25]);
    }
    return sizes.get(id);
  }

  /* Make exactly these things be there: `wanted` maps a key to what makes its element. */
  function show(layer, wanted) {
    const there = elements.get(layer) || new Map();
    for (const [key, element] of there) {
      if (!wanted.has(key)) {
        element.remove();
        there.delete(key);
      }
    }
    for (const [key, make] of wanted) {
      if (!there.has(key)) {
        const element = make();
        there.set(key, element);
        layers[layer].append(element);
      }
    }
    elements.set(layer, there);
    return there;
  }

  function frame(place) {
    const box = picture.boxes[place.id];
    return page.svg("g", { class: `frame ${box.kind}`, "data-id": place.id, transform: `translate(${place.x} ${place.y})` }, [
      page.svg("rect", { width: place.w, height: place.h, rx: 8 }),
      toggle(place.id, true, 8, 5),
      page.svg("text", { x: 30, y: 17, text: cut(bifront.titleOf(picture, box), Math.max(4, Math.floor((place.w - 36) / 6.2))) }),
    ]);
  }

  function toggle(id, open, x, y) {
    const box = picture.boxes[id];
    const label = `${open ? "fold" : "unfold"} ${box.label}`;
    return page.svg("g", { class: "toggle", role: "button", "aria-label": label, "data-fold": id, transform: `translate(${x} ${y})` }, [
      page.svg("rect", { width: 15, height: 15, rx: 3 }),
      page.svg("path", { d: open ? "M4 7.5h7" : "M4 7.5h7M7.5 4v7" }),
    ]);
  }

  function node(place) {
    const box = picture.boxes[place.id];
    const [first, below] = texts(place.id);
    // Where two graphs are shown, colours say how they differ.
    const one = picture.nodes[place.id];
    const end = one && ["input", "state", "output", "written"].includes(one.kind);
    const colour = box ? box.kind : compared && !end ? `relation-${one.relation}` : `kind-${one.kind}`;
    const kind = `${box ? "folded" : "node"} ${colour}`;
    const { w, h } = place;
    const left = box ? 22 : 0;
    const children = [];
    if (box && box.kind === "stack") {
      for (const shift of [6, 3]) children.push(page.svg("rect", { class: "behind", x: shift, y: shift, width: w, height: h, rx: 6 }));
    }
    children.push(page.svg("rect", { class: "body", width: w, height: h, rx: kindRadius(place.id, h) }));
    if (!box) children.push(page.svg("rect", { class: "stripe", x: 0, y: 0, width: 4, height: h, rx: 2 }));
    if (box) children.push(toggle(place.id, false, 7, h / 2 - 7.5));
    const x = left + (w - left) / 2 + (box ? 0 : 1);
    children.push(page.svg("text", { class: "label", x, y: below ? 16 : h / 2 + 4, text: first }));
    if (below) children.push(page.svg("text", { class: "below", x, y: 30, text: below }));
    const spoken = box ? `${first}, ${below}, folded` : picture.nodes[place.id].text;
    return page.svg("g", {
      class: kind, "data-id": place.id, role: "img", "aria-label": spoken,
      transform: `translate(${place.x} ${place.y})`,
    }, children);
  }

  function kindRadius(id, h) {
    const node = picture.nodes[id];
    return node && ["input", "state", "output", "written"].includes(node.kind) ? h / 2 : 5;
  }

  function curve(points) {
    let d = `M${points[0][0]} ${points[0][1]}`;
    for (let i = 1; i < points.length; i++) {
      const [x0, y0] = points[i - 1], [x1, y1] = points[i];
      if (x0 === x1) d += `V${y1}`;
      else {
        const bend = Math.max(8, Math.abs(y1 - y0) / 2);
        d += `C${x0} ${y0 + bend} ${x1} ${y1 - bend} ${x1} ${y1}`;
      }
    }
    return d;
  }

  function edge({ key, points, kind, ends }) {
    const d = curve(points);
    // The wide line is not seen: it is what one can point at.
    return page.svg("g", { class: `edge ${kind}`, "data-edge": key, "data-tail": ends[0], "data-head": ends[1] }, [
      page.svg("path", { class: "hit", d }), page.svg("path", { class: "way", d }),
    ]);
  }

  function clear() {
    for (const there of elements.values()) for (const element of there.values()) element.remove();
    elements.clear();
  }

  return { show, frame, node, edge, sizeOf, clear, elements };
};
