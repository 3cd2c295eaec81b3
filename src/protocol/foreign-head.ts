import { type Fields, findField } from "../base/field.js";
import type { ResponseHead } from "../exchange/client-protocol.js";
import { codeOfHttp, foreignAnswer } from "./foreign-answer.js";
import { errorBody } from "./whole-body.js";

/** What the head of an answer means that is not of the protocol. `name`: of the protocol that was expected. `end`: there is no body. `codeOf`: of an HTTP status. */
export function foreignHead(
  name: string,
  httpStatus: string,
  contentType: string | undefined,
  metadata: Fields,
  end: boolean,
  codeOf: (httpStatus: string) => number = codeOfHttp,
): ResponseHead {
  const said = { ...foreignAnswer(name, httpStatus, contentType), code: codeOf(httpStatus) };
  const status = REDIRECT.test(httpStatus) ? { ...said, message: `${said.message} (${redirect(metadata)})` } : said;
  if (end || !isText(contentType)) return { compression: "identity", metadata, status, said: undefined, errorBody: undefined };
  return { compression: "identity", metadata, status: undefined, said: status, errorBody: SHOWN_BODY };
}

/** RFC 9110 §15.4. `3xx`: from a browser, which hides which one it was. */
const REDIRECT = /^3(?:0[12378]|xx)$/;

/** Not followed: a configured address that is wrong would stay so, and what the request says would be told to somebody else. */
function redirect(metadata: Fields): string {
  const location = findField(metadata, "location");
  return `a redirect${location === undefined ? "" : ` to ${location.slice(0, SHOWN_BYTES).replace(/[^!-~]/g, "?")}`}, which is not followed`;
}

const SHOWN_BYTES = 200;
const SHOWN_BODY = errorBody(SHOWN_BYTES);

function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && /^(text\/|application\/([a-z.+-]*\+)?(json|xml)\b)/i.test(contentType);
}
