// From a face in a picture to expressions, action units, valence and arousal: mien/preprocessing.py and the network.
import { means, rint, sample } from "./pixels.js";

/** Centre of the square around a box, and pixels of the picture per pixel of the crop as a matrix. */
function squareOf([x1, y1, x2, y2], set) {
  const step = (set.context * Math.max(x2 - x1, y2 - y1)) / set.size;
  return { centre: [(x1 + x2) / 2, (y1 + y2) / 2], turn: [[step, 0], [0, step]] };
}

/** The same with the face upright: the least-squares similarity from five landmarks to the template, turned round. */
function uprightOf(points, set) {
  const mean = (rows) => [0, 1].map((i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
  const middle = mean(points), wantedMiddle = mean(set.template);
  let spread = 0, along = 0, aside = 0;
  points.forEach((point, n) => {
    const x = point[0] - middle[0], y = point[1] - middle[1];
    const u = set.template[n][0] - wantedMiddle[0], v = set.template[n][1] - wantedMiddle[1];
    spread += x * x + y * y; along += x * u + y * v; aside += x * v - y * u;
  });
  const a = along / spread, b = aside / spread, det = a * a + b * b;
  const back = [[a / det, b / det], [-b / det, a / det]];
  const away = wantedMiddle.map((v) => 0.5 - v), size = set.align_context / set.size;
  const centre = back.map((row, i) => row[0] * away[0] + row[1] * away[1] + middle[i]);
  return { centre, turn: back.map((row) => row.map((v) => v * size)) };
}

/** The indices below `side` that sampling at `places` reads, and one more since it rounds them. */
function touched(places, side) {
  const first = Math.min(Math.max(Math.trunc(Math.min(...places)), 0), side - 1);
  return [first, Math.min(Math.max(Math.trunc(Math.max(...places)) + 3, first + 1), side)];
}

/** The part of the picture under the corners of a cut, made smaller by `factor`, and where it begins. */
function shrunk(image, corners, factor) {
  const [width, height] = [image.width, image.height].map((n) => Math.max(1, rint(n / factor)));
  const along = (i, side, whole) => touched(corners.map((corner) => (corner[i] * side) / whole - 0.5), side);
  const [left, right] = along(0, width, image.width), [top, bottom] = along(1, height, image.height);
  return { small: means(image, width, height, { left, top, right, bottom }), width, height, left, top };
}

/** The face as the network's input: (size, size, 3) bytes; grey is three equal channels. */
export function crop(image, face, set) {
  const { centre, turn } = set.align ? uprightOf(face.landmarks, set) : squareOf(face.box, set);
  const factor = Math.sqrt(turn[0][0] * turn[1][1] - turn[0][1] * turn[1][0]);
  const place = (column, row) => {
    const u = column + 0.5 - set.size / 2, v = row + 0.5 - set.size / 2;
    return [centre[0] + turn[0][0] * u + turn[0][1] * v, centre[1] + turn[1][0] * u + turn[1][1] * v];
  };
  const end = set.size - 1, corners = [place(0, 0), place(end, 0), place(0, end), place(end, end)];
  const { small, width, height, left, top } = factor < 1.5
    ? { small: image, width: image.width, height: image.height, left: 0, top: 0 }
    : shrunk(image, corners, factor);
  const cutOut = sample(small, set.size, (column, row) => {
    const [x, y] = place(column, row);
    return [(x * width) / image.width - 0.5 - left, (y * height) / image.height - 0.5 - top];
  });
  if (!set.grey) return cutOut.data;
  const { data } = cutOut;
  for (let i = 0; i < data.length; i += 3) {
    data.fill((data[i] * 9798 + data[i + 1] * 19235 + data[i + 2] * 3735 + 16384) >> 15, i, i + 3);
  }
  return data;
}

const TINY = 1e-30;

/** p^(1/T) e^b, scaled to add up to 1; TINY and all as in mien.models.postprocess. */
export function calibrated(probs, { temperature, bias }) {
  const z = probs.map((p, i) => Math.log(Math.max(p, TINY)) / temperature + bias[i]);
  const most = Math.max(...z), weights = z.map((value) => Math.exp(value - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

export class Network {
  /**
   * `session`: of the exported network; `set`: its preprocessing; `outputs`: task -> width of its rows, columns to take,
   * and for some the calibration of what is taken.
   */
  constructor(ort, session, set, outputs) {
    Object.assign(this, { ort, session, set, outputs });
  }

  /** Adds `values` (task -> numbers) to every face. */
  async read(image, faces) {
    if (!faces.length) return faces;
    const { size } = this.set, area = size * size;
    const input = new Float32Array(faces.length * 3 * area);
    faces.forEach((face, n) => {
      const bytes = crop(image, face, this.set);
      for (let i = 0; i < area; i++)
        for (let channel = 0; channel < 3; channel++)
          input[(n * 3 + channel) * area + i] = bytes[i * 3 + channel] / 255;
    });
    const tensor = new this.ort.Tensor("float32", input, [faces.length, 3, size, size]);
    const outputs = await this.session.run({ image: tensor });
    faces.forEach((face, n) => {
      face.values = Object.fromEntries(Object.entries(this.outputs).map(([task, { width, columns, calibration }]) => {
        const values = columns.map((i) => outputs[task].data[n * width + i]);
        return [task, calibration ? calibrated(values, calibration) : values];
      }));
    });
    return faces;
  }
}
