// Two pictures on one stage. Lengths are pixels of the screen's own grid, so that a zoom of 1 shows one pixel as one;
// only CSS is told of the larger CSS pixels.
"use strict";
(() => {
  const find = (name) => document.getElementById(name);
  const all = (name) => [...document.querySelectorAll(`[data-${name}]`)];
  const stage = find("stage"), divider = find("divider"), canvas = find("d").firstChild, images = [...stage.querySelectorAll("img")];
  const STEPS = [1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32];
  const LARGEST = 32, TAP = 350;
  const now = { view: "slider", gain: 4, split: 0.5, zoom: 1, x: 0, y: 0, held: false, fitted: true };
  const picture = { width: +images[0].getAttribute("width"), height: +images[0].getAttribute("height") };
  const limit = (value, low, high) => Math.min(Math.max(value, low), high);
  const ratio = () => window.devicePixelRatio || 1;
  const room = () => ({ width: stage.clientWidth * ratio(), height: stage.clientHeight * ratio() });

  // -- where the picture is ---------------------------------------------------------------------------------

  function fit() {  // small pictures are enlarged by whole numbers only, but for the fine grid of a phone
    const space = room();
    const zoom = Math.min(space.width / picture.width, space.height / picture.height);
    return zoom > ratio() ? Math.min(Math.floor(zoom), LARGEST) : zoom;
  }

  function place(offset, side, space) {  // no gap beside a picture that is larger than the stage; else in the middle
    const free = space - side;
    return Math.round(free >= 0 ? free / 2 : limit(offset, free, 0));
  }

  function zoomTo(zoom, point = null) {
    const space = room(), least = Math.min(fit(), 1);
    const at = point || { x: space.width / 2, y: space.height / 2 };
    const next = limit(zoom, least, LARGEST);
    now.x = at.x - (at.x - now.x) * next / now.zoom;
    now.y = at.y - (at.y - now.y) * next / now.zoom;
    now.zoom = next;
    now.fitted = Math.abs(next - fit()) < 1e-6;
    draw();
  }

  function step(direction) {
    const larger = STEPS.find((zoom) => zoom > now.zoom * 1.001), smaller = STEPS.filter((zoom) => zoom < now.zoom * 0.999).pop();
    zoomTo(direction > 0 ? larger || LARGEST : smaller || 0);
  }

  function move(x, y) {
    now.x += x;
    now.y += y;
    draw();
  }

  function splitAt(share) {
    now.split = limit(share, 0, 1);
    draw();
  }

  // -- what is seen -----------------------------------------------------------------------------------------

  function draw() {
    const space = room(), css = 1 / ratio();
    now.x = place(now.x, picture.width * now.zoom, space.width);
    now.y = place(now.y, picture.height * now.zoom, space.height);
    for (const shown of [...images, canvas]) {
      shown.style.transform = `translate(${now.x * css}px, ${now.y * css}px) scale(${now.zoom * css})`;
      shown.classList.toggle("pixels", now.zoom > 2);
    }
    stage.style.setProperty("--check", `${16 / (now.zoom * css)}px`);
    const percent = 100 * now.split, sliding = now.view === "slider" && !now.held;
    const different = now.view === "difference" && !now.held;
    find("a").style.clipPath = sliding ? `inset(0 ${100 - percent}% 0 0)` : "none";
    find("b").style.clipPath = sliding ? `inset(0 0 0 ${percent}%)` : "none";
    find("a").hidden = !sliding && (now.held || different);
    find("b").hidden = !sliding && !now.held;
    find("d").hidden = !different;
    find("d").style.filter = `brightness(${now.gain})`;
    divider.hidden = !sliding;
    divider.style.left = `${percent}%`;
    divider.setAttribute("aria-valuenow", Math.round(percent));
    for (const name of ["a", "b", "d"]) {
      find(`chip-${name}`).hidden = find(name).hidden;
      find(`chip-${name}`).classList.toggle("alone", !sliding);
    }
    find("gains").hidden = now.view !== "difference";
    find("zoom").textContent = `${+(100 * now.zoom).toPrecision(3)} %`;
    find("hold").classList.toggle("down", now.held);
    stage.classList.toggle("slider", sliding && !roomy());
    for (const button of all("view")) button.setAttribute("aria-pressed", button.dataset.view === now.view);
    for (const button of all("gain")) button.setAttribute("aria-pressed", +button.dataset.gain === now.gain);
  }

  function roomy() {  // whether there is something to move into view
    const space = room();
    return picture.width * now.zoom > space.width + 1 || picture.height * now.zoom > space.height + 1;
  }

  let subtracted = null;

  function see(view) {
    now.view = view;
    if (view === "difference" && !subtracted) subtracted = subtract();
    draw();
  }

  function hold(held) {
    if (held === now.held) return;
    now.held = held;
    draw();
  }

  function over(image, ground) {
    const sheet = Object.assign(document.createElement("canvas"), picture), brush = sheet.getContext("2d");
    brush.fillStyle = ground;
    brush.fillRect(0, 0, picture.width, picture.height);
    brush.drawImage(image, 0, 0);
    return [sheet, brush];
  }

  async function subtract() {  // over black, and where something is transparent over white too: the larger difference
    await Promise.all(images.map((image) => image.decode()));
    Object.assign(canvas, picture);
    const brush = canvas.getContext("2d");
    for (const ground of stage.classList.contains("seethrough") ? ["#000", "#fff"] : ["#000"]) {
      const [sheet, on] = over(images[0], ground);
      on.globalCompositeOperation = "difference";
      on.drawImage(over(images[1], ground)[0], 0, 0);
      brush.globalCompositeOperation = ground === "#000" ? "copy" : "lighten";
      brush.drawImage(sheet, 0, 0);
    }
  }

  // -- fingers and mouse ------------------------------------------------------------------------------------

  const fingers = new Map();
  let drag = null, tap = { time: 0, x: 0, y: 0 };

  function spot(event) {
    const box = stage.getBoundingClientRect(), scale = ratio();
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  }

  function pinch() {
    const [one, other] = [...fingers.values()];
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, reach: Math.hypot(one.x - other.x, one.y - other.y) || 1 };
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("button")) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, spot(event));
    const splits = divider.contains(event.target) || (now.view === "slider" && !roomy());
    drag = { kind: fingers.size > 1 ? "pinch" : splits ? "split" : "move", from: spot(event), moved: fingers.size > 1 };
    stage.classList.toggle("dragging", drag.kind === "move");
  });

  stage.addEventListener("pointermove", (event) => {
    if (!drag || !fingers.has(event.pointerId)) return;
    const before = fingers.size > 1 ? pinch() : fingers.get(event.pointerId), here = spot(event);
    if (!drag.moved && Math.hypot(here.x - drag.from.x, here.y - drag.from.y) < 4 * ratio()) return;
    drag.moved = true;
    fingers.set(event.pointerId, here);
    if (drag.kind === "split") splitAt(here.x / room().width);
    if (drag.kind === "move") move(here.x - before.x, here.y - before.y);
    if (drag.kind === "pinch" && fingers.size > 1) {
      const after = pinch();
      now.x += after.x - before.x;
      now.y += after.y - before.y;
      zoomTo(now.zoom * after.reach / before.reach, after);
    }
  });

  function lift(event) {
    if (!fingers.delete(event.pointerId)) return;
    const here = spot(event), time = event.timeStamp;
    if (drag && !drag.moved && event.type === "pointerup") {
      const twice = time - tap.time < TAP && Math.hypot(here.x - tap.x, here.y - tap.y) < 24 * ratio();
      tap = twice ? { time: 0, x: 0, y: 0 } : { time, x: here.x, y: here.y };
      if (twice) zoomTo(now.zoom > fit() * 1.01 ? fit() : fit() < 1 ? 1 : 4 * fit(), here);
    }
    drag = fingers.size ? { kind: "move", from: here, moved: true } : null;  // a finger stays down after a pinch
    if (!drag) stage.classList.remove("dragging");
  }
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) stage.addEventListener(type, lift);

  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : event.deltaMode === 2 ? 400 : 1;
    zoomTo(now.zoom * Math.exp(-limit(event.deltaY * lines, -200, 200) * (event.ctrlKey ? 0.01 : 0.002)), spot(event));
  }, { passive: false });

  // -- buttons and keys -------------------------------------------------------------------------------------

  const zooms = { in: () => step(1), out: () => step(-1), fit: () => zoomTo(fit()), one: () => zoomTo(1) };
  for (const button of all("view")) button.addEventListener("click", () => see(button.dataset.view));
  for (const button of all("zoom")) button.addEventListener("click", () => zooms[button.dataset.zoom]());
  for (const button of all("gain")) button.addEventListener("click", () => { now.gain = +button.dataset.gain; draw(); });
  for (const type of ["pointerdown", "pointerup", "pointercancel", "pointerleave", "blur"]) {
    find("hold").addEventListener(type, () => hold(type === "pointerdown"));
  }
  find("hold").addEventListener("contextmenu", (event) => event.preventDefault());  // what a long touch would open
  document.addEventListener("click", (event) => {  // after a click with the mouse the space bar belongs to the pictures again
    const button = event.target.closest(".bar button, .stage button");
    if (button && event.detail) button.blur();
  });

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const keys = {
    "+": zooms.in, "=": zooms.in, "-": zooms.out, "_": zooms.out, "0": zooms.fit, "1": zooms.one,
    s: () => see("slider"), f: () => see("flip"), d: () => see("difference"),
    Home: () => splitAt(0), End: () => splitAt(1),
  };

  document.addEventListener("keydown", (event) => {
    const on = event.target, button = on.closest && on.closest("button");
    if (event.ctrlKey || event.metaKey || event.altKey ) return;
    if (button === find("hold") ? " Enter".includes(event.key) : event.key === " " && !button) hold(true);
    else if (arrows[event.key] && !on.closest("aside")) {
      const [x, y] = arrows[event.key];
      if (x && !event.shiftKey && now.view === "slider") splitAt(now.split + 0.02 * x);
      else if (!roomy()) return;  // let the page scroll
      else move(-x * 60 * ratio(), -y * 60 * ratio());
    } else if (keys[event.key] && !(on.closest("aside") && event.key.length > 1)) keys[event.key]();
    else return;
    event.preventDefault();
  });
  document.addEventListener("keyup", (event) => { if (event.key === " " || event.key === "Enter") hold(false); });
  window.addEventListener("blur", () => hold(false));

  find("copy").addEventListener("click", async () => {
    const text = find("command").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // an old browser, or one that forbids it here
      getSelection().selectAllChildren(find("command"));
      document.execCommand("copy");
    }
    find("copied").textContent = "copied";
    setTimeout(() => { find("copied").textContent = ""; }, 2000);
  });

  new ResizeObserver(() => { if (now.fitted) zoomTo(fit()); else draw(); }).observe(stage);
  zoomTo(fit());
})();
