/* Filters of tables. A form names its table; each <select> compares with the rows' data, a search field looks for all of
   its words in a row. Without this script the form stays hidden and the whole table shows. */
for (const form of document.querySelectorAll("form[data-press-filter]")) {
  const rows = [...document.getElementById(form.dataset.pressFilter).tBodies[0].rows];
  const _ = text => JSON.parse(document.getElementById("press-words")?.textContent ?? "{}")[text] ?? text;
  const told = form.querySelector("output");
  const key = (name) => name.replace(/_./g, (part) => part[1].toUpperCase());
  const texts = new Map();
  const text = (row) => texts.get(row) ?? texts.set(row, row.textContent.toLowerCase()).get(row);

  const apply = () => {
    const choices = [...form.querySelectorAll("select")].filter((select) => select.value);
    const words = (form.querySelector("input")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !(choices.every((select) => row.dataset[key(select.name)] === select.value)
        && words.every((word) => text(row).includes(word)));
      shown += !row.hidden;
    }
    told.textContent = _("{n} of {all} shown").replace("{n}", shown).replace("{all}", rows.length);
  };
  // A link to a row that a filter hides shows all rows again.
  const reveal = () => {
    const row = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row?.hidden && rows.includes(row)) { form.reset(); apply(); row.scrollIntoView(); }
  };

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  addEventListener("hashchange", reveal);
  addEventListener("pageshow", apply); // on the way back the browser restores the choices
  apply();
}
