"use strict";
// One scan with its sentences to pick from.

const { space, picked, object } = JSON.parse(document.getElementById("data").textContent);
const place = document.getElementById("space");
const sentences = element("select", { id: "sentences" }, element("option", { value: "" }, "none"),
  ...space.sentences.map((s, i) => element("option", { value: i }, `${s.place} ${s.text}`)));
const shown = element("p", {});
const root = element("div", {});
place.append(element("p", { class: "tools" }, element("label", {}, "Sentence ", sentences)), shown, root);

function meant() {
  const sentence = space.sentences[sentences.value];
  shown.replaceChildren(element("bdi", { dir: "auto" }, sentence ? sentence.text : ""));
  return sentence ? sentence.objects : [];
}
if (picked !== null) sentences.value = picked;
const first = meant();
pointViewer(root, space.cloud, { targets: first.length || object === null ? first : [object] }).then(viewer =>
  sentences.addEventListener("change", () => { const ids = meant(); if (viewer) viewer.show(ids); }));
