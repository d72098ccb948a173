"use strict";
/* Memory over time: the bytes that are alive in each step of a run. */
bifront.views.memory = function (root, content, page) {
  const { make, svg, format } = page;
  const HEIGHT = 120, TOP = 8, LEFT = 58;
  const names = { numpy: "the reference (NumPy)", native: "native code, fused" };
  root.append(make("div", { class: "head" }, [make("h2", { text: "Memory over time" })]), make("div", { class: "plans" }, content.memory.map(planOf)));

  function planOf(plan) {
    const sizes = Object.entries(plan.sizes).map(([name, n]) => `${name} = ${n}`).join(", ");
    const several = new Set(content.memory.map((one) => one.key)).size > 1;
    const title = `${several ? `${plan.key}, ` : ""}${names[plan.backend] || plan.backend}${sizes ? `, where ${sizes}` : ""}`;
    let at = plan.steps.findIndex((step) => step.alive === plan.peak);
    const about = make("p", { class: "about", "aria-live": "polite" });
    const picture = svg("svg", { class: "alive", height: HEIGHT + 18, tabindex: 0, role: "slider", "aria-label": `${title}: bytes alive`, "aria-valuemin": 1, "aria-valuemax": plan.steps.length });
    const facts = [["at the worst moment", plan.peak], ["without reuse", plan.separate], ["without fusion either", plan.unfused], ["given", plan.given]];
    const section = make("div", { class: "plan" }, [
      make("h3", { text: title }),
      make("p", { class: "quiet facts", text: facts.filter(([, n], i) => i !== 2 || n !== plan.separate).map(([name, n]) => `${format.bytes(n)} ${name}`).join(", ") + (plan.in_place.length ? `; ${plan.in_place.length} written in place` : "") }),
      picture, about,
    ]);
    const cursor = svg("rect", { class: "now", y: TOP, height: HEIGHT - TOP });
    let width = 0;
    new ResizeObserver(() => draw()).observe(section);

    const wide = () => (width - LEFT - 4) / plan.steps.length;
    function draw() {
      width = picture.clientWidth;
      if (!width) return;
      const most = plan.peak || 1;
      const y = (n) => HEIGHT - (n / most) * (HEIGHT - TOP);
      const way = plan.steps.map((step, i) => `${i ? "V" : ""}${y(step.alive).toFixed(1)}H${(LEFT + (i + 1) * wide()).toFixed(1)}`).join("");
      const marks = [0, 0.5, 1].map((part) => [part * most, y(part * most)]);
      picture.replaceChildren(
        ...marks.map(([, at]) => svg("path", { class: "grid", d: `M${LEFT} ${at}H${width - 4}` })),
        ...marks.map(([n, at]) => svg("text", { x: LEFT - 6, y: at + 3.5, "text-anchor": "end", text: format.bytes(n) })),
        cursor, svg("path", { class: "area", d: `M${LEFT} ${HEIGHT}V${way}V${HEIGHT}Z` }), svg("path", { class: "step", d: `M${LEFT} ${way}` }),
        svg("text", { x: LEFT, y: HEIGHT + 13, text: "step 1" }), svg("text", { x: width - 4, y: HEIGHT + 13, "text-anchor": "end", text: format.number(plan.steps.length) }),
      );
      place(at, false);
    }

    function place(step, light = true) {
      at = Math.max(0, Math.min(plan.steps.length - 1, step));
      const { name, alive, made, lines } = plan.steps[at];
      cursor.setAttribute("x", LEFT + at * wide());
      cursor.setAttribute("width", Math.max(wide(), 1));
      const fresh = made.slice(0, 3).map(([buffer, n]) => `${buffer} ${format.bytes(n)}`).join(", ") + (made.length > 3 ? ` and ${made.length - 3} more` : "");
      about.textContent = `step ${at + 1}: ${name}; ${format.bytes(alive)} alive${fresh ? `; new: ${fresh}` : ""}`;
      picture.setAttribute("aria-valuenow", at + 1);
      picture.setAttribute("aria-valuetext", about.textContent);
      if (!light) return;
      const nodes = lines.flatMap((line) => page.nodesOf(plan.key, line));
      if (nodes.length) page.select({ nodes, from: "memory" });
      else page.highlightLines({ [plan.key]: lines });
    }

    function leave() {
      page.select({ nodes: [], from: "memory" });
      page.highlightLines({});
    }
    picture.addEventListener("pointermove", (event) => {
      const step = Math.floor((event.clientX - picture.getBoundingClientRect().left - LEFT) / wide());
      if (step !== at && step >= 0 && step < plan.steps.length) place(step);
    });
    picture.addEventListener("pointerleave", leave);
    picture.addEventListener("blur", leave);
    picture.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: plan.steps.length - 1 }[event.key];
      if (to === undefined) return;
      place(to);
      event.preventDefault();
      event.stopPropagation();
    });
    return section;
  }
};
