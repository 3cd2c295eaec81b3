/** The states of a stream (RFC 9113 §5.1) as small integers; the closed state carries how it came about. */
export const StreamState = {
  idle: 0,
  open: 1,
  halfClosedLocal: 2,
  halfClosedRemote: 3,
  closedByEnd: 4,
  closedByOurReset: 5,
  closedByTheirReset: 6,
} as const;

/** What can happen to a stream, as small integers; `…End` is the frame with END_STREAM. */
export const StreamInput = {
  sendHeaders: 0,
  sendHeadersEnd: 1,
  sendData: 2,
  sendDataEnd: 3,
  sendReset: 4,
  receiveHeaders: 5,
  receiveHeadersEnd: 6,
  receiveData: 7,
  receiveDataEnd: 8,
  receiveReset: 9,
  receiveWindowUpdate: 10,
} as const;

export const STREAM_STATES = 7;
export const STREAM_INPUTS = 11;
