// Pictures as {data, width, height}: RGB bytes, row by row. Resizing and cutting follow OpenCV, with which the networks
// were trained: a canvas scales otherwise, and the faces found would be others.

/** RGB bytes of what a canvas holds; transparency is dropped. */
export function fromCanvas(canvas) {
  const { width, height } = canvas;
  const rgba = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    data[to++] = rgba[from]; data[to++] = rgba[from + 1]; data[to++] = rgba[from + 2];
  }
  return { data, width, height };
}

/** To the nearest whole number, halves to the even one, as Python and OpenCV round. */
export function rint(x) {
  const low = Math.floor(x), rest = x - low;
  return rest === 0.5 ? low + (low & 1) : rest < 0.5 ? low : low + 1;
}

/**
 * Which input pixels make an output pixel along one side, and their weights: `taps` neighbours from `first[out]` on, with
 * `share[out * taps + n]`. `of(out)` gives [first pixel, weights].
 */
function weightsOf(to, taps, of) {
  const first = new Int32Array(to), share = new Float32Array(to * taps);
  for (let out = 0; out < to; out++) {
    const [at, weights] = of(out);
    first[out] = at;
    share.set(weights, out * taps);
  }
  return { taps, first, share };
}

/** Means over areas, as cv2.INTER_AREA takes them. */
function areas(from, to) {
  const scale = from / to;
  return weightsOf(to, Math.ceil(scale) + 1, (out) => {
    const begin = out * scale, end = begin + scale, cell = Math.min(scale, from - begin);
    const last = Math.min(Math.floor(end), from - 1), first = Math.min(Math.ceil(begin), last);
    const before = first - begin > 1e-3, weights = before ? [(first - begin) / cell] : [];
    for (let at = first; at < last; at++) weights.push(1 / cell);
    if (end - last > 1e-3) weights.push(Math.min(end - last, 1, cell) / cell);
    return [before ? first - 1 : first, weights];
  });
}

/** Lines between two pixels, as cv2.INTER_LINEAR draws them. */
function lines(from, to) {
  const scale = from / to;
  return weightsOf(to, 2, (out) => {
    const place = Math.min(Math.max((out + 0.5) * scale - 0.5, 0), from - 1), low = Math.floor(place);
    return [low, [1 - (place - low), place - low]];
  });
}

/**
 * `part` of a picture made `width` x `height` large: along the rows, then along the columns. A tap beyond the end has the
 * weight 0.
 */
function resample(image, width, height, kind, part = { left: 0, top: 0, right: width, bottom: height }, round = rint) {
  const across = kind(image.width, width), down = kind(image.height, height);
  const wide = part.right - part.left, high = part.bottom - part.top, side = wide * 3;
  const begin = down.first[part.top], end = Math.min(down.first[part.bottom - 1] + down.taps, image.height);
  const narrow = new Float32Array(side * (end - begin));
  for (let y = begin, to = 0; y < end; y++) {
    const row = y * image.width * 3;
    for (let x = part.left; x < part.right; x++) {
      let r = 0, g = 0, b = 0;
      for (let n = 0, at = row + across.first[x] * 3; n < across.taps; n++, at += 3) {
        const share = across.share[x * across.taps + n];
        if (share === 0) continue;
        r += image.data[at] * share; g += image.data[at + 1] * share; b += image.data[at + 2] * share;
      }
      narrow[to++] = r; narrow[to++] = g; narrow[to++] = b;
    }
  }
  const data = new Uint8Array(side * high), sums = new Float32Array(side);
  for (let y = 0; y < high; y++) {
    sums.fill(0);
    for (let n = 0; n < down.taps; n++) {
      const share = down.share[(part.top + y) * down.taps + n], row = (down.first[part.top + y] + n - begin) * side;
      if (share === 0) continue;
      for (let x = 0; x < side; x++) sums[x] += narrow[row + x] * share;
    }
    for (let x = 0; x < side; x++) data[y * side + x] = Math.min(255, round(sums[x]));
  }
  return { data, width: wide, height: high };
}

/** Half of the size: means of four pixels, halves rounded up as OpenCV does here (and only here). */
function halved(image) {
  const width = image.width / 2, height = image.height / 2, side = image.width * 3;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, at = 2 * y * side; x < width; x++, at += 3)
      for (let channel = 0; channel < 3; channel++, at++, to++)
        data[to] = (image.data[at] + image.data[at + 3] + image.data[at + side] + image.data[at + side + 3] + 2) >> 2;
  return { data, width, height };
}

/** A smaller picture, by means over areas. */
export function shrink(image, width, height) {
  if (width === image.width && height === image.height) return image;
  if (2 * width === image.width && 2 * height === image.height) return halved(image);
  return resample(image, width, height, areas);
}

/** A part of a smaller picture, by means over areas whose halves are rounded up: mien/resampling.py. */
export const means = (image, width, height, part) =>
  resample(image, width, height, areas, part, (sum) => Math.floor(sum + 0.5001));

/** A picture of another size, by lines between pixels. */
export const stretch = (image, width, height) => resample(image, width, height, lines);

/** What lies between two corners; black beyond the picture. */
function cut(image, x1, y1, x2, y2) {
  const width = x2 - x1, height = y2 - y1, data = new Uint8Array(width * height * 3);
  const left = Math.max(x1, 0), right = Math.min(x2, image.width);
  for (let y = Math.max(y1, 0); y < Math.min(y2, image.height) && right > left; y++) {
    const from = (y * image.width + left) * 3;
    data.set(image.data.subarray(from, from + (right - left) * 3), ((y - y1) * width + left - x1) * 3);
  }
  return { data, width, height };
}

/** What lies in each box, as one array of (boxes, side, side, 3). */
export function patches(image, boxes, side) {
  const all = new Uint8Array(boxes.length * side * side * 3);
  boxes.forEach((box, row) => {
    let [x1, y1, x2, y2] = box.map(rint);
    x2 = Math.max(x2, x1 + 1); y2 = Math.max(y2, y1 + 1);
    if (x2 <= 0 || y2 <= 0 || x1 >= image.width || y1 >= image.height) return;
    const inside = cut(image, x1, y1, x2, y2);
    const resize = Math.min(inside.width, inside.height) > side ? shrink : stretch;
    all.set(resize(inside, side, side).data, row * side * side * 3);
  });
  return all;
}

/** The pixels at given places, bilinear between neighbours; beyond the edge, the edge. OpenCV's places are whole 32nds. */
export function sample(image, size, place) {
  const out = new Uint8Array(size * size * 3), { data, width, height } = image;
  const within = (n, end) => Math.min(Math.max(n, 0), end - 1);
  for (let row = 0, to = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const [x, y] = place(column, row).map((v) => rint(v * 32) / 32);
      const left = Math.floor(x), top = Math.floor(y), u = x - left, v = y - top;
      const xs = [within(left, width), within(left + 1, width)], ys = [within(top, height), within(top + 1, height)];
      for (let channel = 0; channel < 3; channel++) {
        const at = (i, j) => data[(ys[j] * width + xs[i]) * 3 + channel];
        out[to++] = rint((at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v);
      }
    }
  }
  return { data: out, width: size, height: size };
}
