// SPDX-License-Identifier: Apache-2.0
/* QR codes out of a camera or a picture. Loaded when somebody scans, and only then: the reader is a megabyte. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

const FRAMES_A_SECOND = 15;

/* Of a reader that did not come nothing is kept: overrides of another making are a new one. */
const prepare = () => prepareZXingModule({ overrides: { locateFile: () => new URL('zxing.wasm', import.meta.url).href } });
prepare();

const PICTURE_MAX = 2048; // pixels of its longer side: more is slower and finds no more

async function read(picture: ImageData): Promise<string | undefined> {
  const found = await readBarcodes(picture, { formats: ['QRCode'], maxNumberOfSymbols: 1, tryHarder: true }).catch((e: unknown) => { prepare(); throw e; });
  return found.find((r) => r.isValid && r.text !== '')?.text;
}

/** @return undefined: there is none in it, or it is no picture @throws the reader is not to be had */
export async function ofPicture(file: Blob): Promise<string | undefined> {
  let data: ImageData;
  try {
    const whole = await createImageBitmap(file), scale = Math.min(1, PICTURE_MAX / Math.max(whole.width, whole.height));
    const canvas = new OffscreenCanvas(Math.max(1, Math.round(whole.width * scale)), Math.max(1, Math.round(whole.height * scale))), to = canvas.getContext('2d')!;
    to.fillStyle = '#fff'; // what is transparent is paper
    to.fillRect(0, 0, canvas.width, canvas.height);
    to.drawImage(whole, 0, 0, canvas.width, canvas.height);
    data = to.getImageData(0, 0, canvas.width, canvas.height);
  } catch { return undefined; }
  return read(data);
}

/** Watches until a code is seen, or until @p stop; the camera is let go then. @throws DOMException of getUserMedia; other: the reader is not to
 * be had */
export async function watch(video: HTMLVideoElement, stop: AbortSignal): Promise<string | undefined> {
  if (!navigator.mediaDevices) throw new DOMException('no camera here', 'NotFoundError');
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: 'environment' }, audio: false });
  const canvas = document.createElement('canvas'), to = canvas.getContext('2d', { willReadFrequently: true })!;
  try {
    video.srcObject = stream;
    await video.play().catch(() => undefined); // left meanwhile
    while (!stop.aborted) {
      const began = performance.now(), side = Math.min(video.videoWidth, video.videoHeight);
      if (side > 0) {
        canvas.width = canvas.height = side;
        to.drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, side, side);
        const text = await read(to.getImageData(0, 0, side, side));
        if (text !== undefined) return stop.aborted ? undefined : text;
      }
      await new Promise((r) => { setTimeout(r, Math.max(0, 1000 / FRAMES_A_SECOND - (performance.now() - began))); });
    }
    return undefined;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
