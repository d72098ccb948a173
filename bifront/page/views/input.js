"use strict";
/* Pointer: dragging moves, two fingers and the wheel zoom, a click pins or folds, pointing lights up. */
bifront.pointing = function (canvas, graph) {
  const pointers = new Map();
  let dragged = null;
  let pointed = null;

  function at(target, selector) {
    const element = target.closest && target.closest(selector);
    return element && canvas.contains(element) ? element.dataset : {};
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    dragged = { moved: false, target: event.target };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId) || !dragged) return;
    const [x, y] = pointers.get(event.pointerId);
    const dx = event.clientX - x, dy = event.clientY - y;
    if (!dragged.moved && Math.hypot(dx, dy) < 4) return;
    if (!dragged.moved) {
      dragged.moved = true;
      canvas.setPointerCapture(event.pointerId);
      canvas.classList.add("dragging");
    }
    if (pointers.size === 2) {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const box = canvas.getBoundingClientRect();
      const before = Math.hypot(x - other[0], y - other[1]);
      const now = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
      const middle = [(event.clientX + other[0]) / 2 - box.left, (event.clientY + other[1]) / 2 - box.top];
      if (before > 0) graph.zoom(now / before, middle);
    } else {
      graph.pan(dx, dy);
    }
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      const pressed = pointers.delete(event.pointerId) && dragged;
      canvas.classList.remove("dragging");
      if (!pressed || dragged.moved || name === "pointercancel") return;
      const { fold } = at(dragged.target, "[data-fold]");
      if (fold) graph.toggle(fold);
      else graph.pin(at(dragged.target, "[data-id]").id);
    });
  }
  canvas.addEventListener("dblclick", (event) => {
    const { id } = at(event.target, "[data-id]");
    if (id && !at(event.target, "[data-fold]").fold) graph.toggle(id);
  });
  canvas.addEventListener("pointerover", (event) => {
    if (pointers.size) return;
    const { edge } = at(event.target, "[data-edge]");
    const { id } = at(event.target, "[data-id]");
    if ((edge || id) === pointed) return;
    pointed = edge || id;
    if (edge) graph.pointEdge(edge);
    else graph.point(id);
  });
  canvas.addEventListener("pointerleave", () => {
    pointed = null;
    graph.point(undefined);
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = canvas.getBoundingClientRect();
    const factor = Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015));
    graph.zoom(factor, [event.clientX - box.left, event.clientY - box.top]);
  }, { passive: false });
};

/* Keyboard, while the graph has the focus. */
bifront.typing = function (canvas, graph) {
  const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key] && event.shiftKey) graph.walk(event.key);
    else if (moves[event.key]) graph.pan(...moves[event.key]);
    else if (event.key === "Enter") graph.pin();
    else if (event.key === " ") graph.toggle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
};
