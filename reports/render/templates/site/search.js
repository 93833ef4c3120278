// The search: its data are files of scripts, fetched when somebody types; no server is needed.
"use strict";
(() => {
  const form = document.getElementById("search");
  const box = document.getElementById("words");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const MOST = 40;
  const rows = [];
  let left = Number(form.dataset.files);
  let asked = false;
  form.hidden = false;

  globalThis.metalbenchFound = (more) => {
    // Flat: the versions in it each stand for themselves.
    for (const row of more) rows.push([row, row.slice(1, 7).flat().join(" ").toLowerCase()]);
  };
  const load = () => {
    if (asked) return;
    asked = true;
    const files = left;
    for (let at = 0; at < files; at += 1) {
      const script = document.createElement("script");
      script.src = `search/${String(at).padStart(4, "0")}.js`;
      script.async = false; // in order: the newest machines come first
      script.onload = script.onerror = () => {
        left -= 1;
        show();
      };
      document.head.append(script);
    }
  };
  // `torch 2.6` asks for that version of torch, as `torch==2.6` does.
  const matcher = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    return (text) =>
      words.every((word, at) => {
        const version = `${words[at - 1]}==`;
        return text.includes(/^\d+\./.test(word) && text.includes(version) ? version + word : word);
      });
  };
  const entry = (row) => {
    const [id, label, gpu, chip, system, , ran, day] = row;
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = `machines/${id}.html`;
    link.textContent = label;
    const more = document.createElement("small");
    const versions = ran.map((each) => each.replace("==", " ")).join(", ");
    more.textContent = [gpu || chip, system, versions, day]
      .filter(Boolean)
      .join(" \u00b7 ");
    line.append(link, more);
    return line;
  };
  const show = () => {
    const typed = box.value.trim() !== "";
    const matches = matcher();
    const found = typed ? rows.filter(([, text]) => matches(text)) : [];
    list.replaceChildren(...found.slice(0, MOST).map(([row]) => entry(row)));
    const many = `${found.length} machine${found.length === 1 ? "" : "s"}`;
    const cut = found.length > MOST ? `, the first ${MOST} of them` : "";
    count.textContent = typed ? (left ? "Looking \u2026" : many + cut) : "";
  };
  box.addEventListener("focus", load);
  box.addEventListener("input", () => {
    load();
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
})();
