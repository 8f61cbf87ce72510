/** The documentation of the API, drawn by Swagger UI. */

import { up } from "./up.js";

/** @typedef {{ SwaggerUIBundle: (options: object) => void }} Swagger */

const swagger = /** @type {Swagger} */ (/** @type {unknown} */ (window));

swagger.SwaggerUIBundle({
  url: `${up}openapi.json`,
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
