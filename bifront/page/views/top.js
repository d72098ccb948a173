"use strict";
/* The head of the page: what was compared, what came of it, the theme, the keys; and the tabs of a narrow page. */
bifront.views.top = function (root, content, page) {
  const found = content.comparison;
  const equal = found.max_abs_difference === 0;
  const verdict = found.same_graph ? "The same graph" : "Not the same graph";
  const numbers = found.max_abs_difference === null ? "" : equal ? "the same numbers, bit for bit" : `numbers differ by up to ${page.format.number(found.max_abs_difference)}`;

  const graph = content.graphs && content.graphs[0];
  const dialog = make("dialog", { class: "keys", "aria-label": "keys" });
  const theme = make("button", { type: "button", on: { click: () => change(now() === "dark" ? "light" : "dark") } });
  const help = make("button", { type: "button", text: "?", title: "keys", "aria-label": "show the keys", on: { click: showKeys } });
  root.append(
    make("h1", { text: content.title }),
    make("p", { class: found.same_graph ? "verdict yes" : "verdict no" }, [
      make("strong", { text: verdict }), numbers ? make("span", { text: `, ${numbers}` }) : null,
    ]),
    graph ? make("span", { class: "about", title: graph.fingerprint, text: `${graph.count} nodes, fingerprint ${graph.fingerprint.slice(0, 12)}` }) : null,
    make("span", { class: "space" }), theme, help, dialog,
  );

  function make(...args) {
    return page.make(...args);
  }
  function now() {
    return document.documentElement.dataset.theme;
  }
  function change(name) {
    document.documentElement.dataset.theme = name;
    const other = name === "dark" ? "light" : "dark";
    theme.textContent = name === "dark" ? "Light" : "Dark";
    theme.setAttribute("aria-label", `change to the ${other} theme`);
    page.emit("theme", name);
  }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => change(dark.matches ? "dark" : "light"));
  change(dark.matches ? "dark" : "light");

  function showKeys() {
    const rows = page.keys.filter(({ label }) => label).map(({ key, label }) =>
      make("tr", {}, [make("td", {}, [make("kbd", { text: key })]), make("td", { text: label })]));
    const more = [["↑ ↓", "in a source: the next line that made nodes"], ["↑ ↓ ← →", "in the graph: move it"], ["Shift ↑ ↓ ← →", "in the graph: walk along its edges"], ["Enter", "pin what is lit up"], ["Space", "in the graph: fold or unfold"]];
    const extra = more.map(([key, label]) => make("tr", {}, [make("td", {}, [make("kbd", { text: key })]), make("td", { text: label })]));
    dialog.replaceChildren(
      make("h2", { text: "Keys" }), make("table", {}, [make("tbody", {}, [...extra, ...rows])]),
      make("form", { method: "dialog" }, [make("button", { text: "Close", autofocus: true })]),
    );
    dialog.showModal();
  }
  page.key("?", "show the keys", showKeys);
  page.key("d", "dark or light", () => change(now() === "dark" ? "light" : "dark"));
};

bifront.views.tabs = function (root, content, page) {
  const parts = [...document.querySelectorAll(".bench > section")].filter((part) => content[part.dataset.part]);
  const name = (part) => (part.dataset.side ? content.sides[part.dataset.side].style : "graph");
  const buttons = parts.map((part, index) =>
    page.make("button", { type: "button", text: name(part), "aria-controls": part.id, on: { click: () => choose(index) } }));
  root.append(...buttons);
  function choose(index) {
    parts.forEach((part, i) => part.classList.toggle("chosen", i === index));
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === index));
    page.emit("tab", index);
  }
  choose(0);
};
