/** Notes for each message received whether it came compressed: `take()` gives the notes and begins anew. */
export function compressionLog() {
  let seen = [];
  return {
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    async interceptor(call, next) {
      call.mapReceive((message, info) => {
        seen.push(info.compressed);
        return message;
      });
      return next();
    },
  };
}
