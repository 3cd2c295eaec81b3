import { badOption, durationOption, integerOption } from "../base/usage-error.js";

/** What one connection advertises, allows, and waits for. Each is an option with this name; durations are in ms. */
export interface Http2Limits {
  // What we advertise in SETTINGS
  /** Streams that a peer may have open on a server; a slot stays taken until the handler has settled. Default 250. */
  readonly maxConcurrentStreams: number;
  /** SETTINGS_INITIAL_WINDOW_SIZE: unread bytes of one stream before it has earned a larger window. Default 65,535. */
  readonly initialWindowBytes: number;
  /** How far the automatic receive window of a stream, and of a connection, may grow. Default 16 MiB; 0: no automatic window. */
  readonly maxWindowBytes: number;
  /** SETTINGS_MAX_FRAME_SIZE: the largest frame that is accepted. Default 16,384. */
  readonly maxFrameBytes: number;
  /** SETTINGS_HEADER_TABLE_SIZE: what the peer's HPACK table may hold. Default 4,096. */
  readonly headerTableBytes: number;
  /** Accept extended CONNECT (RFC 8441) on a server. Default false. */
  readonly enableConnectProtocol: boolean;

  // Header blocks
  /** SETTINGS_MAX_HEADER_LIST_SIZE, counted as it is decoded: name + value + 32 a field. More: stream error. Default 16 KiB. */
  readonly maxHeaderListBytes: number;
  /** Fields in one list. More: stream error. Default 100. */
  readonly maxHeaderFields: number;
  /** CONTINUATION frames in one block. More: connection error. Default 8. */
  readonly maxContinuations: number;
  /** From the first byte of a frame other than DATA, or of a header block, to its last. Default 10 s. */
  readonly headerTimeoutMs: number;

  // What a peer may make us do. More: GOAWAY(ENHANCE_YOUR_CALM).
  /** Entries in one SETTINGS frame. Default 32. */
  readonly maxSettingsPerFrame: number;
  /** SETTINGS frames in 10 s. Default 10. */
  readonly maxSettingsFrames: number;
  /** PINGs a second while we send the peer nothing that could be a reason for them. Default 10. */
  readonly maxPingsPerSecond: number;
  /** PRIORITY frames a second; they are parsed and ignored. Default 1,000. */
  readonly maxPriorityPerSecond: number;
  /** WINDOW_UPDATE frames a second while we send the peer no DATA. Default 10,000. */
  readonly maxWindowUpdatesPerSecond: number;
  /** Streams that the peer caused to be reset or refused: so many at once … Default 10,000. A reset that a faulty frame provokes counts 10. */
  readonly resetBurst: number;
  /** … and so many a second for good. Default 2,000. */
  readonly resetsPerSecond: number;
  /** Empty DATA frames without END_STREAM in a row. Default 100. */
  readonly maxEmptyData: number;
  /** Bytes by which DATA frames below 256 bytes may fall short of 256 in all; taking bodies over, larger frames and time give it back. Default 16 MiB. */
  readonly tinyDataBudgetBytes: number;
  /** Control frames that wait while the peer does not read: so many pause our reading … Default 128. */
  readonly pauseControlFrames: number;
  /** … and so many end the connection. Default 1,024. */
  readonly maxControlFrames: number;

  // Output
  /** Framed bytes that wait for a peer that does not read; more pause our reading. Default 1 MiB. */
  readonly maxOutputBytes: number;
  /** How long a peer may read nothing while output waits. Default 30 s. */
  readonly writeStallTimeoutMs: number;
  /** A stream's unframed bytes above which `sendData` says wait. Default 64 KiB. */
  readonly sendQueueBytes: number;
  /** Unframed bytes of all streams of the connection above which every stream waits until its own have gone. Default 1 MiB. */
  readonly maxQueuedBytes: number;
  /** DATA framed in one turn of the loop. Default 64 KiB, and at most that: it is what an output buffer holds. */
  readonly turnBytes: number;

  // Handshake
  /** For a client's preface. Default 10 s. */
  readonly prefaceTimeoutMs: number;
  /** For the peer's first SETTINGS, after the preface. Default 5 s. */
  readonly firstSettingsTimeoutMs: number;
  /** For the acknowledgement of our SETTINGS. Default 10 s. */
  readonly settingsAckTimeoutMs: number;

  // Keepalive
  /** Silence after which a PING asks whether the peer is there. Default: client Infinity (off), server 60 s. */
  readonly keepaliveIntervalMs: number;
  /** How long the answer may take. Default 20 s. */
  readonly keepaliveTimeoutMs: number;
  /** Also while no stream is open. Default: client false, server true. */
  readonly keepaliveWithoutStreams: boolean;
  /** Server: PINGs that come faster than this, while we send nothing, are strikes; the third ends the connection. Default 5 s. */
  readonly minPingIntervalMs: number;

