"use strict";
// The findings of an audit: filtered, sorted, opened to cards. Text of the data only ever becomes text.

const told = JSON.parse(document.getElementById("data").textContent);
const PAGE = 12; // cards that open at once
const LEVELS = ["error", "warning", "info"];
const plural = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
const button = (text, onclick) => element("button", { type: "button", onclick }, text);
const bdi = text => element("bdi", { dir: "auto" }, text);

// Copies text, or selects it where the browser does not let a page copy.
function copyButton(text, what, from) {
  const copy = button(`Copy ${what}`, async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(from());
      copy.textContent = "Selected: copy it";
    }
    setTimeout(() => { copy.textContent = `Copy ${what}`; }, 2000);
  });
  return copy;
}

function suppression(finding) {
  const lines = ["[[audit.suppress]]", `rule = ${JSON.stringify(told.causes[finding.cause].code)}`];
  for (const [key, value] of [["scene", finding.scene], ["object", finding.object], ["ann", finding.ann]])
    if (value !== null) lines.push(`${key} = ${JSON.stringify(value)}`);
  return [...lines, 'reason = "why it may stay"'].join("\n");
}

function sentence([place, pieces]) {
  const line = element("blockquote", {}, element("span", { class: "soft" }, bdi(place), " "));
  const text = element("bdi", { dir: "auto" });
  for (const [piece, kind] of pieces)
    text.append(!kind ? piece : kind === "thing" ? element("span", { class: "thing" }, piece)
      : element("mark", { class: "claim", title: kind }, piece));
  line.append(text);
  return line;
}

function card(finding) {
  const title = finding.place || finding.path || "the data set";
  const ref = element("code", {}, bdi(finding.place));
  const snippet = element("pre", {}, suppression(finding));
  const shots = element("div", { class: "shots" }, ...finding.shots.map(shot => element("img", {
    src: `data:image/jpeg;base64,${shot.jpeg}`, alt: shot.alt, title: shot.alt, width: shot.size[0], height: shot.size[1],
  })));
  const facts = [...finding.evidence];
  if (finding.descriptions) facts.push(["harmed", plural(finding.descriptions, "description")]);
  if (finding.score !== null) facts.push(["score", finding.score.toFixed(3)]);
  if (finding.path) facts.push(["file", finding.path]);
  if (finding.pointer) facts.push(["pointer", finding.pointer]);
  if (finding.split) facts.push(["split", finding.split]);
  return element("article", { class: "card" }, element("h4", {}, bdi(title)),
    finding.shots.length ? shots : null,
    element("p", {}, bdi(finding.message)),
    ...finding.sentences.map(sentence),
    ...finding.related.map(text => element("p", { class: "soft" }, "see also ", bdi(text))),
    finding.fix ? element("p", {}, element("b", {}, "fix: "), bdi(finding.fix)) : null,
    facts.length ? element("details", {}, element("summary", {}, "Evidence"),
      element("dl", {}, ...facts.flatMap(([key, value]) => [element("dt", {}, bdi(key)), element("dd", {}, bdi(value))]))) : null,
    finding.place ? element("p", { class: "tools" }, ref, copyButton(finding.place, "REF", () => ref),
      finding.space === null ? null : button("Show in 3D", () => showSpace(finding.space, finding))) : null,
    element("details", {}, element("summary", {}, "Suppress"), snippet, copyButton(suppression(finding), "snippet", () => snippet)));
}

// ---- Rules ----

const section = document.getElementById("findings");
const state = { text: "", levels: new Set(LEVELS), split: "", order: "harm", within: "worst" };
const haystacks = told.findings.map(f => [told.causes[f.cause].code, told.causes[f.cause].name, f.place, f.message, f.path,
  ...f.sentences.map(s => s[1].map(p => p[0]).join(""))].join("\n").toLowerCase());
const count = element("p", { role: "status", class: "soft" });
const list = element("div", {});
const opened = new Set();

function kept(finding, i) {
  return state.levels.has(told.causes[finding.cause].severity) && (!state.split || finding.split === state.split)
    && (!state.text || haystacks[i].includes(state.text));
}

const ORDERS = {
  harm: (a, b) => a - b, // as told: by harm
  severity: (a, b) => LEVELS.indexOf(told.causes[a].severity) - LEVELS.indexOf(told.causes[b].severity) || a - b,
  code: (a, b) => told.causes[a].code < told.causes[b].code ? -1 : 1,
  findings: (a, b) => told.causes[b].findings - told.causes[a].findings || a - b,
  scans: (a, b) => told.causes[b].scans - told.causes[a].scans || a - b,
};

