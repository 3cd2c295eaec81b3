// Every entry of the package in one program.
import * as root from "sluice";
import * as client from "sluice/client";
import * as http2 from "sluice/http2";
import * as node from "sluice/node";
import * as page from "sluice/page";
import * as server from "sluice/server";
import * as services from "sluice/services";
import * as testing from "sluice/testing";
import * as web from "sluice/web";

export const entries: Record<string, object> = { root, client, http2, node, page, server, services, testing, web };