  // Age
  /** A server drains a connection of this age (± 10 %). Default Infinity. */
  readonly maxAgeMs: number;
  /** What streams have to finish after that. Default Infinity. */
  readonly maxAgeGraceMs: number;
  /** A connection without streams for so long is drained. Default Infinity. */
  readonly maxIdleMs: number;
  /** How long a draining server waits for the peer to hear of it before it refuses streams. Default 5 s. */
  readonly drainPingTimeoutMs: number;
}

/** Limits as options: what is not given has its default. */
export type Http2LimitOptions = { readonly [Name in keyof Http2Limits]?: Http2Limits[Name] | undefined };

type Range = readonly [value: number | boolean, min: number, max: number];

const MAX_31 = 2 ** 31 - 1;
const NEVER = Number.POSITIVE_INFINITY;

/** Default, least, most. A default of Infinity, or a name in …Ms, is a duration; a boolean has no range. */
const TABLE: { readonly [Name in keyof Http2Limits]: Range } = {
  maxConcurrentStreams: [250, 1, MAX_31],
  initialWindowBytes: [65_535, 1, MAX_31],
  maxWindowBytes: [16 * 1024 * 1024, 0, 1024 * 1024 * 1024],
  maxFrameBytes: [16_384, 16_384, 16_777_215],
  headerTableBytes: [4_096, 0, 65_536],
  enableConnectProtocol: [false, 0, 1],
  maxHeaderListBytes: [16_384, 1_024, 1_048_576],
  maxHeaderFields: [100, 8, 10_000],
  maxContinuations: [8, 0, 1_024],
  headerTimeoutMs: [10_000, 1, NEVER],
  maxSettingsPerFrame: [32, 1, 2_730],
  maxSettingsFrames: [10, 1, MAX_31],
  maxPingsPerSecond: [10, 1, MAX_31],
  maxPriorityPerSecond: [1_000, 1, MAX_31],
  maxWindowUpdatesPerSecond: [10_000, 1, MAX_31],
  resetBurst: [10_000, 1, MAX_31],
  resetsPerSecond: [2_000, 1, MAX_31],
  maxEmptyData: [100, 1, MAX_31],
  tinyDataBudgetBytes: [16 * 1024 * 1024, 256, MAX_31],
  pauseControlFrames: [128, 1, MAX_31],
  maxControlFrames: [1_024, 1, MAX_31],
  maxOutputBytes: [1_048_576, 65_536, MAX_31],
  writeStallTimeoutMs: [30_000, 1, NEVER],
  sendQueueBytes: [65_536, 1, MAX_31],
  maxQueuedBytes: [1_048_576, 1, MAX_31],
  turnBytes: [65_536, 1, 65_536],
  prefaceTimeoutMs: [10_000, 1, NEVER],
  firstSettingsTimeoutMs: [5_000, 1, NEVER],
  settingsAckTimeoutMs: [10_000, 1, NEVER],
  keepaliveIntervalMs: [NEVER, 1, NEVER],
  keepaliveTimeoutMs: [20_000, 1, NEVER],
  keepaliveWithoutStreams: [false, 0, 1],
  minPingIntervalMs: [5_000, 0, NEVER],
  maxAgeMs: [NEVER, 1, NEVER],
  maxAgeGraceMs: [NEVER, 0, NEVER],
  maxIdleMs: [NEVER, 1, NEVER],
  drainPingTimeoutMs: [5_000, 0, NEVER],
};

/** Where a server's defaults differ. */
const SERVER_DEFAULTS: Http2LimitOptions = { keepaliveIntervalMs: 60_000, keepaliveWithoutStreams: true };

/** The limits of one side, every one checked. Throws `UsageError` naming the option that is out of range. */
export function resolveLimits(role: "client" | "server", options: Http2LimitOptions = {}): Http2Limits {
  for (const name of Object.keys(options)) if (!(name in TABLE)) badOption(name, options[name as keyof Http2Limits], "a known limit");
  const limits: Record<string, number | boolean> = {};
  for (const name of Object.keys(TABLE) as (keyof Http2Limits)[]) {
    const range = TABLE[name];
    const byRole = role === "server" ? SERVER_DEFAULTS[name] : undefined;
    limits[name] = check(name, options[name] ?? byRole ?? range[0], range);
  }
  if ((limits["maxControlFrames"] as number) < (limits["pauseControlFrames"] as number)) {
    badOption("maxControlFrames", limits["maxControlFrames"], "at least pauseControlFrames");
  }
  return limits as unknown as Http2Limits;
}

function check(name: string, value: number | boolean, range: Range): number | boolean {
  if (typeof range[0] === "boolean") return typeof value === "boolean" ? value : badOption(name, value, "true or false");
  if (name.endsWith("Ms")) return durationOption(name, value as number, range[1], range[2]);
  return integerOption(name, value as number, range[1], range[2]);
}
