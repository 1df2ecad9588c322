import { HOUR_MS, toInstant } from "@switchboard/domain";
import { findTool } from "@switchboard/testkit";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Directory, startDirectory } from "./start-directory.ts";

const program = findTool("chromium");

const DESKTOP = { viewport: { width: 1_280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 } };
const HOSTILE = "org.example.<img/src=x/onerror=document.title='owned'>\u202e";

describe.skipIf(program === null)("the page in a browser", () => {
  let directory: Directory;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    directory = await startDirectory();
    // The page tells ages by the browser's own clock.
    directory.clock.set(toInstant(Date.now() - 3 * HOUR_MS));
    await directory.probe("one.example", {
      document: {
        contacts: [
          { role: "m.role.security", email_address: "security@example.net" },
          { role: "m.role.admin", email_address: "desk@example.net", matrix_id: "@admin:one.example" },
        ],
      },
    });
    await directory.discover("one.example", { name: "Synapse", version: "1.98.0" });
    await directory.probe("hostile.example", {
      document: {
        contacts: [{ role: HOSTILE, email_address: `${"long".repeat(15)}@${"host".repeat(15)}.example` }],
        support_page: `javascript:${"alert(1)".repeat(40)}`,
      },
    });
    await directory.discover("hostile.example", { name: HOSTILE, version: null });
    await directory.app.listen({ host: "127.0.0.1", port: 0 });
    const address = directory.app.server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    url = `http://127.0.0.1:${address.port}`;
    // Chromium refuses its own sandbox to root, which test machines often are. Nothing but this page is opened.
    browser = await chromium.launch({ executablePath: program ?? "", args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
    await directory?.close();
  });

  /** The page at `/`, with everything that it complained of. */
  async function openPage(path: string, options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${url}${path}`);
    return { page, complaints };
  }

  test("look up by keyboard: whom to write to, why, and how fresh it is", async () => {
    const { page, complaints } = await openPage("/", DESKTOP);
    await page.getByLabel("A server name, or a user").fill("<@spam:one.example>.");
    await page.keyboard.press("Enter");
    const card = page.locator("section.card");
    await card.waitFor();
    expect(await card.locator("h2").innerText()).toMatch(/^one\.example\s+fresh$/);
    const [first] = await card.locator(".methods > li").all();
    const method = (await first?.innerText()) ?? "";
    expect(method).toContain("desk@example.net");
    expect(method).toContain("m.role.admin is for any query · not hosted by the server it is about");
    expect(method).toContain("last seen 3 hours ago");
    expect(await first?.getByRole("link").getAttribute("href")).toBe("mailto:desk@example.net");
    await page.getByLabel("What is it about?").selectOption("security");
    await card.locator(".methods > li:first-child", { hasText: "security@example.net" }).waitFor();
    expect(await card.locator("dl").innerText()).toMatch(/Software\s+Synapse 1\.98\.0\s+Online since\s+3 hours ago/);
    await card.getByText("1 finding on its document").or(card.getByText("No findings")).first().waitFor();
    await card.getByText("History", { exact: true }).click();
    await card.getByText("document published, 3 hours ago").waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: "/", search: "" });
    expect(complaints).toEqual([]);
  });

  test.each([
    ["dark", PHONE],
    ["light", PHONE],
    ["light", DESKTOP],
  ] as const)("what others wrote stays inert and inside its box (%s, %o)", async (colorScheme, size) => {
    const { page, complaints } = await openPage("/#/hostile.example", { ...size, colorScheme });
    const card = page.locator("section.card");
    await card.waitFor();
    for (const details of await card.locator("summary").all()) await details.click();
    expect(await card.innerText()).toContain("<img/src=x/onerror=document.title='owned'>");
    expect(await card.innerText()).not.toContain("\u202e");
    expect(await page.locator("#results img, #results [href^='javascript']").count()).toBe(0);
    expect(await page.title()).toBe("Switchboard");
    const [content, window] = await page.evaluate<number[]>("[document.documentElement.scrollWidth, innerWidth]");
    expect(content).toBeLessThanOrEqual(window ?? 0);
    expect(complaints).toEqual([]);
  });

  test.each([PHONE, DESKTOP])("the page about the crawler fits (%o), and is found from the first one", async (size) => {
    const { page, complaints } = await openPage("/", size);
    await page.getByRole("link", { name: "The crawler" }).click();
    await page.getByRole("heading", { name: "Be left alone", exact: true }).waitFor();
    await page.getByText('TXT "v=switchboard1; directory=no"').waitFor();
    const [content, window] = await page.evaluate<number[]>("[document.documentElement.scrollWidth, innerWidth]");
    expect(content).toBeLessThanOrEqual(window ?? 0);
    expect(complaints).toEqual([]);
  });

  test("a server that nobody knows is offered to be added, and a look-up that is none says what to write", async () => {
    const { page, complaints } = await openPage("/#/@a:unknown.example", PHONE);
    await page.getByText("No contact is known.").waitFor();
    expect(complaints).toEqual([]);
    await page.getByRole("button", { name: "Add it to the directory" }).click();
    await expect.poll(async () => (await directory.app.inject("/v1/servers/unknown.example")).statusCode).toBe(200);
    await page.goto(`${url}/#/${encodeURIComponent("spam@one.example")}`);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("@spam:one.example");
  });

  test("a room says that the sender is needed; the page with a stable address needs no script", async () => {
    const { page } = await openPage("/#/!room:one.example", DESKTOP);
    await page.getByText("This does not say whose user it was.").waitFor();
    const plain = await openPage("/", { ...PHONE, javaScriptEnabled: false });
    await plain.page.getByLabel("A server name, or a user").fill("@a:one.example");
    await plain.page.getByLabel("What is it about?").selectOption("security");
    await plain.page.getByRole("button", { name: "Look up" }).click();
    await plain.page.waitForURL(/\/r\/%40a%3Aone\.example\?purpose=security$/);
    expect(await plain.page.locator(".methods a").first().innerText()).toBe("security@example.net");
    expect(plain.complaints).toEqual([]);
  });
});
