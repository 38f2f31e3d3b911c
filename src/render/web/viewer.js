"use strict";
// A viewer of point clouds: one canvas, one buffer of points, drawn when something changes.

const VERTEX = `#version 300 es
in vec3 place; in vec3 colour;
uniform mat4 view; uniform vec3 low, extent; uniform vec2 side; uniform float size, top; uniform bool picking;
out vec3 shade;
void main() {
  vec3 p = low + place * extent;
  // The walls between the eye and the room; what is narrower than a room has none.
  vec2 wall = abs(place.xy - .5 - .5 * side) * extent.xy;
  bool cut = p.z > top || side.x != 0. && extent.x > 1.5 && wall.x < .3 || side.y != 0. && extent.y > 1.5 && wall.y < .3;
  gl_Position = cut ? vec4(2., 2., 2., 1.) : view * vec4(p, 1.);
  gl_PointSize = clamp(size / gl_Position.w, 1.5, 32.);
  int i = gl_VertexID + 1;
  shade = picking ? vec3(i & 255, i >> 8 & 255, i >> 16 & 255) / 255. : colour;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 shade; out vec4 pixel;
void main() {
  if (length(gl_PointCoord - .5) > .5) discard;
  pixel = vec4(shade, 1.);
}`;
const PAINTS = ["rgb", "object", "label", "superpoint", "mask"];
const HEAD_ROOM = 2.1; // metres above the floor that are looked into
const MANY = 150000; // points that any machine draws in time
const ROOM = 200; // points that a room has at least: of fewer none is cut

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

// The columns of a cloud, as the program packed them.
async function unpack(cloud) {
  const packed = Uint8Array.from(atob(cloud.data), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const n = cloud.points, view = new DataView(bytes.buffer);
  const place = new Uint16Array(3 * n);
  for (let axis = 0, at = 0; axis < 3; axis++)
    for (let i = 0, value = 0; i < n; i++, at += 2)
      place[3 * i + axis] = value = (value + view.getUint16(at, true)) & 65535;
  const object = new Uint16Array(n), segment = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    object[i] = view.getUint16(9 * n + 2 * i, true);
    segment[i] = view.getUint32(12 * n + 4 * i, true);
  }
  return { place, rgb: bytes.subarray(6 * n, 9 * n), object, label: bytes.subarray(11 * n, 12 * n), segment };
}

// The colour that pictures give the same number.
function distinct(number) {
  const hue = (Math.imul(number, 0x9E3779B9) >>> 8) / (1 << 24) * 6;
  const light = [0.95, 0.78, 0.62][(number >>> 0) % 3];
  return [0, 4, 2].map(offset => {
    const ramp = Math.min(1, Math.max(0, Math.abs((hue + offset) % 6 - 3) - 1));
    return (0.3 + 0.7 * ramp) * light * 255;
  });
}

function program(gl) {
  const made = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.bindAttribLocation(made, 0, "place");
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}

// Where the eye is: it goes round a point, which is told from the middle of the scene. Viewers that share a
// camera move together.
class Camera {
  constructor() { this.viewers = []; }
  home() { return Object.assign(this, { yaw: -2.2, pitch: 0.95, distance: 8, middle: [0, 0, 0] }); }
  moved() { for (const viewer of this.viewers) viewer.draw(); }
  turn(dx, dy) {
    this.yaw -= dx;
    this.pitch = Math.min(1.57, Math.max(-1.57, this.pitch + dy));
    this.moved();
  }
  zoom(factor) { this.distance = Math.min(500, Math.max(0.1, this.distance * factor)); this.moved(); }
  pan(dx, dy) {
    const [right, up] = this.axes();
    this.middle = this.middle.map((v, a) => v - (right[a] * dx - up[a] * dy) * this.distance);
    this.moved();
  }
  axes() {
    const [s, c, t, d] = [Math.sin(this.yaw), Math.cos(this.yaw), Math.sin(this.pitch), Math.cos(this.pitch)];
    return [[-s, c, 0], [-c * t, -s * t, d], [c * d, s * d, t]];
  }
  // Where the eye is, in a scene around `origin`.
  eye(origin) { return this.axes()[2].map((v, a) => origin[a] + this.middle[a] + v * this.distance); }
  // Column by column.
  matrix(aspect, origin) {
    const [right, up, back] = this.axes(), f = 1.6, near = this.distance / 100, far = this.distance * 100;
    const dot = axis => -axis.reduce((sum, v, a) => sum + v * (origin[a] + this.middle[a]), 0);
    const rows = [[...right, dot(right)], [...up, dot(up)], [...back, dot(back) - this.distance]];
    const [A, B] = [(far + near) / (near - far), 2 * far * near / (near - far)];
    const m = [];
    for (let k = 0; k < 4; k++)
      m.push(f / aspect * rows[0][k], f * rows[1][k], A * rows[2][k] + (k === 3 ? B : 0), -rows[2][k]);
    return m;
  }
}

