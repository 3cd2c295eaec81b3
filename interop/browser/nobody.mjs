// A server that allows every page to call it, and is no server of Sluice's: it answers as proxies and web sites do.
import http from "node:http";

const ANYBODY = { "access-control-allow-origin": "*" };

const ANSWERS = {
  "/moved": [302, { location: "/elsewhere" }, ""],
  "/site": [200, { "content-type": "text/html" }, "<!doctype html><title>Log in</title>"],
  "/proxy": [502, { "content-type": "text/html" }, "<h1>Bad Gateway</h1>"],
};

export async function startNobody() {
  /** The requests that came, but for preflights. */
  const requests = [];
  const server = http.createServer((request, response) => {
    if (request.method === "OPTIONS") return response.writeHead(204, { ...ANYBODY, "access-control-allow-headers": "*" }).end();
    requests.push(request.url);
    const [status, headers, body] = ANSWERS[`/${request.url.split("/")[1]}`] ?? [404, {}, ""];
    response.writeHead(status, { ...ANYBODY, ...headers }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, requests, close: () => server.close() };
}
