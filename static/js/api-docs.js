// The description of the API, drawn by Swagger UI from our own files.

const place = document.querySelector("#api-docs");
SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  displayRequestDuration: true,
  // "Try it out" must say who it is, as any system does: the log-in of who reads this page is no key to the API.
  requestInterceptor: (request) => {
    if (!request.url.endsWith(place.dataset.schema)) request.credentials = "omit";
    return request;
  },
});