// Puts a viewer of a cloud into `root`. `options`: camera, targets (object ids), name.
async function pointViewer(root, cloud, options = {}) {
  const canvas = element("canvas", {
    tabindex: 0, role: "application",
    "aria-label": `${options.name || cloud.id} in 3D: arrow keys turn, shift and arrows move, plus and minus zoom, ` +
      "Home goes back, Enter says what is in the middle",
  });
  const status = element("p", { role: "status", class: "soft picked" },
    `${cloud.points.toLocaleString("en")} of ${cloud.of.toLocaleString("en")} points. Drag turns, shift and drag moves, ` +
    "the wheel or two fingers zoom, a click names a point.");
  const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
  if (!gl || cloud.points === 0) {
    root.append(element("p", { class: "notice" }, gl
      ? "This scene has no point that could be shown."
      : "This browser has no WebGL 2, which the 3D view needs. The pictures show the same."));
    return null;
  }
  const columns = await unpack(cloud);
  const made = program(gl);
  gl.useProgram(made);
  gl.enable(gl.DEPTH_TEST);
  const at = name => gl.getUniformLocation(made, name);
  const colours = gl.createBuffer(), colour = gl.getAttribLocation(made, "colour");
  const places = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, places);
  gl.bufferData(gl.ARRAY_BUFFER, columns.place, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.enableVertexAttribArray(colour);
  // Reads every point, or one of several.
  const step = by => {
    gl.bindBuffer(gl.ARRAY_BUFFER, places);
    gl.vertexAttribPointer(0, 3, gl.UNSIGNED_SHORT, true, 6 * by, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, colours);
    gl.vertexAttribPointer(colour, 3, gl.UNSIGNED_BYTE, true, 3 * by, 0);
  };
  gl.uniform3fv(at("low"), cloud.low);
  gl.uniform3fv(at("extent"), cloud.extent);

  const indices = ids => new Set(cloud.objects.map(([id], i) => ids.includes(id) ? i : -1).filter(i => i >= 0));
  const camera = options.camera || new Camera().home();
  const size = Math.hypot(...cloud.extent);
  const origin = cloud.low.map((v, a) => v + cloud.extent[a] * (a === 2 && cloud.points >= ROOM ? 0.25 : 0.5));
  const viewer = { canvas, camera, paint: "rgb", targets: indices(options.targets || []), cut: cloud.points >= ROOM, frames: 0 };
  const order = gl.createBuffer();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order);

  viewer.repaint = () => {
    const n = cloud.points, out = new Uint8Array(3 * n);
    const wheel = new Map();
    const wheeled = number => {
      if (!wheel.has(number)) wheel.set(number, distinct(number));
      return wheel.get(number);
    };
    for (let i = 0; i < n; i++) {
      const object = columns.object[i], mine = viewer.targets.has(object);
      const rgb = columns.rgb, own = k => k < 0 ? 0 : rgb[k * n + i];
      let shown = [own(0), own(1), own(2)];
      if (viewer.paint === "object") shown = object === 65535 ? [168, 168, 168] : wheeled(cloud.objects[object][0]);
      else if (viewer.paint === "label") shown = columns.label[i] ? wheeled(columns.label[i]) : [168, 168, 168];
      else if (viewer.paint === "superpoint") shown = wheeled(columns.segment[i]);
      else if (viewer.paint === "mask") shown = Array(3).fill(70 + (2 * shown[0] + 5 * shown[1] + shown[2]) / 16);
      for (let k = 0; k < 3; k++) out[3 * i + k] = mine ? 0.35 * shown[k] + 0.65 * [255, 110, 0][k] : shown[k];
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, colours);
    gl.bufferData(gl.ARRAY_BUFFER, out, gl.DYNAMIC_DRAW);
    const mine = [];
    for (let i = 0; i < n; i++) if (viewer.targets.has(columns.object[i])) mine.push(i);
    viewer.mine = mine.length;
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(mine), gl.DYNAMIC_DRAW);
    viewer.draw();
  };

  function render(picking, by = 1) {
    const scale = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (!w || !h) return;
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    gl.viewport(0, 0, w, h);
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    gl.clearColor(...(picking ? [0, 0, 0] : dark ? [0.13, 0.13, 0.125] : [0.955, 0.955, 0.945]), picking ? 0 : 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const eye = camera.eye(origin), point = 1.5 * h * Math.max(0.012, size / Math.sqrt(cloud.points) * 0.6);
    const side = [0, 1].map(a => !viewer.cut ? 0 : eye[a] > cloud.low[a] + cloud.extent[a] ? 1 : eye[a] < cloud.low[a] ? -1 : 0);
    gl.uniformMatrix4fv(at("view"), false, camera.matrix(w / h, origin));
    gl.uniform2fv(at("side"), side);
    gl.uniform1f(at("top"), viewer.cut ? cloud.low[2] + HEAD_ROOM : 1e9);
    gl.uniform1i(at("picking"), picking);
    step(by);
    gl.uniform1f(at("size"), point * Math.sqrt(by));
    gl.drawArrays(gl.POINTS, 0, Math.floor(cloud.points / by));
    step(1);
    if (viewer.mine) {
      // What is meant is seen through what hides it.
      gl.disable(gl.DEPTH_TEST);
      gl.uniform2fv(at("side"), [0, 0]);
      gl.uniform1f(at("top"), 1e9);
      gl.uniform1f(at("size"), point);
      gl.drawElements(gl.POINTS, viewer.mine, gl.UNSIGNED_INT, 0);
      gl.enable(gl.DEPTH_TEST);
    }
    viewer.frames++;
  }

  // Where many points take long to draw, one of several is drawn while the eye moves, and all once it rests.
  let waiting = false, by = 1, last = -Infinity, rest = 0;
  viewer.draw = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(now => {
      waiting = false;
      const took = now - last;
      last = now;
      if (cloud.points > MANY && took < 3000)
        by = took > 80 ? Math.min(40, by * Math.ceil(took / 60)) : took < 20 ? Math.max(1, by - 1) : by;
      render(false, by);
      clearTimeout(rest);
      if (by > 1) rest = setTimeout(() => render(false), 400);
    });
  };

  // What is at a place of the canvas; the picture of numbers is never seen.
  viewer.pick = (x, y) => {
    render(true);
    const scale = canvas.width / canvas.clientWidth, pixel = new Uint8Array(4);
    const near = [0, 2, 4, 6, 8].flatMap(r => [[r, 0], [-r, 0], [0, r], [0, -r]]);
    let found = -1;
    for (const [dx, dy] of near) {
      gl.readPixels((x + dx) * scale, canvas.height - 1 - (y + dy) * scale, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
      found = pixel[0] + pixel[1] * 256 + pixel[2] * 65536 - 1;
      if (found >= 0) break;
    }
    render(false);
    if (found < 0) {
      status.textContent = "There is no point.";
      return null;
    }
    const object = cloud.objects[columns.object[found]];
    const label = columns.label[found];
    status.textContent = [
      object ? `object ${object[0]}: ${object[1]}` : "of no object",
      label ? `label ${label} (nyu40)` : "no label",
      columns.segment[found] === 0xffffffff ? "no superpoint" : `superpoint ${columns.segment[found]}`,
    ].join(" · ");
    return object ? object[0] : null;
  };

  // Looks at the targets, or at all.
  viewer.home = () => {
    camera.home();
    const sum = [0, 0, 0, 0];
    for (let i = 0; i < cloud.points; i++)
      if (viewer.targets.has(columns.object[i])) {
        for (let a = 0; a < 3; a++) sum[a] += columns.place[3 * i + a] / 65535;
        sum[3]++;
      }
    if (sum[3]) camera.middle = origin.map((v, a) => cloud.low[a] + sum[a] / sum[3] * cloud.extent[a] - v);
    camera.distance = sum[3] ? Math.max(2.5, size * 0.55) : size * 0.95;
    camera.moved();
  };
  viewer.show = ids => { viewer.targets = indices(ids); viewer.repaint(); viewer.home(); };

  const pointers = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
    moved = 0;
  });
  canvas.addEventListener("pointermove", event => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const h = canvas.clientHeight, [dx, dy] = [(event.clientX - before.clientX) / h, (event.clientY - before.clientY) / h];
    moved += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 2) {
      const other = [...pointers.values()].find(p => p.pointerId !== event.pointerId);
      const far = p => Math.hypot(p.clientX - other.clientX, p.clientY - other.clientY) || 1;
      camera.zoom(far(before) / far(event));
      camera.pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons === 2) camera.pan(dx, dy);
    else camera.turn(dx * 4, dy * 4);
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, event => {
      if (pointers.delete(event.pointerId) && end === "pointerup" && moved < 0.01)
        viewer.pick(event.offsetX, event.offsetY);
    });
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    camera.zoom(Math.exp(event.deltaY / 600));
  }, { passive: false });
  canvas.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step && event.shiftKey) camera.pan(-step[0] / 20, -step[1] / 20);
    else if (step) camera.turn(step[0] / 8, step[1] / 8);
    else if (event.key === "+" || event.key === "=") camera.zoom(0.85);
    else if (event.key === "-") camera.zoom(1 / 0.85);
    else if (event.key === "Home") viewer.home();
    else if (event.key === "Enter") viewer.pick(canvas.clientWidth / 2, canvas.clientHeight / 2);
    else return;
    event.preventDefault();
  });

  const paints = PAINTS.filter(paint => paint !== "rgb" || cloud.coloured);
  const select = element("select", { onchange: () => { viewer.paint = select.value; viewer.repaint(); } },
    ...paints.map(paint => element("option", {}, paint)));
  const cut = element("input", { type: "checkbox", checked: viewer.cut, onchange: () => { viewer.cut = cut.checked; viewer.draw(); } });
  root.append(canvas, element("p", { class: "tools" },
    element("label", {}, "Colour by ", select), element("label", {}, cut, " cut ceiling and near walls"),
    element("button", { type: "button", onclick: viewer.home }, "Back to start")), status);
  viewer.paint = paints[0];
  camera.viewers.push(viewer);
  new ResizeObserver(viewer.draw).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", viewer.draw);
  if (!options.camera) viewer.home();
  viewer.repaint();
  root.viewer = viewer;
  root.dataset.ready = "yes";
  return viewer;
}