function ruleOf(index, findings) {
  const cause = told.causes[index];
  const id = `${cause.code}-${cause.severity}`;
  const all = cause.findings === findings.length ? "" : ` (${findings.length.toLocaleString("en")} shown)`;
  const cards = element("div", { class: "cards" });
  const more = button("", () => grow());
  let shown = 0;
  function grow() {
    cards.append(...findings.slice(shown, shown + PAGE).map(card));
    shown = Math.min(shown + PAGE, findings.length);
    more.hidden = shown >= findings.length;
    more.textContent = `Show ${Math.min(PAGE, findings.length - shown)} more of ${findings.length - shown}`;
  }
  const inside = element("div", {});
  const rule = element("details", { class: "rule", id, open: opened.has(id) },
    element("summary", {}, element("span", { class: `badge ${cause.severity}` }, cause.severity), " ",
      element("h3", {}, `${cause.code} ${cause.name}`), ` ${plural(cause.findings, "finding")}${all}`,
      cause.descriptions ? `, ${plural(cause.descriptions, "description")} harmed` : ""), inside);
  function fill() {
    if (shown) return;
    inside.append(element("p", {}, bdi(cause.sentence)), element("details", {}, element("summary", {}, "Why it matters, how to fix"),
      element("p", {}, cause.why), element("p", {}, cause.how), element("p", {}, element("code", {}, `dataprep rule ${cause.code}`))),
      cards, more);
    grow();
  }
  rule.addEventListener("toggle", () => {
    if (rule.open) { opened.add(id); fill(); } else opened.delete(id);
  });
  if (rule.open) fill();
  return rule;
}

function refresh() {
  const groups = new Map();
  let shown = 0;
  told.findings.forEach((finding, i) => {
    if (!kept(finding, i)) return;
    if (!groups.has(finding.cause)) groups.set(finding.cause, []);
    groups.get(finding.cause).push(finding);
    shown++;
  });
  if (state.within === "place")
    for (const group of groups.values()) group.sort((a, b) => a.place < b.place ? -1 : a.place > b.place ? 1 : 0);
  const order = [...groups.keys()].sort(ORDERS[state.order]);
  list.replaceChildren(...order.map(index => ruleOf(index, groups.get(index))));
  count.textContent = `${plural(shown, "finding")} of ${plural(order.length, "rule")} shown.`;
}

function chooser(name, options, key) {
  const select = element("select", { onchange: () => { state[key] = select.value; refresh(); } },
    ...options.map(([value, text]) => element("option", { value }, text)));
  return element("label", {}, `${name} `, select);
}

const search = element("input", { type: "search", size: 18, oninput: () => { state.text = search.value.toLowerCase(); refresh(); } });
const splits = [...new Set(told.findings.map(f => f.split).filter(Boolean))].sort();
section.append(
  element("div", { class: "tools filters", role: "search", "aria-label": "findings" },
    element("label", {}, "Find ", search),
    ...LEVELS.map(level => {
      const box = element("input", { type: "checkbox", checked: true, onchange: () => {
        if (box.checked) state.levels.add(level); else state.levels.delete(level);
        refresh();
      } });
      return element("label", {}, box, ` ${level}`);
    }),
    splits.length > 1 ? chooser("Split", [["", "all"], ...splits.map(s => [s, s])], "split") : null,
    chooser("Rules by", [["harm", "harm"], ["severity", "severity"], ["code", "code"], ["findings", "findings"], ["scans", "scans"]], "order"),
    chooser("Cards by", [["worst", "worst first"], ["place", "place"]], "within")),
  count, list);
refresh();

// A link to a rule opens it.
function follow() {
  const rule = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (rule && rule.matches(".rule")) {
    rule.open = true;
    rule.scrollIntoView();
    rule.querySelector("summary").focus();
  }
}
addEventListener("hashchange", follow);
document.querySelector(".causes")?.addEventListener("click", event => {
  if (event.target.matches("a") && event.target.hash === location.hash) follow();
});
follow();

// ---- Scenes in 3D ----

const stage = document.getElementById("space");
let showSpace = () => {};
if (stage) {
  const scenes = element("select", {}, ...told.spaces.map((space, i) => element("option", { value: i }, space.cloud.id)));
  const sentences = element("select", {});
  const root = element("div", {}), start = button("Show", () => showSpace(+scenes.value));
  let at = -1, viewer = null;
  const meant = () => sentences.value === "" ? [] : told.spaces[at].sentences[+sentences.value].objects;
  sentences.addEventListener("change", () => viewer && viewer.show(meant()));
  scenes.addEventListener("change", () => showSpace(+scenes.value));
  stage.append(element("p", { class: "tools" }, element("label", {}, "Scene ", scenes),
    element("label", {}, "Sentence ", sentences), start), root);
  showSpace = async (index, finding) => {
    const space = told.spaces[index];
    const targets = finding && finding.object !== null ? [finding.object] : [];
    scenes.value = index;
    start.hidden = true;
    if (at !== index) {
      at = index;
      sentences.replaceChildren(element("option", { value: "" }, "none"), ...space.sentences.map((s, i) =>
        element("option", { value: i }, `${s.place} ${s.text}`)));
      // A browser keeps few pictures of this kind at a time.
      viewer?.canvas.getContext("webgl2").getExtension("WEBGL_lose_context")?.loseContext();
      root.replaceChildren();
      viewer = await pointViewer(root, space.cloud, { targets });
    } else viewer?.show(targets);
    if (finding) {
      const index = space.sentences.findIndex(s => s.place === finding.place);
      sentences.value = index < 0 ? "" : index;
      stage.scrollIntoView();
      viewer?.canvas.focus();
    }
  };
}
