// What runs in the page: each check makes calls and gives what came of them, as JSON. The files of ../checks say what must come.
import { calls } from "./calls.mjs";
import { libraries } from "./libraries.mjs";

const checks = { ...calls, ...libraries };

window.check = (name, ...args) => checks[name](...args);
