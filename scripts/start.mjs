// `npm start`: installs and builds what is missing, then runs the demo. `npm start -- --once` ends after the situations, with
// exit code 0 when every promise was kept; `--port N` chooses the port.
import { setup } from "./setup.mjs";

await setup();
await import("../examples/demo/demo.mjs");
