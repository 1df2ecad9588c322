import { toIso, toIsoOrNull } from "@switchboard/contract";
import type { ApiKey } from "@switchboard/store";
import { Command } from "commander";
import { type CommandContext, formatOf } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { plain } from "../format-document.ts";
import { formatTable } from "../format-table.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";
import { UsageError } from "../usage-error.ts";

const MAX_LABEL_CHARACTERS = 100;

/** `switchboard keys`: keys of the HTTP API, which open reverse look-up by parts and exports with addresses. */
export function createKeysCommand(context: CommandContext): Command {
  const keys = new Command("keys").description("Make, list and revoke keys of the HTTP API.").addHelpText(
    "after",
    `
  $ switchboard keys create "trust and safety, example.org"
  $ switchboard keys revoke 7b0c…`,
  );
  keys
    .command("create")
    .description("Make a key and show it, this once: only its hash is stored.")
    .argument("<label>", "who uses it and what for")
    .action(async (label: string, _options: unknown, command: Command) => {
      if (label.trim() === "" || [...label].length > MAX_LABEL_CHARACTERS) {
        throw new UsageError(`label: "${plain(label)}": write 1 to ${MAX_LABEL_CHARACTERS} characters`);
      }
      await withDirectory(context, async (store) => {
        const key = await store.createKey(label.trim());
        if (formatOf(command) === "json") return context.out.json({ ...toApiKey(key), secret: key.secret });
        await context.out.text(key.secret);
        context.say(`This is key ${key.id} (${plain(key.label)}). Keep it: it is not shown again.`);
      });
    });
  keys
    .command("list")
    .description("List the keys, without their secrets.")
    .action(async (_options: unknown, command: Command) => {
      await withDirectory(context, async (store) => {
        const all = await store.listKeys();
        if (formatOf(command) === "json") {
          for (const key of all) await context.out.json(toApiKey(key));
        } else if (all.length > 0) {
          await context.out.text(formatTable(all.map((key) => formatKey(key, context))));
        }
      });
    });
  keys
    .command("revoke")
    .description("Make a key worthless.")
    .argument("<id>", "the id that list shows")
    .action(async (id: string, _options: unknown, command: Command) => {
      await withDirectory(context, async (store) => {
        if ((await store.revokeKey(id)) === "unknown-key") {
          context.say(`switchboard: there is no key with the id "${plain(id)}"; "switchboard keys list" shows them`);
          return context.exitWith(EXIT.not);
        }
        if (formatOf(command) === "json") await context.out.json({ id, revoked: true });
        else await context.out.text(`revoked ${plain(id)}`);
      });
    });
  return keys;
}

function toApiKey({ id, label, createdAt, lastUsedAt, revokedAt }: ApiKey): object {
  return {
    id,
    label,
    createdAt: toIso(createdAt),
    lastUsedAt: toIsoOrNull(lastUsedAt),
    revokedAt: toIsoOrNull(revokedAt),
  };
}

function formatKey(key: ApiKey, { clock }: CommandContext): string[] {
  const now = clock();
  return [
    key.id,
    plain(key.label),
    `made ${formatInstant(key.createdAt, now)}`,
    `used ${formatInstant(key.lastUsedAt, now)}`,
    key.revokedAt === null ? "valid" : `revoked ${formatInstant(key.revokedAt, now)}`,
  ];
}
