/** What the body of a fetch is broken off with. It is for the platform: no code of a user meets it. */
export class BodyBrokenOff extends Error {}

let withheld = false;

/**
 * Keeps these errors, and no others, from being reported as rejections that nobody handles. A fetch that is aborted cancels its body, which must
 * not be done to one that has failed (Fetch Standard, "abort a fetch() call"); Chromium does it, and nobody can have the promise that this rejects.
 */
export function withholdReports(): void {
  if (withheld) return;
  withheld = true;
  (globalThis as EventScope).addEventListener?.("unhandledrejection", (event) => {
    if (event.reason instanceof BodyBrokenOff) event.preventDefault();
  });
}

/** The part of a page or worker that is asked for. */
interface EventScope {
  addEventListener?(type: "unhandledrejection", listener: (event: { readonly reason: unknown; preventDefault(): void }) => void): void;
}
