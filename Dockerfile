# One image for api, worker and the command line; what runs is the command. Postgres and Redis are other services.
FROM node:26-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY apps/api/package.json apps/api/
COPY apps/cli/package.json apps/cli/
COPY apps/cli/bin apps/cli/bin
COPY apps/web/package.json apps/web/
COPY apps/worker/package.json apps/worker/
COPY packages/contract/package.json packages/contract/
COPY packages/crawl/package.json packages/crawl/
COPY packages/domain/package.json packages/domain/
COPY packages/metrics/package.json packages/metrics/
COPY packages/postgres/package.json packages/postgres/
COPY packages/probe/package.json packages/probe/
COPY packages/runtime/package.json packages/runtime/
COPY packages/simulator/package.json packages/simulator/
COPY packages/store/package.json packages/store/
COPY packages/testkit/package.json packages/testkit/
# The image has its Node and its Postgres elsewhere: no optional platform packages, no development tools.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:26-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY . .
USER node
EXPOSE 8080
ENTRYPOINT ["node", "--max-semi-space-size=32", "--max-old-space-size=512"]
CMD ["apps/api/src/main.ts"]
