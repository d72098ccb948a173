"use strict";
/* Positions of everything that is unfolded, from rows that were made ahead and the sizes that boxes have now. */
bifront.compose = function (picture, isOpen, sizeOf) {
  const GAP = 16, ROW = 26, LANE = 8, PAD = 14, HEAD = 24;
  const parents = bifront.parents(picture);
  const reads = new Set(["input", "state", "constant"]);
  const ends = new Set([...reads, "output", "written"]);
  const made = new Map();

  /* One box: its size, and where its children and lanes are in it. */
  function inside(id) {
    if (made.has(id)) return made.get(id);
    const box = picture.boxes[id];
    const rows = box.rows.map((row) =>
      row.map((name) => {
        if (name.includes(">")) return { name, lane: true, w: LANE, h: 0, x: 0, pull: 1, before: [], after: [] };
        const [w, h] = size(name);
        // A weight beside a chain must not draw the chain to its side.
        const pull = picture.nodes[name] && !picture.boxes[name] && ends.has(picture.nodes[name].kind) ? 0.05 : 1;
        return { name, lane: false, w, h, x: 0, pull, before: [], after: [] };
      }),
    );
    link(rows, locals.get(id) || []);
    rows.forEach(pack);
    for (let round = 0; round < 6; round++) {
      for (const row of rows) settle(row, "before");
      for (const row of [...rows].reverse()) settle(row, "after");
    }
    let left = Infinity, right = -Infinity;
    for (const row of rows) for (const cell of row) {
      left = Math.min(left, cell.x - cell.w / 2);
      right = Math.max(right, cell.x + cell.w / 2);
    }
    const framed = id !== "root";
    const head = framed ? HEAD : 0;
    const least = framed ? bifront.textWidth(bifront.titleOf(picture, box)) + 52 : 0;
    const w = Math.max((right > left ? right - left : 0) + 2 * PAD, least);
    const shift = w / 2 - (right > left ? (left + right) / 2 : 0);
    let y = head + PAD / 2;
    for (const row of rows) {
      const h = Math.max(0, ...row.map((cell) => cell.h));
      for (const cell of row) {
        cell.x += shift;
        cell.y = y + h / 2;
        cell.top = y;
        cell.bottom = y + h;
      }
      y += h + ROW;
    }
    const result = { rows, w, h: y - (rows.length ? ROW : 0) + PAD };
    made.set(id, result);
    return result;
  }

  function size(name) {
    if (picture.boxes[name] && isOpen(name)) {
      const { w, h } = inside(name);
      return [w, h];
    }
    return sizeOf(name);
  }

  /* Neighbours of each cell in the rows above and below, along edges and lanes. */
  function link(rows, edges) {
    const at = new Map();
    rows.forEach((row, index) => row.forEach((cell) => at.set(`${index} ${cell.name}`, cell)));
    const rowOf = new Map();
    rows.forEach((row, index) => row.forEach((cell) => cell.lane || rowOf.set(cell.name, index)));
    for (const [tail, head] of edges) {
      const from = rowOf.get(tail), to = rowOf.get(head);
      if (from === undefined || to === undefined || from >= to) continue;
      let above = at.get(`${from} ${tail}`);
      for (let index = from + 1; index <= to; index++) {
        const below = at.get(`${index} ${index === to ? head : `${tail}>${head}`}`);
        if (!below) break;
        above.after.push(below);
        below.before.push(above);
        above = below;
      }
    }
    // The ways out of the box and into it: lanes without a head, and without a tail.
    for (const name of new Set(rows.flat().filter((cell) => cell.lane).map((cell) => cell.name))) {
      const [tail, head] = name.split(">");
      if (tail && head) continue;
      let above = tail ? at.get(`${rowOf.get(tail)} ${tail}`) : null;
      const from = tail ? rowOf.get(tail) + 1 : 0, to = head ? rowOf.get(head) : rows.length - 1;
      for (let index = from; index <= to; index++) {
        const below = at.get(`${index} ${name}`) || (head && index === to ? at.get(`${index} ${head}`) : null);
        if (!below) continue;
        if (above) {
          above.after.push(below);
          below.before.push(above);
        }
        above = below;
      }
    }
  }

  function apart(a, b) {
    return (a.w + b.w) / 2 + (a.lane && b.lane ? 4 : GAP);
  }

  function pack(row) {
    let x = 0;
    row.forEach((cell, index) => {
      if (index) x += apart(row[index - 1], cell);
      cell.x = x;
    });
    row.forEach((cell) => (cell.x -= x / 2));
  }

  /* Each cell as near to its neighbours as the order and the sizes of its row allow: least squares, exactly
     (pool adjacent violators). Lanes weigh more, so that long edges run straight. */
  function settle(row, side) {
    const pools = [];
    let offset = 0;
    row.forEach((cell, index) => {
      if (index) offset += apart(row[index - 1], cell);
      const near = cell[side];
      const weight = near.length ? (cell.lane && near[0].lane ? 8 : 1) : 0.05;
      const pull = near.reduce((sum, n) => sum + n.pull, 0);
      const wanted = near.length ? near.reduce((sum, n) => sum + n.x * n.pull, 0) / pull : cell.x;
      pools.push({ weight: weight * cell.pull, mean: wanted - offset, cells: [[cell, offset]] });
      while (pools.length > 1 && pools[pools.length - 2].mean > pools[pools.length - 1].mean) {
        const b = pools.pop(), a = pools.pop();
        const weight = a.weight + b.weight;
        const mean = (a.mean * a.weight + b.mean * b.weight) / weight;
        pools.push({ weight, mean, cells: a.cells.concat(b.cells) });
      }
    });
    for (const { mean, cells } of pools) for (const [cell, shift] of cells) cell.x = mean + shift;
  }

  const chains = new Map();
  function chain(id) {
    if (!chains.has(id)) chains.set(id, id === "root" ? ["root"] : [...chain(parents.get(id)), id]);
    return chains.get(id);
  }
  /* Where the ways to both ends part: [the box, and its children that hold the ends]. */
  function parting(tail, head) {
    const a = chain(tail), b = chain(head);
    let depth = 0;
    while (depth < a.length && depth < b.length && a[depth] === b[depth]) depth++;
    return depth < a.length && depth < b.length ? [a[depth - 1], a[depth], b[depth]] : null;
  }

  const locals = new Map();
  const edges = [];
  for (const [tail, head, type] of picture.edges) {
    const found = parting(tail, head);
    if (!found) continue;
    const [box, a, b] = found;
    const reference = reads.has(picture.nodes[tail].kind) && parents.get(tail) !== parents.get(head);
    edges.push({ tail, head, type, box, a, b, reference });
    if (reference) continue;
    if (!locals.has(box)) locals.set(box, []);
    locals.get(box).push([a, b]);
  }

  /* Absolute places of all that is unfolded. */
  const places = new Map();
  const lanes = new Map();
  function put(id, x, y, depth, least) {
    const { rows, w, h } = inside(id);
    const here = { id, x, y, w, h, depth, open: true, least, parent: parents.get(id) };
    places.set(id, here);
    // Below this scale, what is in the box would be too small to see: the box stands for it.
    const inner = id === "root" ? 0 : Math.max(least, 44 / w, 30 / h);
    for (const row of rows) for (const cell of row) {
      if (cell.lane) {
        const at = `${id} ${cell.name}`;
        if (!lanes.has(at)) lanes.set(at, []);
        lanes.get(at).push([x + cell.x, y + cell.top, y + cell.bottom]);
      } else if (picture.boxes[cell.name] && isOpen(cell.name)) {
        put(cell.name, x + cell.x - cell.w / 2, y + cell.y - cell.h / 2, depth + 1, inner);
      } else {
        places.set(cell.name, {
          id: cell.name, x: x + cell.x - cell.w / 2, y: y + cell.y - cell.h / 2, w: cell.w, h: cell.h,
          depth: depth + 1, open: false, least: inner, parent: id,
        });
      }
    }
  }
  put("root", 0, 0, 0, 0);

  /* What stands for a node: itself, or the outermost folded box around it. */
  function shown(id) {
    return chain(id).find((step) => places.has(step) && !places.get(step).open) || id;
  }
  return { places, lanes, edges, shown, chain, w: places.get("root").w, h: places.get("root").h };
};

bifront.parents = function (picture) {
  if (!picture.parents) {
    const found = new Map();
    for (const box of Object.values(picture.boxes)) {
      for (const row of box.rows) for (const name of row) if (!name.includes(">")) found.set(name, box.id);
    }
    Object.defineProperty(picture, "parents", { value: found, enumerable: false });
  }
  return picture.parents;
};

bifront.titleOf = function (picture, box) {
  return box.kind === "stack" ? `${box.label}  ×${box.times}` : box.label;
};

bifront.textWidth = (function () {
  const widths = new Map();
  let context = null;
  return function (text, font = "12px system-ui, sans-serif") {
    const key = `${font} ${text}`;
    if (!widths.has(key)) {
      if (!context) context = document.createElement("canvas").getContext("2d");
      context.font = font;
      widths.set(key, context.measureText(text).width);
    }
    return widths.get(key);
  };
})();
