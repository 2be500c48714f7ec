/** A thread that draws what it is sent. */
import { parentPort } from 'node:worker_threads';
import { draw, type DrawingRequest } from './drawing.ts';

// What cannot be drawn ends the thread: whoever asked hears of it so.
parentPort?.on('message', (request: DrawingRequest) => {
  void draw(request).then((picture) => parentPort?.postMessage(picture));
});
