/** @type {Window & { SwaggerUIBundle: (options: object) => void }} */ (/** @type {unknown} */ (window)).SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
