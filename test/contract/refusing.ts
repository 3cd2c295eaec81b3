import type { Acceptor } from "./dialect.js";

const REFUSED_STREAM = 7;

/** Goes between the transport and the server: refuses an exchange when `refuses` says so, before any handler has seen it. */
export function refusing(refuses: () => boolean): (server: Acceptor) => Acceptor {
  return (server) => ({
    onExchange(exchange, head, end) {
      if (!refuses()) return server.onExchange(exchange, head, end);
      exchange.settled();
      exchange.reset(REFUSED_STREAM);
      return UNHEARD;
    },
  });
}

const ignore = () => {};
const UNHEARD = { onHead: ignore, onData: ignore, onTrailers: ignore, onWritable: ignore, onDraining: ignore, onEnd: ignore };
