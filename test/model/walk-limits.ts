/** How far a walk goes. A chart can have configurations without end; where a limit ends a walk, the walk says so. */

export interface Limits {
  /** Records that are walked on from. */
  readonly visitedMax: number;
  readonly depthMax: number;
  /** Of one event in one configuration. */
  readonly payloadsMax: number;
  readonly beginningsMax: number;
  /** Records that stand for one configuration, where their numbers differ. */
  readonly alikeMax: number;
  /** How often one event is repeated where a guard seems to count. */
  readonly repeatMax: number;
  readonly turnsMax: number;
}

export const defaultLimits: Limits = {
  visitedMax: 900,
  depthMax: 40,
  payloadsMax: 120,
  beginningsMax: 60,
  alikeMax: 2,
  repeatMax: 64,
  turnsMax: 40_000,
};
