import { bodyStreaming } from "../harness/body-streams.mjs";

export const connectStreaming = bodyStreaming("connect-streaming", "Connect", "application/connect+proto");
