// Pictures of what a network does: a table with one column a position, and hidden states as strips of small cells.
"use strict";
globalThis.carryover ??= {};
carryover.pictures = (() => {
  // An element with attributes and children; `text` children are escaped by the browser.
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
  const heard = (text) => make("span", { class: "play-heard" }, text);

  // --- tables: one column a position, one row a fact ---

  // rows: {name, cells: [element or text], kind}, the first one the head; a line is drawn left of the columns `edges`.
  function table(caption, rows, edges = []) {
    const line = (row, name) => make("tr", { class: row.kind }, make("th", { scope: "row" }, row.name),
      ...row.cells.map((content, column) => {
        const cell = content instanceof HTMLTableCellElement ? content : make(name, { scope: name === "th" && "col" }, content);
        if (edges.includes(column)) cell.classList.add("play-edge");
        return cell;
      }));
    const [head, ...others] = rows;
    const made = make("table", {}, make("caption", { class: "play-heard" }, caption),
      make("thead", {}, line(head, "th")), make("tbody", {}, ...others.map((row) => line(row, "td"))));
    made.style.setProperty("--columns", head.cells.length);
    return made;
  }

  // A digit or character that the model wrote; a wrong one is boxed, struck with a sign, and read out as wrong.
  function writtenCell(shown, correct) {
    if (correct) return make("td", {}, shown);
    return make("td", { class: "play-wrong" }, heard("wrong: "), shown, make("span", { "aria-hidden": "true" }, "✗"));
  }

  // A table in a box that scrolls sideways by itself, also with the keyboard.
  function scrolling(caption, rows, edges) {
    return make("div", { class: "play-scroll", tabindex: "0", role: "region", "aria-label": caption },
      table(caption, rows, edges));
  }

  // --- hidden states ---

  // The state at one position as a strip: one small cell a unit, from the first in `order` down.
  function strip(state, order, where) {
    const height = order.length <= 40 ? 5 : order.length <= 80 ? 4 : 2;
    const gap = height > 2 ? 1 : 0;
    const canvas = make("canvas", {
      width: 1, height: height * order.length, role: "img",
      "aria-label": `State ${where}: ${order.length} units from ${Math.min(...state).toFixed(2)} to ${Math.max(...state).toFixed(2)}`,
    });
    canvas.style.height = `${height * order.length}px`;
    const context = canvas.getContext("2d");
    order.forEach((unit, row) => {
      const value = state[unit];
      context.fillStyle = `rgb(${value < 0 ? "42 125 209" : "224 96 0"} / ${Math.min(Math.abs(value), 1)})`;
      context.fillRect(0, row * height, 1, height - gap);
    });
    return canvas;
  }

  const inOrder = (state) => Array.from(state, (_, unit) => unit);

  // Units of each layer and direction, from those that are high where a carry leaves a position to those that are low.
  function carryOrders(model) {
    let seed = 1;
    const digit = () => (seed = (seed * 48271) % 2147483647) % 10;
    const number = () => Array.from({ length: 12 }, digit).join("");
    const answers = Array.from({ length: 40 }, () => model.ask(number(), number()));
    return answers[0].states.map((directions, layer) => directions.map((states, direction) => {
      const correlated = inOrder(states[0]).map((unit) => {
        const values = [], carries = [];
        for (const { states, carries: into } of answers) {
          for (let i = 0; i + 1 < into.length; i++) {
            values.push(states[layer][direction][i][unit]);
            carries.push(into[i + 1]);
          }
        }
        return { unit, with: correlation(values, carries) };
      });
      return correlated.sort((a, b) => b.with - a.with).map(({ unit }) => unit);
    }));
  }

  function correlation(x, y) {
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mx, my] = [mean(x), mean(y)];
    let xy = 0, xx = 0, yy = 0;
    x.forEach((value, i) => {
      xy += (value - mx) * (y[i] - my);
      xx += (value - mx) ** 2;
      yy += (y[i] - my) ** 2;
    });
    return xy / Math.sqrt(xx * yy || 1);
  }

  // The rows of a table that show the hidden states of one layer, one row a direction.
  function stateRows(states, layer, positions, orders, where) {
    return states[layer].map((direction, number) => ({
      name: states[layer].length === 1 ? "Hidden state" : ["State, forward", "State, backward"][number],
      kind: "play-state",
      cells: positions.map((i) => strip(direction[i], orders?.[layer][number] ?? inOrder(direction[i]), where(i))),
    }));
  }

  function stateKey(sentence) {
    return make("p", {}, make("b", {}, "Hidden state "), make("span", { class: "play-scale" }, "−1", make("i"), "+1"),
      make("br"), sentence);
  }

  const part = (title, content) => make("div", { class: "play-part" }, make("p", { class: "play-part-title" }, title), content);

  // What explains a picture, beside or below it.
  const keys = (...parts) => make("div", { class: "play-keys" }, ...parts);

  // A choice of the layer whose states are shown, or nothing where there is one layer.
  function layerChoice(view, count, redraw) {
    if (count === 1) return null;
    const select = make("select", {}, ...Array.from({ length: count }, (_, layer) =>
      make("option", { value: layer, selected: layer === view.layer }, `${layer + 1} of ${count}`)));
    select.addEventListener("change", () => {
      view.layer = Number(select.value);
      redraw();
    });
    return make("label", { class: "play-layer" }, "Hidden state of layer ", select);
  }

  return { make, plural, writtenCell, scrolling, stateRows, stateKey, layerChoice, keys, part, carryOrders };
})();
