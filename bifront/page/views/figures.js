"use strict";
/* What both programs cost, figure by figure, as bars. */
bifront.views.figures = function (root, content, page) {
  const { make, format } = page;
  const show = { count: format.number, seconds: format.seconds, bytes: format.bytes };
  root.append(
    make("div", { class: "head" }, [make("h2", { text: "What each costs" })]),
    make("div", { class: "figures" }, content.figures.map(figureOf)),
  );

  function figureOf({ name, unit, meaning, values }) {
    const most = Math.max(...values.map((x) => x || 0));
    return make("figure", {}, [
      make("figcaption", {}, [make("strong", { text: name }), make("span", { class: "quiet", text: meaning })]),
      make("table", {}, [make("tbody", {}, values.map((x, side) => bar(content.keys[side], x, most, show[unit], side)))]),
    ]);
  }

  function bar(key, x, most, show, side) {
    const filled = make("div", { class: `filled side-${side}` });
    filled.style.width = `${most ? (100 * (x || 0)) / most : 0}%`;
    return make("tr", {}, [
      make("th", { scope: "row", text: key }),
      make("td", { class: "bar-cell", "aria-hidden": "true" }, [filled]),
      make("td", { class: "figure", text: show(x) }),
    ]);
  }
};
