/* Figures that come alive when a reader asks. Until then nothing is loaded; without this file nothing is missing. */
(() => {
  "use strict";
  const _ = text => JSON.parse(document.getElementById("press-words")?.textContent ?? "{}")[text] ?? text;
  const phone = matchMedia("(max-width: 600px)");
  const tip = document.createElement("div"), ring = document.createElement("div");
  tip.className = "press-tooltip";
  ring.className = "press-ring";
  tip.hidden = ring.hidden = true;
  const hide = () => { tip.hidden = ring.hidden = true; };
  const has = value => value != null && value !== "" && (typeof value !== "object" || Object.keys(value).length > 0);

  function tooltip(_handler, event, _item, value) {
    if (!has(value)) return hide();
    const list = document.createElement("dl");
    for (const [name, text] of typeof value === "object" ? Object.entries(value) : [["", value]]) {
      const [dt, dd] = ["dt", "dd"].map(tag => list.appendChild(document.createElement(tag)));
      dt.textContent = name;
      dd.textContent = text;
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    const [x, y] = event.seen || [event.clientX, event.clientY], { offsetWidth: w, offsetHeight: h } = tip;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - w - 4))}px`;
    tip.style.top = `${y + 16 + h > innerHeight ? Math.max(4, y - h - 12) : y + 16}px`;
  }

  /* The style sheet scales drawings to the column; Vega takes them for unscaled. */
  let held = null;
  function unscale(event) {
    const svg = held || (event.target.closest && event.target.closest(".press-live svg"));
    if (event.type === "pointerdown") held = svg;
    if (event.type === "pointerup" || event.type === "pointercancel") held = null;
    if (!svg || event.seen || !svg.isConnected) return;
    const box = svg.getBoundingClientRect();
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    event.seen = [event.clientX, event.clientY];
    Object.defineProperties(event, { clientX: { value: box.left + at.x }, clientY: { value: box.top + at.y } });
  }
  for (const kind of ["pointer", "mouse"])
    for (const part of ["down", "move", "up", "over", "out"]) addEventListener(kind + part, unscale, true);
  for (const type of ["click", "dblclick", "wheel", "pointercancel"]) addEventListener(type, unscale, { capture: true, passive: true });

  let runtime;
  async function get(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${answer.status} ${url}`);
    return answer.json();
  }
  async function load(figure, kind) {
    const url = new URL(figure.dataset[kind], location.href);
    runtime ||= import(new URL(figure.dataset.runtime, location.href).href);
    const [spec] = await Promise.all([get(url), runtime, document.fonts.ready]);
    await Promise.all(spec.data.filter(d => d.url).map(async d => { d.values = await get(new URL(d.url, url)); delete d.url; }));
    return spec;
  }

  function keyboard(stage, say) {
    let at = -1;
    stage.addEventListener("blur", () => { at = -1; hide(); });
    stage.addEventListener("keydown", event => {
      const place = mark => mark.getBoundingClientRect();
      const told = [...stage.querySelectorAll("svg *")].filter(m => m.__data__ && m.__data__.mark && has(m.__data__.tooltip));
      const placed = told.map(mark => [mark, place(mark)]).sort(([, a], [, b]) => a.left - b.left || a.top - b.top);
      const marks = placed.map(([mark]) => mark);
      const steps = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: marks.length - 1 };
      const act = (...types) => {
        const { left, top, width, height } = place(marks[at]);
        const where = { bubbles: true, clientX: left + width / 2, clientY: top + height / 2, shiftKey: event.shiftKey };
        for (const type of types) marks[at].dispatchEvent(new PointerEvent(type, where));
        Object.assign(ring.style, { left: `${left - 3}px`, top: `${top - 3}px`, width: `${width + 6}px`, height: `${height + 6}px` });
      };
      if (event.key === "Escape") return hide();
      if (event.key in steps && marks.length) {
        at = Math.max(0, Math.min(steps[event.key], marks.length - 1));
        act("pointerover", "pointermove");
        ring.hidden = false;
        say([...tip.querySelectorAll("dt, dd")].map(part => part.textContent).join(" "));
      } else if ((event.key === "Enter" || event.key === " ") && marks[at]) act("pointerdown", "pointerup", "click");
      else return;
      event.preventDefault();
    });
  }

  function prepare(figure) {
    const button = figure.querySelector(".press-explore"), status = figure.querySelector(".press-status");
    const awake = new Map();
    let busy = false;
    const say = (text, seen = false) => { status.textContent = text; status.classList.toggle("press-seen", seen); };
    const press = on => { button.setAttribute("aria-pressed", on); };

    async function wake(asked) {
      const kind = phone.matches ? "narrow" : "wide", box = figure.querySelector(`.press-${kind}`);
      if (busy || awake.has(box)) return;
      busy = true;
      if (asked) say(_("Loading the interactive view"));
      try {
        const spec = await load(figure, kind), still = [...box.children], label = box.getAttribute("aria-label");
        const { parse, View, expressionInterpreter: expr } = globalThis.pressVega;
        const stage = document.createElement("div"), controls = document.createElement("div");
        let fault;
        const log = { level: () => log, error: e => { fault = e; return log; }, warn: () => log, info: () => log, debug: () => log };
        const view = new View(parse(spec, null, { ast: true }), { expr, renderer: "svg", logger: log, tooltip });
        await view.initialize(stage, controls).runAsync();
        if (fault) throw fault;
        if (controls.children.length && !asked) return view.finalize(); // controls move what follows: only on request
        const { width, height } = box.querySelector("svg").viewBox.baseVal;
        stage.className = "press-live";
        controls.className = "press-controls";
        for (const bind of controls.querySelectorAll(".vega-bind")) { // Vega writes a control's name beside it
          const name = bind.querySelector(".vega-bind-name").textContent.trim(), parts = bind.querySelectorAll("input, select");
          const named = parts.length > 1 ? bind : parts[0]; // radio buttons have names of their own
          if (parts.length > 1) bind.setAttribute("role", "radiogroup");
          if (named) named.setAttribute("aria-label", name);
        }
        stage.style.aspectRatio = `${width} / ${height}`;
        stage.tabIndex = 0;
        for (const [name, value] of [["role", "application"], ["aria-roledescription", _("chart")], ["aria-label", label]]) stage.setAttribute(name, value);
        box.removeAttribute("role");
        box.removeAttribute("aria-label");
        box.replaceChildren(stage);
        if (controls.children.length) box.after(controls);
        keyboard(stage, say);
        awake.set(box, () => {
          view.finalize();
          box.replaceChildren(...still);
          controls.remove();
          box.setAttribute("role", "img");
          box.setAttribute("aria-label", label);
        });
        press(true);
        if (asked) say(_("The figure is interactive: arrow keys step through its marks, Enter selects"));
        if (asked === "keys") stage.focus({ preventScroll: true });
      } catch (error) {
        runtime = globalThis.pressVega ? runtime : undefined;
        console.warn("press-live:", error);
        if (asked) say(_("The interactive view could not be shown; the drawing stays"), true);
      } finally {
        busy = false;
      }
    }
    button.addEventListener("click", event => {
      if (!awake.size) return wake(event.detail ? "pointer" : "keys");
      for (const rest of awake.values()) rest();
      awake.clear();
      press(false);
      hide();
      say(_("The figure is a drawing again"));
    });
    phone.addEventListener("change", () => awake.size && wake("pointer"));
    let timer;
    for (const box of figure.querySelectorAll(".press-drawing")) {
      box.addEventListener("pointerenter", event => {
        const spare = navigator.connection && navigator.connection.saveData;
        if (event.pointerType === "mouse" && !spare && !("heavy" in figure.dataset)) timer = setTimeout(wake, 400, "");
      });
      box.addEventListener("pointerleave", () => { clearTimeout(timer); hide(); });
    }
  }

  document.body.append(tip, ring);
  addEventListener("scroll", hide, { capture: true, passive: true });
  for (const figure of document.querySelectorAll("figure[data-runtime]")) prepare(figure);
  for (const part of document.querySelectorAll("[data-press-url]")) {
    const given = part.dataset.pressUrl;
    part.textContent = part.textContent.replaceAll(given, new URL(given, location.href).href);
  }
  for (const button of document.querySelectorAll(".press-copy")) {
    const code = button.previousElementSibling;
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(code);
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = _("Copied");
      } catch {
        button.textContent = _("Selected: copy with the keyboard");
      }
    });
  }
})();
