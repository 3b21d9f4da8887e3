/* The search page: loads Pagefind's index when a reader has asked for something, and lists what it finds. */
(() => {
  const _ = text => JSON.parse(document.getElementById("press-words")?.textContent ?? "{}")[text] ?? text;
  const MOST = 20;
  const asked = new URLSearchParams(location.search).get("q")?.trim();
  const status = document.getElementById("search-status");
  const list = document.getElementById("search-results");
  const scripts = document.currentScript.src.replace(/[^/]*$/, "");

  /* An excerpt marks what was found; everything else in it is text. */
  const excerpt = (html) => {
    const text = document.createElement("p");
    const inert = document.createElement("template");
    for (const part of html.split(/(<mark>.*?<\/mark>)/)) {
      const found = /^<mark>(.*)<\/mark>$/.exec(part);
      inert.innerHTML = found ? found[1] : part;
      const plain = inert.content.textContent;
      if (found) text.appendChild(document.createElement("mark")).textContent = plain;
      else text.append(plain);
    }
    return text;
  };

  /* Pagefind tells a page by "/folder/page.html"; the site may stand in a folder of its host, this page at its top. */
  const link = (address, words) => {
    const anchor = document.createElement("a");
    anchor.href = address.replace(/^\/+/, "");
    anchor.textContent = words;
    return anchor;
  };

  /* A page with the three places on it where most was found; its beginning needs no link of its own. */
  const item = (page) => {
    const entry = document.createElement("li");
    entry.append(link(page.raw_url, page.meta.title));
    const places = page.sub_results.toSorted((a, b) => b.locations.length - a.locations.length).slice(0, 3);
    for (const place of places) {
      const part = entry.appendChild(document.createElement("div"));
      if (place.anchor && place.anchor.element !== "h1") part.append(link(`${page.raw_url}#${place.anchor.id}`, place.title));
      part.append(excerpt(place.excerpt));
    }
    return entry;
  };

  const search = async () => {
    const pagefind = await import(`${scripts}../pagefind/pagefind.js`);
    await pagefind.options({ excerptLength: 24 });
    const { results } = await pagefind.search(asked);
    const pages = await Promise.all(results.slice(0, MOST).map((result) => result.data()));
    list.replaceChildren(...pages.map(item));
    status.textContent = (results.length === 1 ? _("Found on 1 page.") : results.length ? _("Found on {n} pages.") : _("Nothing found for “{words}”."))
      .replace("{n}", results.length).replace("{words}", () => asked);
  };

  /* Opened from a disk, a page may not read files, but may run scripts: Sphinx's index is one. */
  const searchFromDisk = async () => {
    for (const name of ["language_data.js", "searchtools.js", "../searchindex.js"]) {
      await new Promise((done, fail) => {
        const script = document.head.appendChild(document.createElement("script"));
        Object.assign(script, { src: scripts + name, onload: done, onerror: fail });
      });
    }
    status.textContent = "";
  };

  if (!asked) return;
  document.querySelector(".press-search input").value = asked;
  status.textContent = _("Searching…");
  (location.protocol === "file:" ? searchFromDisk() : search()).catch(() => {
    status.textContent = _("The search could not be loaded.");
  });
})();
