// Sorting and filtering, places of numbers, and what unfolds when something within it is wanted.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // --- tables ---

  const FEW_ROWS = 4; // that need no filter

  // A number sorts by the first number that is shown; an empty cell comes before every number.
  function numberIn(text) {
    if (text.includes("infinite")) return Infinity;
    const found = text.replaceAll(",", "").replaceAll("\u2212", "-").match(/[-+]?\d*\.?\d+(?:e[-+]?\d+)?/i);
    return found ? Number(found[0]) : -Infinity;
  }

  function sortBy(table, head) {
    const place = head.cellIndex, numeric = head.classList.contains("n");
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => {
      const text = row.cells[place].textContent.trim();
      return { row, key: numeric ? numberIn(text) : text };
    });
    const order = numeric
      ? (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
      : (a, b) => a.key.localeCompare(b.key, undefined, { numeric: true });
    rows.sort((a, b) => (descending ? -order(a, b) : order(a, b)));
    body.append(...rows.map((one) => one.row));
  }

  for (const table of all("table.data")) {
    for (const head of all("thead th", table)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sortBy(table, head));
      head.append(button);
    }
    const rows = [...table.tBodies[0].rows];
    if (rows.length <= FEW_ROWS) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    const shown = document.createElement("output");
    label.textContent = "Filter ";
    input.type = "search";
    input.addEventListener("input", () => {
      // Words, and what stands in quotation marks as it is.
      const words = (input.value.toLowerCase().match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ""));
      let left = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        left += !row.hidden;
      }
      shown.textContent = input.value ? ` ${left} of ${rows.length} rows` : "";
    });
    label.append(input);
    const bar = document.createElement("div");
    bar.className = "filters";
    bar.append(label, shown);
    table.closest(".table").prepend(bar);
  }

  // --- claims: a chip pressed keeps what has its word; chips of one kind add up ---

  const chips = all(".filter-chips button[data-value]");
  const reset = document.querySelector(".filter-chips button[data-by='']");

  function filterClaims() {
    const wanted = {};
    for (const chip of chips) {
      if (chip.getAttribute("aria-pressed") === "true") (wanted[chip.dataset.by] ||= []).push(chip.dataset.value);
    }
    const keeps = (element) => Object.entries(element.dataset).every(([by, value]) => !wanted[by] || wanted[by].includes(value));
    let left = 0, total = 0;
    for (const group of all(".claim-group")) {
      let here = 0;
      for (const claim of all("li[data-verdict]", group)) {
        claim.hidden = !(keeps(group) && keeps(claim));
        here += !claim.hidden;
        total += 1;
      }
      group.hidden = !here;
      left += here;
    }
    const filtered = Object.keys(wanted).length > 0;
    unfoldGroups(filtered);
    reset.hidden = !filtered;
    document.querySelector("[data-count-of]").textContent = `${left} of ${total} claims`;
  }

  // Several studies are folded: hundreds of claims in a row are no overview. A filter shows what it finds, paper all.
  const groups = all("details.claim-group");

  function unfoldGroups(open) {
    for (const group of groups) group.open = open || groups.length === 1;
  }

  unfoldGroups(false);
  matchMedia("print").addEventListener("change", (paper) => paper.matches ? unfoldGroups(true) : reset && filterClaims());

  function press(chip, pressed) {
    chip.setAttribute("aria-pressed", String(pressed));
  }

  if (reset) {
    document.querySelector(".filter-chips").hidden = false;
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        press(chip, chip.getAttribute("aria-pressed") !== "true");
        filterClaims();
      });
    }
    const showAll = () => {
      for (const chip of chips) press(chip, false);
      filterClaims();
    };
    reset.addEventListener("click", showAll);
    // A count of verdicts leads to the claims that it counts.
    for (const link of all("a[data-filter]")) {
      link.addEventListener("click", () => {
        for (const chip of chips) press(chip, chip.dataset.by === "verdict" && chip.dataset.value === link.dataset.filter);
        filterClaims();
      });
    }
    // A link to a claim shows it, whatever was filtered.
    addEventListener("hashchange", () => {
      if (wanted()?.closest(".claim-group [hidden], .claim-group[hidden]")) showAll();
    });
  }

  // --- places ---

  // Which cell of which table a number is.
  document.addEventListener("mouseover", (event) => {
    const number = event.target.closest("[data-from]");
    if (!number || number.title) return;
    const [table, row, column] = number.dataset.from.split(":");
    number.title = `tables/${table}, row ${row}, column ${column}`;
  });

  function wanted() {
    try {
      return document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch { // an address that nobody can decode
      return null;
    }
  }

  // What the address names is unfolded, and so is all that it stands in.
  function reveal() {
    const target = wanted();
    if (!target) return;
    for (let parent = target; parent; parent = parent.parentElement) {
      if (parent.tagName === "DETAILS") parent.open = true;
    }
    for (const one of all(":scope > details", target)) if (target.tagName === "LI") one.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  reveal();

  // --- contents ---

  const contents = document.querySelector("nav.contents details");
  const narrow = matchMedia("(max-width: 1099px)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();
  contents.addEventListener("click", (event) => {
    if (event.target.closest("a") && narrow.matches) contents.open = false;
  });
  const current = contents.querySelector("a[aria-current]");
  if (current && contents.open) contents.scrollTop = current.offsetTop - contents.clientHeight / 2;

  // The section that is being read is marked.
  const places = new Map(all("a[href^='#']", contents).map((link) => [link.hash.slice(1), link]));
  const sections = [...places.keys()].map((id) => document.getElementById(decodeURIComponent(id))).filter(Boolean);
  function mark() {
    const passed = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3);
    const now = passed.at(-1) ?? sections[0];
    for (const [id, link] of places) {
      if (now && decodeURIComponent(id) === now.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  if (sections.length) {
    new IntersectionObserver(mark, { threshold: [0, 0.1], rootMargin: "0px 0px -66% 0px" }).observe(sections[0]);
    addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
    mark();
  }
})();
