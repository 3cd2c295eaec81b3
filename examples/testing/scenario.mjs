// What is explored: a client that watches a room, a handler, and events that come at any time.
import assert from "node:assert/strict";
import { Chat } from "../../build/gen/chat_pb.js";
import { Rooms } from "./rooms.mjs";

/** Made anew for every run: nothing of one is left for the next. */
export const watching = (handler) => () => {
  let sleep;
  const rooms = new Rooms((ms) => sleep(ms));
  return {
    routes: (router) => router.service(Chat, handler(rooms)),
    start: (world, options) => {
      sleep = (ms) => world.sleep(ms);
      return world.client(Chat).watch({ room: "hall" }, options);
    },
    inputs: {
      // so many ms pass: joining takes 5
      wait: 3,
      event: () => rooms.publish("hall", "hello"),
    },
    check: () => assert.equal(rooms.seats.size, 0, "somebody still sits in the room"),
  };
};
