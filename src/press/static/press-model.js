/* Models that readers drive: Vega computes the formulas that the chapter's Python wrote down. Nothing is loaded until a
   reader comes near; without this file the table of the first preset stands there. */
(() => {
  "use strict";
  const _ = text => JSON.parse(document.getElementById("press-words")?.textContent ?? "{}")[text] ?? text;
  const phone = matchMedia("(max-width: 600px)");

  function prepare(section) {
    const { inputs, presets, start, specs } = JSON.parse(section.querySelector("script").textContent);
    const name = section.dataset.model, anchor = `#model-${name}`;
    const find = (where, what) => section.querySelector(where ? `[data-input="${where}"] ${what}` : what);
    const select = find("", "select"), sentence = find("", `#model-${name}-sentence`), status = find("", "[role=status]");
    const rows = [...section.querySelectorAll("[data-output]")];
    const own = new Option(_("Your own setting"), "");
    const of = id => presets.find(preset => preset.id === id);
    const values = {}, settled = () => Object.fromEntries(inputs.map(i => [i.id, values[i.id]]));
    const given = id => Object.fromEntries(inputs.map(i => [i.id, i.central]).concat(Object.entries(of(id).sets)));
    let base = start, view, kind, ready, timer, drawn = 0;

    async function wake() {
      const wanted = phone.matches ? "narrow" : "wide";
      if (view && kind === wanted) return view;
      const old = view;
      await import(new URL(section.dataset.runtime, location.href).href);
      const { parse, View, expressionInterpreter: expr } = globalThis.pressVega;
      const stage = find("", ".press-model-drawing");
      stage.replaceChildren();
      kind = wanted;
      view = new View(parse(specs[kind], null, { ast: true }), { expr, renderer: "svg" });
      await view.initialize(stage).runAsync();
      if (old) old.finalize();
      return view;
    }

    /** Compute the results of a setting; a test asks for many. */
    async function evaluate(setting) {
      if (!view || (kind === "narrow") !== phone.matches) ready = wake();
      const ran = await ready;
      for (const [key, value] of Object.entries(setting)) ran.signal(key, value);
      await ran.runAsync();
      return Object.fromEntries(rows.map(row => [row.dataset.output, ran.signal(`result_${row.dataset.output}`)]));
    }
    section.pressEvaluate = evaluate;

    async function show(loud = true) {
      const turn = ++drawn;
      let results;
      try {
        results = await evaluate(settled());
      } catch (error) {
        console.warn("press-model:", error);
        return say(_("The results could not be computed; the table shows the first scenario alone"), true);
      }
      if (turn !== drawn) return; // a later setting is on its way
      for (const row of rows) {
        const digits = Number(row.dataset.decimals);
        row.querySelector(".press-yours").textContent = results[row.dataset.output].toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
      }
      clearTimeout(timer);
      if (loud) timer = setTimeout(() => say(rows.slice(0, 4).map(row => `${row.cells[0].firstChild.textContent.trim()}: ${row.cells[1].textContent} ${row.dataset.unit}`).join("; ")), 600);
    }
    const say = (text, seen = false) => { status.textContent = text; status.classList.toggle("press-seen", seen); };

    function controls() {
      for (const { id } of inputs) {
        const range = find(id, "[type=range]"), number = find(id, "[type=number]");
        if (document.activeElement !== range) range.value = values[id];
        if (document.activeElement !== number) number.value = values[id];
      }
      const changed = Object.keys(differs()).length;
      if (changed && !own.isConnected) select.append(own);
      if (!changed) own.remove();
      select.value = changed ? "" : base;
      sentence.textContent = changed ? (changed === 1 ? _("{scenario}, with 1 input changed.") : _("{scenario}, with {n} inputs changed."))
        .replace("{n}", changed).replace("{scenario}", () => of(base).title) : of(base).sentence;
    }
    const differs = () => {
      const from = given(base);
      return Object.fromEntries(inputs.filter(i => values[i.id] !== from[i.id]).map(i => [i.id, values[i.id]]));
    };
    const address = () => `${anchor}?${new URLSearchParams({ scenario: base, ...differs() })}`;
    function change(setting, loud = true) {
      Object.assign(values, setting);
      controls();
      history.replaceState(null, "", address());
      return show(loud);
    }

    /** Take the setting that the address gives; what it does not understand is said. */
    function read() {
      const [place, query] = location.hash.split("?");
      if (place !== anchor || query === undefined) return false;
      const asked = new URLSearchParams(query), odd = [];
      if (asked.has("scenario")) of(asked.get("scenario")) ? base = asked.get("scenario") : odd.push("scenario");
      Object.assign(values, given(base));
      for (const [key, text] of asked) {
        const input = inputs.find(i => i.id === key), value = Number(text);
        if (input && text.trim() && value >= input.minimum && value <= input.maximum) values[key] = value;
        else if (key !== "scenario") odd.push(key);
      }
      controls();
      show(false).then(() => odd.length && say(`The address asks for what this page does not offer: ${odd.join(", ")}`, true));
      section.scrollIntoView();
      return true;
    }

    section.addEventListener("input", event => {
      const box = event.target.closest("[data-input]");
      if (!box) return;
      const input = inputs.find(i => i.id === box.dataset.input), value = Number(event.target.value);
      const fits = event.target.value !== "" && value >= input.minimum && value <= input.maximum;
      event.target.setAttribute("aria-invalid", !fits);
      if (fits) change({ [input.id]: value });
      else say(`${input.title} takes ${input.minimum} to ${input.maximum} ${input.unit}`, true);
    });
    section.addEventListener("focusout", () => setTimeout(controls));
    section.addEventListener("submit", event => event.preventDefault());
    select.addEventListener("change", () => { if (select.value) { base = select.value; change(given(base)); } });
    find("", ".press-reset").addEventListener("click", () => change(given(base)));
    find("", ".press-share").addEventListener("click", async event => {
      const url = new URL(address(), location.href).href;
      history.replaceState(null, "", address());
      try {
        await navigator.clipboard.writeText(url);
        event.target.textContent = _("Copied");
      } catch {
        event.target.textContent = _("The address bar has it");
      }
    });
    addEventListener("hashchange", read);
    phone.addEventListener("change", () => view && show(false));
    Object.assign(values, given(start));
    controls();
    if (!read()) new IntersectionObserver((seen, watch) => {
      if (!seen.some(entry => entry.isIntersecting)) return;
      watch.disconnect();
      show(false);
    }, { rootMargin: "200px" }).observe(section);
  }
  for (const section of document.querySelectorAll("section[data-model]")) prepare(section);
})();
