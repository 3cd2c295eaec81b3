import { ErrorCode } from "../../base/error-code.js";
import { connectionFault, type Fault, frameSizeFault, protocolFault } from "../fault.js";
import { readUint32 } from "../frame/frame-decoder.js";
import type { Http2Limits } from "../limits.js";

/** The settings of RFC 9113 §6.5.2 and RFC 8441 §3. */
export const SettingId = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
} as const;

/** What a peer has told us in SETTINGS; before its first, what the RFC assumes (but 100 streams, where it assumes no limit). */
export class PeerSettings {
  headerTableBytes = 4_096;
  maxConcurrentStreams = 100;
  initialWindowBytes = 65_535;
  maxFrameBytes = 16_384;
  maxHeaderListBytes: number = Number.POSITIVE_INFINITY;
  enableConnectProtocol = false;

  copy(): PeerSettings {
    const copy = new PeerSettings();
    copy.headerTableBytes = this.headerTableBytes;
    copy.maxConcurrentStreams = this.maxConcurrentStreams;
    copy.initialWindowBytes = this.initialWindowBytes;
    copy.maxFrameBytes = this.maxFrameBytes;
    copy.maxHeaderListBytes = this.maxHeaderListBytes;
    copy.enableConnectProtocol = this.enableConnectProtocol;
    return copy;
  }
}

/** Reads the entries of a SETTINGS frame into `settings`, or says what is wrong; then none of them may be applied. */
export function readSettings(
  bytes: Uint8Array,
  start: number,
  end: number,
  role: "client" | "server",
  maxEntries: number,
  settings: PeerSettings,
): Fault | undefined {
  const length = end - start;
  if (length % 6 !== 0) return frameSizeFault(`a SETTINGS frame has ${length} bytes, not a multiple of 6`);
  if (length / 6 > maxEntries) {
    return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `a SETTINGS frame has ${length / 6} entries, more than ${maxEntries}`);
  }
  for (let at = start; at < end; at += 6) {
    const id = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    const fault = readSetting(id, readUint32(bytes, at + 2), role, settings);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function readSetting(id: number, value: number, role: "client" | "server", settings: PeerSettings): Fault | undefined {
  switch (id) {
    case SettingId.HEADER_TABLE_SIZE:
      settings.headerTableBytes = value;
      return undefined;
    case SettingId.ENABLE_PUSH:
      if (value > 1) return protocolFault(`SETTINGS_ENABLE_PUSH is ${value}`);
      return role === "client" && value === 1 ? protocolFault("a server sent SETTINGS_ENABLE_PUSH = 1") : undefined;
    case SettingId.MAX_CONCURRENT_STREAMS:
      settings.maxConcurrentStreams = value;
      return undefined;
    case SettingId.INITIAL_WINDOW_SIZE:
      if (value > 0x7fff_ffff) return connectionFault(ErrorCode.FLOW_CONTROL_ERROR, `SETTINGS_INITIAL_WINDOW_SIZE is ${value}`);
      settings.initialWindowBytes = value;
      return undefined;
    case SettingId.MAX_FRAME_SIZE:
      if (value < 16_384 || value > 16_777_215) return protocolFault(`SETTINGS_MAX_FRAME_SIZE is ${value}`);
      settings.maxFrameBytes = value;
      return undefined;
    case SettingId.MAX_HEADER_LIST_SIZE:
      settings.maxHeaderListBytes = value;
      return undefined;
    case SettingId.ENABLE_CONNECT_PROTOCOL:
      if (value > 1) return protocolFault(`SETTINGS_ENABLE_CONNECT_PROTOCOL is ${value}`);
      if (value === 0 && settings.enableConnectProtocol) return protocolFault("SETTINGS_ENABLE_CONNECT_PROTOCOL went from 1 to 0");
      settings.enableConnectProtocol = value === 1;
      return undefined;
    default:
      // RFC 9113 §6.5.2: unknown settings are ignored
      return undefined;
  }
}

/** What our SETTINGS say: what differs from the RFC's assumptions, and what bounds the peer. */
export function ourSettings(role: "client" | "server", limits: Http2Limits): (readonly [id: number, value: number])[] {
  const settings: (readonly [number, number])[] = [];
  if (limits.headerTableBytes !== 4_096) settings.push([SettingId.HEADER_TABLE_SIZE, limits.headerTableBytes]);
  if (role === "client") settings.push([SettingId.ENABLE_PUSH, 0]);
  else settings.push([SettingId.MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams]);
  if (limits.initialWindowBytes !== 65_535) settings.push([SettingId.INITIAL_WINDOW_SIZE, limits.initialWindowBytes]);
  if (limits.maxFrameBytes !== 16_384) settings.push([SettingId.MAX_FRAME_SIZE, limits.maxFrameBytes]);
  settings.push([SettingId.MAX_HEADER_LIST_SIZE, limits.maxHeaderListBytes]);
  if (role === "server" && limits.enableConnectProtocol) settings.push([SettingId.ENABLE_CONNECT_PROTOCOL, 1]);
  return settings;
}
