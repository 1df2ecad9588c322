// Loaded before the program of a supervised child. A supervisor that was killed cannot stop its children, but the
// kernel closes its end of their standard input: then they stop as if they had been told to.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM"));
process.stdin.on("error", () => process.kill(process.pid, "SIGTERM"));
process.stdin.resume();
if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
