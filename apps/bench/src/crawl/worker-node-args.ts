/** How a worker is started (see the Dockerfile). */
export const WORKER_NODE_ARGS = ["--max-semi-space-size=4"] as const;
