// The entries of a figure's legend hide and show what they speak of.
"use strict";
(() => {
  for (const svg of document.querySelectorAll("figure svg")) {
    for (const entry of svg.querySelectorAll("[data-legend]")) {
      const number = entry.dataset.legend;
      const shapes = svg.querySelectorAll(`[data-series="${number}"]`);
      if (!shapes.length) continue;
      const both = svg.querySelectorAll(`[data-legend="${number}"]`); // its mark and its text
      const turn = () => {
        const shown = both[0].getAttribute("aria-pressed") === "false";
        for (const one of both) {
          one.setAttribute("aria-pressed", shown);
          one.style.opacity = shown ? "" : ".35";
        }
        for (const shape of shapes) shape.style.display = shown ? "" : "none";
      };
      entry.style.cursor = "pointer";
      entry.addEventListener("click", turn);
      const text = entry.tagName === "text" ? entry : entry.querySelector("text");
      if (!text) continue;
      svg.setAttribute("role", "group"); // what is an image has no buttons in it
      entry.setAttribute("role", "button");
      entry.setAttribute("tabindex", "0");
      entry.setAttribute("aria-label", `Show ${text.textContent}`);
      entry.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        turn();
      });
    }
  }
})();
