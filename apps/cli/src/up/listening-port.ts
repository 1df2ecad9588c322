import { createServer } from "node:net";
import { CannotDoError } from "../usage-error.ts";

const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use: stop what listens there, or set SWITCHBOARD_HTTP_PORT to another port",
  EACCES: "is not ours to listen on: set SWITCHBOARD_HTTP_PORT to a port from 1024",
  EADDRNOTAVAIL: "cannot be listened on: SWITCHBOARD_HTTP_HOST must be an address of this machine",
  ENOTFOUND: "cannot be listened on: SWITCHBOARD_HTTP_HOST must be an address of this machine",
};

/** The port the api will listen on: the one given, or a free one for 0. Throws CannotDoError where it is not to be had. */
export function findListeningPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) => {
      const advice = ADVICE[error.code ?? ""] ?? `cannot be listened on: ${error.message}`;
      reject(new CannotDoError(`port ${port} of ${host} ${advice}`, { cause: error }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : port));
    });
  });
}
