// The face detector: three small networks on a pyramid of the picture, as mien/faces/mtcnn.py does it.
import { patches, rint, shrink } from "./pixels.js";

/** Shared area of two boxes over their union, or over the smaller of them. */
function overlap(a, b, of) {
  const wide = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), high = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(wide, 0) * Math.max(high, 0);
  const [first, second] = [a, b].map((box) => (box[2] - box[0]) * (box[3] - box[1]));
  return shared / Math.max(of === "smaller" ? Math.min(first, second) : first + second - shared, 1e-9);
}

/** The candidates that stay, best first: each drops the worse ones that it overlaps by more than `limit`. */
export function suppress(candidates, limit, of = "union") {
  let left = [...candidates].sort((a, b) => b.score - a.score); // stable, as in Python
  const kept = [];
  while (left.length) {
    const [best, ...rest] = left;
    kept.push(best);
    left = rest.filter((other) => overlap(best.box, other.box, of) <= limit);
  }
  return kept;
}

/** The square of a box's longer side around its centre. */
function square([x1, y1, x2, y2]) {
  const half = Math.max(x2 - x1, y2 - y1) / 2, x = (x1 + x2) / 2, y = (y1 + y2) / 2;
  return [x - half, y - half, x + half, y + half];
}

/** A box shifted by offsets that are shares of its sides. */
const moved = (box, offset) => box.map((v, i) => v + offset[i] * (i % 2 ? box[3] - box[1] : box[2] - box[0]));

/** Row `n` of an output whose rows have `width` values. */
const rowOf = (tensor, n, width) => Array.from(tensor.data.subarray(n * width, (n + 1) * width));

export class Mtcnn {
  /** `ort`: ONNX Runtime; `nets`: its sessions of pnet, rnet, onet; `set`: the numbers of mien.faces.mtcnn. */
  constructor(ort, nets, set) {
    Object.assign(this, { ort, nets, set });
  }

  /** The faces of a picture, best first: {box: [x1, y1, x2, y2], score, landmarks: five [x, y]}, in pixels. */
  async detect(image, minFace = this.set.min_face) {
    const found = await this.#reject(image, await this.#propose(image, minFace));
    const seen = await this.#lookClosely(image, found.map(({ box }) => square(box)));
    return suppress(seen.filter(({ score }) => score > this.set.thresholds[2]), this.set.same_face, "smaller");
  }

  #scales(width, height, minFace) {
    const { cell, shrink: factor, largest_level } = this.set;
    const scales = [];
    const first = cell / Math.max(minFace, cell * Math.sqrt((height * width) / largest_level));
    for (let scale = first; Math.min(height, width) * scale >= cell; scale *= factor) scales.push(scale);
    return scales;
  }

  /** The first network, on every level of the pyramid. */
  async #propose(image, minFace) {
    const { cell, step, thresholds, same_level, same_picture } = this.set;
    const all = [];
    let source = image, half = 0.5; // large pictures are halved on the way: a level need not begin at the full size
    for (const scale of this.#scales(image.width, image.height, minFace)) {
      for (; scale <= half; half /= 2) source = shrink(source, rint(image.width * half), rint(image.height * half));
      const level = shrink(source, Math.max(cell, rint(image.width * scale)), Math.max(cell, rint(image.height * scale)));
      const tensor = new this.ort.Tensor("uint8", level.data, [1, level.height, level.width, 3]);
      const { offset, score } = await this.nets.pnet.run({ image: tensor });
      const [, down, across] = score.dims, places = down * across;
      const wide = image.width / level.width, high = image.height / level.height;
      const here = [];
      for (let at = 0; at < places; at++) {
        if (score.data[at] <= thresholds[0]) continue;
        const x = (at % across) * step, y = Math.floor(at / across) * step;
        const box = [x + 1, y + 1, x + cell, y + cell]
          .map((v, i) => (v + offset.data[i * places + at] * (cell - 1)) * (i % 2 ? high : wide));
        here.push({ box, score: score.data[at] });
      }
      all.push(...suppress(here, same_level));
    }
    return suppress(all, same_picture);
  }

  /** The second network: candidates that still look like a face, moved nearer to it. */
  async #reject(image, candidates) {
    const boxes = candidates.map(({ box }) => square(box)), passed = [];
    await this.#run(this.nets.rnet, 24, image, boxes, (row, { offset, score }, n) => {
      if (score.data[n] > this.set.thresholds[1])
        passed.push({ box: moved(boxes[row], rowOf(offset, n, 4)), score: score.data[n] });
    });
    return suppress(passed, this.set.same_picture);
  }

  /** The third network: score, place and landmarks of each candidate. */
  async #lookClosely(image, boxes) {
    const seen = [];
    await this.#run(this.nets.onet, 48, image, boxes, (row, { offset, score, landmarks }, n) => {
      const [x1, y1, x2, y2] = boxes[row], points = rowOf(landmarks, n, 10);
      seen.push({
        box: moved(boxes[row], rowOf(offset, n, 4)),
        score: score.data[n],
        landmarks: points.slice(0, 5).map((x, i) => [x1 + (x2 - x1) * x, y1 + (y2 - y1) * points[i + 5]]),
      });
    });
    return seen;
  }

  /** Give every patch's outputs to `take`, so many patches at once. */
  async #run(net, side, image, boxes, take) {
    for (let start = 0; start < boxes.length; start += this.set.at_once) {
      const some = boxes.slice(start, start + this.set.at_once);
      const tensor = new this.ort.Tensor("uint8", patches(image, some, side), [some.length, side, side, 3]);
      const outputs = await net.run({ image: tensor });
      some.forEach((_, n) => take(start + n, outputs, n));
    }
  }
}
