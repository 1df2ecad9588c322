# One image for api, worker and the command line; what runs is the command. Postgres and Redis are other services.

# All that npm reads, and nothing else: while that stays as it is, a change of the source installs nothing anew.
FROM node:26-bookworm-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -path ./package-lock.json ! -path ./.npmrc ! -path './apps/cli/bin/*' -delete \
    && find . -type d -empty -delete

FROM node:26-bookworm-slim AS dependencies
WORKDIR /app
COPY --from=manifests /app .
# The image has its Node and its Postgres elsewhere: no optional platform packages, no development tools.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:26-bookworm-slim
ENV NODE_ENV=production NODE_COMPILE_CACHE=/tmp/node-compile-cache
WORKDIR /app
COPY --from=dependencies /app .
COPY . .
USER node
EXPOSE 8080
ENTRYPOINT ["node", "--max-semi-space-size=32", "--max-old-space-size=512"]
CMD ["apps/api/src/main.ts"]
