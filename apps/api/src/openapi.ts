import swagger, { type SwaggerTransformObject } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";

/** Describes every route registered afterwards (OpenAPI 3.1), with a page at /docs that needs no other host. */
export async function registerOpenApi(app: FastifyInstance, publicUrl: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Switchboard",
        version: "1",
        description:
          "A directory of abuse and security contacts for the Matrix federation, with history. What you name you get; what you browse comes without addresses unless you hold an API key. What is looked up is never logged.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: { apiKey: { type: "http", scheme: "bearer" } } },
      security: [{}, { apiKey: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: withoutUnused,
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    // The default asks another host.
    uiConfig: { validatorUrl: null },
    // The app's own policy, but for the styles that the page writes into its elements.
    transformStaticCSP: (policy) => policy.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
  });
}

/** Every schema comes in two forms, for requests and for answers: those that nothing refers to are left out. */
const withoutUnused: SwaggerTransformObject = (document) => {
  const described = jsonSchemaTransformObject(document);
  if (!("components" in described)) return described;
  const schemas: Record<string, unknown> = described.components?.schemas ?? {};
  const used = new Set<string>();
  const collect = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name === undefined || used.has(name)) continue;
      used.add(name);
      collect(schemas[name]);
    }
  };
  collect(described.paths);
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name];
  return described;
};
