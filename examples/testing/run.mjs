// `node examples/testing/run.mjs`: finds the bug of the careless handler, and none in the careful one.
import { everyInterleaving } from "sluice/testing";
import { careful, careless } from "./rooms.mjs";
import { watching } from "./scenario.mjs";

for (const [name, handler] of Object.entries({ careless, careful })) {
  try {
    const { runs, exhaustiveDepth } = await everyInterleaving(watching(handler), { depth: 3, seed: 1 });
    console.log(`${name}: holds in ${runs} runs, under every order of ${exhaustiveDepth} inputs`);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
