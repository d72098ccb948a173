"use strict";
/* The ways of edges: from what stands for one end to what stands for the other, through the lanes between. */
bifront.routes = function (composed, scale) {
  const { places, lanes, edges, chain } = composed;
  const found = new Map();

  /* What stands for a node at this scale: boxes too small to see into stand for what is in them. */
  function stand(id) {
    let last = id;
    for (const step of chain(id)) {
      const place = places.get(step);
      if (!place) return last;
      if (place.least > scale) return last;
      last = step;
      if (!place.open) return step;
    }
    return last;
  }
  /* The lanes that lead from something out of the boxes around it, up to a box; and from there into boxes. */
  function leaving(id, box) {
    const steps = chain(id);
    const found = [];
    for (let i = steps.length - 2; steps[i] !== box; i--) found.push(...(lanes.get(`${steps[i]} ${steps[i + 1]}>`) || []));
    return found;
  }
  function entering(id, box) {
    const steps = chain(id);
    const found = [];
    for (let i = steps.indexOf(box) + 1; i < steps.length - 1; i++) found.push(...(lanes.get(`${steps[i]} >${steps[i + 1]}`) || []));
    return found;
  }
  const stands = new Map();
  function standing(id) {
    if (!stands.has(id)) stands.set(id, stand(id));
    return stands.get(id);
  }

  for (const { tail, head, box, a, b, reference } of edges) {
    const from = standing(tail), to = standing(head);
    if (from === to || chain(head).includes(from) || chain(tail).includes(to)) continue;
    const key = `${from}>${to}${reference ? "!" : ""}`;
    if (found.has(key)) {
      found.get(key).pairs.push([tail, head]);
      continue;
    }
    const far = from !== a || to !== b;
    found.set(key, {
      key, ends: [from, to], pairs: [[tail, head]], reference,
      kind: reference ? "reference" : far ? "far" : "near",
      lanes: [...leaving(from, box), ...(lanes.get(`${box} ${a}>${b}`) || []), ...entering(to, box)],
    });
  }

  const routes = [...found.values()];
  const ports = { 0: new Map(), 1: new Map() };
  for (const route of routes) {
    for (const end of [0, 1]) {
      if (!ports[end].has(route.ends[end])) ports[end].set(route.ends[end], []);
      ports[end].get(route.ends[end]).push(route);
    }
  }
  const middle = (id) => places.get(id).x + places.get(id).w / 2;
  /* Where it goes first, seen from one end: what orders the edges at that end. */
  const towards = (route, end) => {
    if (route.lanes.length) return end ? route.lanes[route.lanes.length - 1][0] : route.lanes[0][0];
    return middle(route.ends[1 - end]);
  };
  for (const end of [0, 1]) {
    for (const [id, here] of ports[end]) {
      here.sort((p, q) => towards(p, end) - towards(q, end));
      const step = Math.min(12, (places.get(id).w - 16) / Math.max(1, here.length));
      here.forEach((route, index) => {
        const x = middle(id) + (index - (here.length - 1) / 2) * step;
        const place = places.get(id);
        route[end ? "end" : "start"] = [x, end ? place.y : place.y + place.h];
      });
    }
  }
  for (const route of routes) {
    const { start, end } = route;
    // The arrow's tip ends at the box.
    const tip = [end[0], end[1] - 1];
    const middlePoints = route.lanes.flatMap(([x, top, bottom]) => [[x, top], [x, bottom]]);
    // A line that has hardly anywhere to go sideways goes straight.
    if (!middlePoints.length && Math.abs(start[0] - tip[0]) < 3) tip[0] = start[0];
    route.points = [start, ...middlePoints, tip];
    const xs = route.points.map(([x]) => x), ys = route.points.map(([, y]) => y);
    route.bounds = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  }
  return { routes, standing };
};
