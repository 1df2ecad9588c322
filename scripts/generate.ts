// Rewrites everything that is generated: `npm run generate`. `npm run check` says where one of them is out of date.
await import("./generate-findings.ts");
await import("./generate-prisma.ts");
await import("./generate-revisit-picture.ts");
