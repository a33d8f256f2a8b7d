// The page: a photo, a drawn example or the camera in; boxes, cards and a table out. Nothing is sent anywhere.
import * as ort from "./runtime/ort.wasm.min.mjs";
import { card, colourOf, csv, rowsOf, topOf } from "./cards.js";
import { Mtcnn } from "./mtcnn.js";
import { Network } from "./network.js";
import { fromCanvas } from "./pixels.js";

const CARDS = 12, LIVE_CARDS = 3, MOST_ROWS = 50_000, MOST_PIXELS = 16_000_000; // what phones' canvases hold
const LIVE_FACE = 8; // in the camera's picture, faces of an eighth of its height and more are looked for
const $ = (id) => document.getElementById(id);
const canvas = $("picture"), hidden = document.createElement("canvas");
let about, detector, network, rows = [], name = "", camera = null;

async function load() {
  ort.env.wasm.wasmPaths = new URL("./runtime/", location.href).href;
  ort.env.wasm.numThreads = 1; // more need headers that a plain file server does not send
  about = await (await fetch("settings.json")).json();
  const open = (file) => ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  const nets = {};
  for (const net of ["pnet", "rnet", "onet"]) nets[net] = await open(`${net}.onnx`);
  detector = new Mtcnn(ort, nets, about.detector);
  network = new Network(ort, await open("model.onnx"), about.preprocessing, about.outputs);
}

/** Faces of what the hidden canvas holds. */
async function look(minFace) {
  const image = fromCanvas(hidden);
  return network.read(image, await detector.detect(image, minFace));
}

function draw(faces) {
  canvas.width = hidden.width; canvas.height = hidden.height;
  const pen = canvas.getContext("2d"), line = Math.max(11, Math.round((16 * Math.min(canvas.height / 720, 3))));
  pen.drawImage(hidden, 0, 0);
  faces.forEach((face, row) => {
    const [x1, y1, x2, y2] = face.box, colour = colourOf(row, about);
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = Math.max(2, line / 7);
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    for (const [x, y] of face.landmarks) { pen.beginPath(); pen.arc(x, y, Math.max(1.5, line / 7), 0, 7); pen.fill(); }
    const top = about.labels.expression ? topOf(face, "expression", about.labels) : "";
    const sure = top ? ` ${Math.round(100 * Math.max(...face.values.expression))}%` : "";
    label(pen, `${row + 1} ${top}${sure}`, Math.max(0, x1), Math.max(line * 1.4, y1), line, colour);
  });
  canvas.hidden = false;
}

function label(pen, text, x, y, line, colour) {
  pen.font = `600 ${line}px system-ui, sans-serif`;
  pen.fillStyle = colour;
  pen.fillRect(x - pen.lineWidth / 2, y - line * 1.4, pen.measureText(text).width + line, line * 1.4);
  pen.fillStyle = "#181a20";
  pen.fillText(text, x + line * 0.4, y - line * 0.4);
}

function show(faces, most) {
  draw(faces);
  $("cards").replaceChildren(...faces.slice(0, most).map((face, row) => card(face, row, about)));
  $("save").hidden = false;
}

function say(text, wrong = false) {
  $("said").textContent = text;
  $("said").className = wrong ? "mien-refusal" : "mien-soft";
}

/** Read a file, and say in one sentence what was found or what is wrong with it. */
async function read(file) {
  say(`Reading ${file.name} ...`);
  let picture;
  try {
    picture = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    $("cards").replaceChildren(); canvas.hidden = $("save").hidden = true;
    return say(`${file.name}: not a picture that this browser can read; expected JPEG, PNG or WebP.`, true);
  }
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (picture.width * picture.height)));
  hidden.width = Math.round(picture.width * scale); hidden.height = Math.round(picture.height * scale);
  hidden.getContext("2d", { willReadFrequently: true }).drawImage(picture, 0, 0, hidden.width, hidden.height);
  await new Promise((resolve) => setTimeout(resolve)); // let the browser show that it reads
  const faces = await look();
  name = file.name; rows = rowsOf(faces, name, about);
  show(faces, CARDS);
  const count = faces.length === 1 ? "1 face" : `${faces.length || "no"} faces`;
  const smaller = scale < 1 ? ` The picture was reduced to ${hidden.width} by ${hidden.height} pixels first.` : "";
  say(`${name}: ${count}.${smaller}` + (faces.length > CARDS ? ` ${faces.length - CARDS} more stand in the table.` : ""));
}

async function startCamera() {
  const video = document.createElement("video");
  video.playsInline = video.muted = true;
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: false });
  } catch (error) {
    return say(`The camera cannot be used (${error.message}); allow it in the browser, and open the page from localhost or over https.`, true);
  }
  const mine = camera = video;
  await video.play();
  $("camera").textContent = "Stop the camera";
  rows = []; name = "camera";
  const begun = performance.now();
  for (let frame = 0; camera === mine; frame++) {
    hidden.width = video.videoWidth; hidden.height = video.videoHeight;
    hidden.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0);
    const time_s = (performance.now() - begun) / 1000;
    const faces = await look(Math.max(about.detector.min_face, hidden.height / LIVE_FACE));
    if (camera !== mine) break;
    rows.push(...rowsOf(faces, name, about, frame, time_s));
    rows.splice(0, Math.max(0, rows.length - MOST_ROWS));
    show(faces, LIVE_CARDS);
    say(`${(frame / (time_s || 1)).toFixed(1)} pictures a second; the table has every one.`);
    await new Promise(requestAnimationFrame);
  }
}

function stopCamera() {
  camera?.srcObject.getTracks().forEach((track) => track.stop());
  camera = null;
  $("camera").textContent = "Use the camera";
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv(rows, about.columns)], { type: "text/csv" }));
  link.download = `${name.replace(/\.[^.]*$/, "")}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** One thing after the other, and no error that nobody sees. */
let last = Promise.resolve();
const queue = (work) => {
  last = last.then(work).catch((error) => say(`Something went wrong in this browser: ${error.message}`, true));
};

const readNext = (file) => { stopCamera(); queue(() => read(file)); };

function listen() {
  const drop = $("drop"), file = $("file");
  file.addEventListener("change", () => { const [chosen] = file.files; if (chosen) readNext(chosen); file.value = ""; });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.toggle("over", kind === "dragover"); });
  }
  document.addEventListener("drop", (event) => { const [dropped] = event.dataTransfer.files; if (dropped) readNext(dropped); });
  $("camera").addEventListener("click", () => (camera ? stopCamera() : queue(startCamera)));
  $("save").addEventListener("click", save);
  for (const example of document.querySelectorAll("#examples button")) {
    example.addEventListener("click", async () => {
      const answer = await fetch(`examples/${example.value}`);
      readNext(new File([await answer.blob()], example.value));
    });
  }
}

say("Loading the networks ...");
queue(async () => {
  await load();
  listen();
  document.body.classList.add("ready");
  say("Ready. Choose a photo, drop one anywhere on this page, or use the camera.");
});
