// Sorting, filtering, highlighting, and the choice of a baseline. Without it the page only shows.
"use strict";
(() => {
  const make = (tag, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };
  const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

  // --- tables that sort and filter ---------------------------------------------------------

  const value = (row, at) => {
    const cell = row.cells[at];
    if (!cell) return "";
    if ("v" in cell.dataset) return Number(cell.dataset.v);
    const text = cell.textContent.trim();
    return text === "\u2013" ? "" : text;
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1; // what is unknown comes last
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), "en", { numeric: true });
  };
  const sort = (table, at) => {
    const head = table.tHead.rows[0].cells[at];
    const down = head.ariaSort === "ascending";
    each("th[aria-sort]", (other) => other.removeAttribute("aria-sort"), table.tHead);
    head.ariaSort = down ? "descending" : "ascending";
    const rows = [...table.tBodies[0].rows].map((row) => [value(row, at), row]);
    rows.sort(([a], [b]) => (down && a !== "" && b !== "" ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
    table.classList.add("sorted");
  };
  each("table", (table) => {
    const body = table.tBodies[0];
    if (body.rows.length < 2 || table.classList.contains("heat")) return;
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = make("button", { type: "button", className: "sort" });
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, at));
      head.append(button);
    });
    if (body.rows.length < 8) return;
    const count = make("span", { className: "count", ariaLive: "polite" });
    const input = make("input", { type: "search", placeholder: "all rows", autocomplete: "off" });
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of body.rows) {
        const cells = [...row.cells].map((cell) => cell.innerText ?? cell.textContent);
        const text = cells.join(" ").toLowerCase().replaceAll("\u00a0", " ");
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = words.length ? `${shown} of ${body.rows.length}` : "";
    });
    const tools = make("p", { className: "tools" }, make("label", {}, "Filter ", input), count);
    table.closest(".scroll").before(tools);
  });

  // --- series that can be highlighted and hidden -------------------------------------------

  each("figure[data-chart]", (figure) => {
    const items = [...figure.querySelectorAll(".legend li")];
    const drawn = (at) => figure.querySelectorAll(`[id^="${figure.dataset.chart}-s${at}-"]`);
    let chosen = null;
    const light = (at) =>
      items.forEach((_, other) =>
        drawn(other).forEach((group) => {
          group.style.opacity = at === null || at === other ? "" : "0.12";
        }),
      );
    items.forEach((item, at) => {
      const label = item.querySelector("span").textContent;
      const choose = make("button", { type: "button", className: "choose", ariaPressed: "false" });
      choose.title = `Highlight ${label}`;
      choose.append(...item.childNodes);
      choose.addEventListener("click", () => {
        chosen = chosen === at ? null : at;
        each(".choose", (b, n) => (b.ariaPressed = String(n === chosen)), figure);
        light(chosen);
      });
      choose.addEventListener("pointerenter", () => light(at));
      choose.addEventListener("pointerleave", () => light(chosen));
      const hide = make("button", { type: "button", className: "hide", ariaPressed: "false" }, "hide");
      hide.ariaLabel = `hide ${label}`;
      hide.addEventListener("click", () => {
        const gone = hide.ariaPressed !== "true";
        hide.ariaPressed = String(gone);
        item.classList.toggle("gone", gone);
        drawn(at).forEach((group) => (group.style.display = gone ? "none" : ""));
      });
      item.append(choose, hide);
    });
  });

  // --- machines against a baseline of the reader's choice ----------------------------------

  const digits = (ratio) => {
    const places = Math.max(0, 2 - Math.floor(Math.log10(ratio)));
    return ratio.toFixed(Math.min(places, 6));
  };
  const number = (cell, name) => (name in cell.dataset ? Number(cell.dataset[name]) : null);
  const words = (mine, other) => {
    const ratio = number(mine, "v") / number(other, "v");
    const said = `${digits(Math.max(ratio, 1 / ratio))}x ${ratio < 1 ? "faster" : "slower"}`;
    const [low, high, least, most] = [
      number(mine, "low"), number(mine, "high"), number(other, "low"), number(other, "high"),
    ];
    if (low === null || least === null) return `about ${said}`;
    if (high / least < 1 / 1.01 || low / most > 1.01) return said;
    return low / most >= 1 / 1.01 && high / least <= 1.01 ? "same" : "unresolved";
  };
  const rebase = (table, base) => {
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, at) => {
        const told = cell.querySelector("small");
        if (!told || !("v" in cell.dataset)) return;
        const other = base.cells[at];
        const known = other && "v" in other.dataset;
        told.textContent = row === base ? "baseline" : known ? words(cell, other) : "no baseline";
      });
    }
  };
  each("table.machines", (table) => {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 2) return;
    const select = make("select");
    rows.forEach((row, at) => {
      const option = make("option", { value: String(at) }, row.cells[0].textContent);
      option.selected = [...row.querySelectorAll("small")].some((s) => s.textContent === "baseline");
      select.append(option);
    });
    select.addEventListener("change", () => rebase(table, rows[Number(select.value)]));
    table.closest(".scroll").before(
      make("p", { className: "tools" }, make("label", {}, "Baseline ", select)),
    );
  });

  // --- what is to be typed, and the summary, can be copied ---------------------------------

  const copier = (words, text) => {
    const copy = make("button", { type: "button" }, words);
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text());
      copy.textContent = "Copied";
    });
    return copy;
  };
  if (navigator.clipboard)
    each(".command", (line) => line.append(copier("Copy", () => line.firstChild.textContent)));
  each('.offers a[download$=".md"]', (link) => {
    if (!link.href.startsWith("data:") || !navigator.clipboard) return;
    const text = () => {
      const bytes = Uint8Array.from(atob(link.href.split(",")[1]), (c) => c.charCodeAt(0));
      return new TextDecoder().decode(bytes);
    };
    link.before(copier("Copy as Markdown", text));
  });

  // --- a link into a fold opens it ---------------------------------------------------------

  const unfold = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // --- paper shows what the screen folds away ----------------------------------------------

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => opened.forEach((fold) => (fold.open = false)));
})();
