// The page around the networks: what a person types, the answers, and what is shown of how they came about.
"use strict";
(() => {
  const { load, BadQuestion } = carryover.questions;
  const { make, plural, writtenCell, scrolling, stateRows, stateKey, layerChoice, keys, part, carryOrders } = carryover.pictures;
  const PATIENCE = 250; // milliseconds after a key until the answer follows
  const WINDOW = 120; // positions shown at a time

  // --- adders ---

  const adders = {
    fields: ["first", "second"],
    verdict: (answer) => (answer.wrong.length ? plural(answer.wrong.length, "wrong digit") : "correct"),
    correct: (answer) => answer.wrong.length === 0,

    result(answer) {
      const { first, second, correct, wrong } = answer;
      const short = correct.length <= 24;
      if (!wrong.length) return short ? `${first} + ${second} = ${correct}` : `All ${correct.length.toLocaleString("en")} digits are correct.`;
      const which = `${wrong.length} of ${plural(answer.sum.length, "digit")} ` +
        (wrong.length === 1 ? `is wrong, at position ${wrong[0] + 1}.` : `are wrong, the lowest at position ${wrong[0] + 1}.`);
      return short ? `The model says ${answer.answer}, but the sum is ${correct}. ${which}` : which;
    },

    picture(model, answer, view, redraw) {
      const { codec } = model.exported;
      const length = answer.sum.length;
      const last = Math.min(view.start + WINDOW, length);
      const positions = Array.from({ length: last - view.start }, (_, i) => last - 1 - i); // the lowest at the right
      const faint = (digits, known) => positions.map((i) =>
        make("td", { class: i < known ? null : "play-padding" }, String(digits[i])));
      const seen = (i) => (i < codec.digits ? "0–9" : i < codec.length ? "0" : "–");
      model.orders ??= carryOrders(model);
      const rows = [
        { name: "Position", kind: "play-position", cells: positions.map((i) => String(i + 1)) },
        { name: "In training", kind: "play-seen", cells: positions.map(seen) },
        { name: "Carry", kind: "play-carry", cells: positions.map((i) => (answer.carries[i] ? "1" : "")) },
        { name: "First", kind: "play-digit", cells: faint(answer.a, answer.first.length) },
        { name: "Second", kind: "play-digit", cells: faint(answer.b, answer.second.length) },
        { name: "Correct sum", kind: "play-digit play-sum", cells: faint(answer.sum, answer.correct.length) },
        {
          name: "Model", kind: "play-digit play-model-row",
          cells: positions.map((i) => writtenCell(String(answer.predicted[i]), answer.predicted[i] === answer.sum[i])),
        },
        { name: "How sure, %", kind: "play-sure", cells: positions.map((i) => (100 * answer.sure[i]).toFixed(0)) },
        ...stateRows(answer.states, view.layer, positions, model.orders, (i) => `after position ${i + 1}`),
      ];
      const edges = [codec.digits, codec.length].map((edge) => positions.indexOf(edge - 1)).filter((column) => column > 0);
      return [
        windows(view, length, redraw),
        scrolling("The sum position by position, the lowest at the right", rows, edges),
        keys(layerChoice(view, answer.states.length, redraw),
          stateKey("Each row is one unit. Units at the top are high where a carry leaves the position; units at the bottom are low."),
          trainingKey()),
      ];
    },

    // Where the picture starts: at the window with the lowest wrong digit.
    start: (answer) => Math.floor((answer.wrong[0] ?? 0) / WINDOW) * WINDOW,
  };

  const trainingKey = () => make("p", {}, make("b", {}, "In training "), "the model read at this position: ",
    make("b", {}, "0–9"), " any digit, ", make("b", {}, "0"), " only the zeros of the padding, ", make("b", {}, "–"),
    " nothing, for no number was that long. Pale zeros are padding.");

  // Buttons that move through numbers too long to show at once.
  function windows(view, length, redraw) {
    if (length <= WINDOW) return null;
    const move = (by) => () => {
      view.start += by;
      redraw();
    };
    const higher = make("button", { type: "button", disabled: view.start + WINDOW >= length }, "← Higher positions");
    const lower = make("button", { type: "button", disabled: view.start === 0 }, "Lower positions →");
    higher.addEventListener("click", move(WINDOW));
    lower.addEventListener("click", move(-WINDOW));
    const shown = `${view.start + 1}–${Math.min(view.start + WINDOW, length)} of ${length.toLocaleString("en")}`;
    return make("p", { class: "play-windows" }, higher, make("span", {}, `Positions ${shown}`), lower);
  }

  // --- expressions ---

  const expressions = {
    fields: ["expression"],
    correct: (answer) => answer.answer === answer.correct,
    verdict: (answer) => (answer.answer === answer.correct ? "correct" : `says ${answer.answer || "nothing"}`),

    result(answer, model) {
      const { text, correct } = answer;
      if (answer.answer === correct) return `${text} = ${correct}`;
      const { codec, model: { kind } } = model.exported;
      const possible = kind === "classifier" && !codec.answers.includes(correct)
        ? ` This model can only answer from ${codec.answers[0]} to ${codec.answers.at(-1)}.` : "";
      return `The model says ${answer.answer || "nothing"}. The answer is ${correct}.${possible}`;
    },

    picture(model, answer, view, redraw) {
      const reading = answer.read.map((_, i) => i);
      const character = (i) => answer.read[i] ?? "pad";
      const rows = [
        {
          name: "Reads", kind: "play-digit",
          cells: reading.map((i) => make("span", { class: answer.read[i] === null ? "play-padding" : null }, character(i))),
        },
        answer.soFar && { name: "Answer so far", kind: "play-sofar", cells: answer.soFar },
        ...stateRows(answer.states, view.layer, reading, null, (i) => `after ${character(i)}, character ${i + 1}`),
      ].filter(Boolean);
      const read = scrolling("What the model reads, character by character", rows);
      return [
        ...(answer.writing ? [part("It reads", read), part("It writes", this.writing(answer, view))] : [read]),
        keys(layerChoice(view, answer.states.length, redraw),
          stateKey("Each row is one unit, after the character above it."),
          answer.soFar ? make("p", {}, make("b", {}, "Answer so far "), "is what the model would say if the expression ended there.") : null,
          answer.read[0] === null ? make("p", {}, make("b", {}, "pad "), "is padding, which this model reads before a short expression.") : null),
      ];
    },

    // What a seq2seq wrote, above it what it should have written.
    writing(answer, view) {
      const columns = Math.max(answer.written.length, answer.expected.length);
      const places = Array.from({ length: columns }, (_, i) => i);
      const sign = (characters, i) => (i >= characters.length ? "" : characters[i] === null ? "end" : characters[i] || "pad");
      const rows = [
        { name: "Correct", kind: "play-digit", cells: places.map((i) => sign(answer.expected, i)) },
        {
          name: "Model", kind: "play-digit play-model-row",
          cells: places.map((i) => (i < answer.written.length
            ? writtenCell(sign(answer.written, i), answer.written[i] === answer.expected[i]) : "")),
        },
        {
          name: "How sure, %", kind: "play-sure",
          cells: places.map((i) => (i < answer.written.length ? (100 * answer.sure[i]).toFixed(0) : "")),
        },
        ...stateRows(answer.writing, view.layer, places.slice(0, answer.written.length), null,
          (i) => `at written character ${i + 1}`),
      ];
      return scrolling("What the model writes, character by character", rows);
    },

    start: () => 0,
  };

  // --- one section of the page ---

  function start(section) {
    const kind = section.dataset.task === "digit_sum" ? adders : expressions;
    const models = JSON.parse(section.querySelector(".play-data").textContent).map(load);
    const form = section.querySelector("form");
    const fields = kind.fields.map((name) => form.elements[name]);
    const result = section.querySelector(".play-result"), picture = section.querySelector(".play-picture");
    const radios = [...section.querySelectorAll("input[type=radio]")];
    const verdicts = [...section.querySelectorAll(".play-verdict")];
    const view = { start: 0, layer: 0 };
    const chosen = () => radios.findIndex((radio) => radio.checked);

    // A model's answer, or why there is none.
    function asked(model) {
      try {
        return { answer: model.ask(...fields.map((field) => field.value)) };
      } catch (error) {
        if (!(error instanceof BadQuestion)) throw error;
        return { mistake: error.message };
      }
    }

    function update() {
      const answers = models.map(asked);
      answers.forEach(({ answer }, number) => {
        const correct = answer && kind.correct(answer);
        verdicts[number].textContent = answer ? `${correct ? "✓" : "✗"} ${kind.verdict(answer)}` : "";
        verdicts[number].className = `play-verdict ${correct ? "play-good" : "play-bad"}`;
      });
      const { answer, mistake } = answers[chosen()];
      const model = models[chosen()];
      for (const field of fields) field.setAttribute("aria-invalid", String(Boolean(mistake)));
      picture.inert = Boolean(mistake);
      if (mistake) {
        result.replaceChildren(make("p", { class: "play-mistake" }, mistake));
        return;
      }
      const correct = kind.correct(answer);
      result.replaceChildren(make("p", { class: correct ? "play-good" : "play-bad" },
        make("b", {}, correct ? "✓ Correct. " : "✗ Wrong. "), kind.result(answer, model)));
      view.start = kind.start(answer);
      view.layer = answer.states.length - 1;
      draw(model, answer);
    }

    function draw(model, answer) {
      const focused = picture.contains(document.activeElement) ? document.activeElement.textContent : null;
      const redraw = () => draw(model, answer);
      picture.replaceChildren(...kind.picture(model, answer, view, redraw).filter(Boolean));
      picture.hidden = false;
      for (const box of picture.querySelectorAll(".play-scroll")) bringIntoSight(box);
      if (focused !== null) {
        [...picture.querySelectorAll("button, select")].find((one) => one.textContent === focused)?.focus();
      }
    }

    // A wide sum shows its lowest digits, or else its lowest wrong digit.
    function bringIntoSight(box) {
      if (kind !== adders) return;
      box.scrollLeft = box.scrollWidth;
      const wrong = [...box.querySelectorAll(".play-wrong")].at(-1);
      const names = box.querySelector("th").offsetWidth;
      if (wrong && wrong.offsetLeft < box.scrollLeft + names) {
        box.scrollLeft = wrong.offsetLeft - (box.clientWidth + names) / 2;
      }
    }

    function ask(values) {
      fields.forEach((field, i) => (field.value = values[i]));
      update();
    }

    // --- what the person does ---
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(update, PATIENCE);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      update();
    });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button[type=button]");
      if (!button) return;
      const { first, second, random, text } = button.dataset;
      if (random) ask([randomNumber(random), randomNumber(random)]);
      else ask(kind === adders ? [first, second] : [text]);
    });
    for (const radio of radios) {
      radio.addEventListener("change", () => {
        if (kind === expressions) offer();
        update();
      });
    }

    // Questions that go from the chosen model's training further and further away.
    function offer() {
      const { questions } = models[chosen()].exported.codec;
      form.querySelector(".play-try").replaceChildren(make("span", { class: "play-try-title" }, "Try"),
        ...questions.map(({ label, text }) => make("button", { type: "button", "data-text": text }, `${label}: ${text}`)));
    }

    if (kind === expressions) {
      offer();
      fields[0].value = models[0].exported.codec.questions[0].text;
    }
    update();
  }

  function randomNumber(digits) {
    return Array.from({ length: Number(digits) }, (_, place) =>
      Math.floor(place === 0 ? 1 + 9 * Math.random() : 10 * Math.random())).join("");
  }

  // A page may have several parts with this script in each: every section starts once.
  for (const section of document.querySelectorAll(".play section[data-task]:not([data-started])")) {
    section.dataset.started = "";
    start(section);
  }
})();
