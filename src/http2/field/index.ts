export { contentLength } from "./content-length.js";
export { validateRequest } from "./validate-request.js";
export { responseStatus, validateResponse } from "./validate-response.js";
export { validateTrailers } from "./validate-trailers.js";
