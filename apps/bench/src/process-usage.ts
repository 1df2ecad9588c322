import { readdir, readFile } from "node:fs/promises";

/** The kernel counts CPU in hundredths of a second for everybody who asks (USER_HZ), whatever it counts in itself. */
const MS_PER_TICK = 10;

/** User and system time of a process so far, in milliseconds. Reads Linux' /proc; throws where the process is gone. */
export async function readCpuMs(pid: number): Promise<number> {
  const { utime, stime } = await readStat(pid);
  return (utime + stime) * MS_PER_TICK;
}

/** CPU of a process, of its living children and of those that it has waited for: a postmaster's is all of Postgres. */
export async function readTreeCpuMs(pid: number): Promise<number> {
  const root = await readStat(pid);
  let ticks = root.utime + root.stime + root.childUtime + root.childStime;
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // It may have ended since it was listed; then its parent has its time.
    const stat = await readStat(Number(name)).catch(() => null);
    if (stat?.parent === pid) ticks += stat.utime + stat.stime;
  }
  return ticks * MS_PER_TICK;
}

/** The most memory a process ever held (its largest resident set), in MiB. */
export async function readPeakMemoryMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status says nothing of VmHWM`);
  return Number(kib) / 1024;
}

/** The process that started this one. */
export async function readParent(pid: number): Promise<number> {
  return (await readStat(pid)).parent;
}

async function readStat(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses, which may hold anything (proc(5)).
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3]);
  return { parent: field(4), utime: field(14), stime: field(15), childUtime: field(16), childStime: field(17) };
}
