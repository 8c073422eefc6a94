/** BGP sessions as sources of routes: a speaker that only listens. Other folders import this file only. */
export { BgpSpeaker } from './speaker.ts';
