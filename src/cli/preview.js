"use strict";
// The original beside a variant, seen from the same place.

const variants = JSON.parse(document.getElementById("data").textContent);
const place = document.getElementById("space");
const pick = element("select", {}, ...variants.slice(1).map((v, i) => element("option", { value: i + 1 }, v.name)));
const roots = [0, 1].map(() => element("div", {}));
const names = ["original", ""].map(name => element("h3", {}, name));
const steps = element("p", { class: "soft" });
place.append(element("p", { class: "tools" }, element("label", {}, "Beside the original ", pick)), steps,
  element("div", { class: "beside" }, ...roots.map((root, i) => element("div", {}, names[i], root))));

const camera = new Camera().home();
let viewers = [];
async function show() {
  const chosen = variants[+pick.value];
  names[1].textContent = chosen.name;
  steps.textContent = chosen.steps;
  const old = viewers[1];
  if (old) {
    camera.viewers = camera.viewers.filter(v => v !== old);
    old.canvas.getContext("webgl2").getExtension("WEBGL_lose_context")?.loseContext();
  }
  roots[1].replaceChildren();
  viewers[1] = await pointViewer(roots[1], chosen.cloud, { camera, name: chosen.name });
}
(async () => {
  viewers[0] = await pointViewer(roots[0], variants[0].cloud, { camera, name: "original" });
  await show();
  viewers[0]?.home();
  pick.addEventListener("change", show);
})();
