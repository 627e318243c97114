// Sorting and filtering, places of numbers, and details that open when something within them is wanted.
"use strict";
(() => {
  const tables = new Map();

  // A table becomes sortable when it comes near the window: a page may have a hundred of them.
  function enhance(element) {
    if (tables.has(element)) return tables.get(element);
    const box = element.closest(".table");
    const made = new DataTable(element, {
      paging: false,
      info: false,
      order: [],
      autoWidth: false,
      searching: element.tBodies[0].rows.length > 4,
      layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
      language: { emptyTable: "No rows", zeroRecords: "No row has all of these words" },
    });
    tables.set(element, made);
    if (element.tBodies[0].rows.length > 4) {
      const label = document.createElement("label");
      label.className = "filter";
      label.textContent = "Filter ";
      const input = document.createElement("input");
      input.type = "search";
      input.setAttribute("aria-controls", box.id);
      const shown = document.createElement("output");
      const total = made.rows().count();
      input.addEventListener("input", () => {
        made.search(input.value).draw();
        const left = made.rows({ search: "applied" }).count();
        shown.textContent = input.value ? ` ${left} of ${total} rows` : "";
      });
      label.append(input);
      const bar = document.createElement("div");
      bar.className = "filters";
      bar.append(label, shown);
      box.prepend(bar);
    }
    return made;
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        near.unobserve(entry.target);
        enhance(entry.target);
      }
    }
  }, { rootMargin: "800px" });
  for (const table of document.querySelectorAll("table.data")) near.observe(table);

  // A count of verdicts leads to the rows that it counts.
  for (const link of document.querySelectorAll("a[data-search]")) {
    link.addEventListener("click", () => {
      const box = document.getElementById(link.dataset.table);
      const table = box.querySelector("table.data");
      if (!table) return;
      enhance(table);
      const input = box.querySelector("input[type=search]");
      if (!input) return;
      input.value = link.dataset.search;
      input.dispatchEvent(new Event("input"));
    });
  }

  // Which cell of which table a number is.
  document.addEventListener("mouseover", (event) => {
    const number = event.target.closest("[data-from]");
    if (!number || number.title) return;
    const [table, row, column] = number.dataset.from.split(":");
    number.title = `tables/${table}, row ${row}, column ${column}`;
  });

  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let parent = target; parent; parent = parent.parentElement) {
      if (parent.tagName === "DETAILS") parent.open = true;
    }
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  const contents = document.querySelector("nav details");
  const narrow = matchMedia("(max-width: 1099px)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && narrow.matches) contents.open = false;
  });

  // Paper has no summaries to click.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
