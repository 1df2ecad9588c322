import { access, rm } from "node:fs/promises";
import { stopServer } from "./cluster.ts";
import { locateDataFolder } from "./data-folder.ts";
import { acquireFolderLock } from "./folder-lock.ts";
import { prepareBinaries } from "./platform-binaries.ts";
import { findPostmaster, isPostmasterAlive } from "./postmaster.ts";
import { chooseServerAccount } from "./server-account.ts";

/**
 * Deletes the embedded server of a data folder with all it holds, stopping first what was left running there; nothing
 * happens where there is none. Throws EmbeddedPostgresError `folder-in-use` while somebody owns it.
 */
export async function discardPostgres({ dataDir }: { readonly dataDir: string }): Promise<void> {
  const folder = locateDataFolder(dataDir);
  if (!(await exists(folder.root))) return;
  const lock = acquireFolderLock(folder);
  try {
    const running = await findPostmaster(folder);
    if (running !== null && isPostmasterAlive(running.pid)) {
      const account = await chooseServerAccount(folder);
      await stopServer({ folder, account, binaries: await prepareBinaries(account) }, "immediate");
    }
    await rm(folder.root, { recursive: true, force: true });
  } finally {
    lock.release();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
