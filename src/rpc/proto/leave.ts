// made once: where it was thrown interests nobody, and a stack costs more than most messages
const LEFT = /* @__PURE__ */ new Error("left to protobuf-es");

/** Gives up on a message: what is wrong, malformed or rare is left to protobuf-es. */
export function leave(): never {
  throw LEFT;
}
