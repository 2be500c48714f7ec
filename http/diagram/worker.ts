/** A thread that draws one picture and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { draw, type DrawingRequest } from './drawing.ts';

parentPort?.postMessage(await draw(workerData as DrawingRequest));
