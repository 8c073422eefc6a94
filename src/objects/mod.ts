/** The objects in VPP that the configuration asks for, and the planner. Other folders import this file only. */
export { Objects } from './objects.ts';
export { isStructure } from './ranks.ts';
