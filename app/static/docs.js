/** The documentation of the API, drawn by Swagger UI. */

/** @typedef {{ SwaggerUIBundle: (options: object) => void }} Swagger */

const swagger = /** @type {Swagger} */ (/** @type {unknown} */ (window));

swagger.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
