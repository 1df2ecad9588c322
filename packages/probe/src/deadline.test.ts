import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlineExceeded, startDeadline, startPart } from "./deadline.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Time passes, and then what has arrived meanwhile is heard. */
async function passTime(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

describe("startDeadline", async () => {
  test("aborts when the time is over", async () => {
    const deadline = startDeadline(1_000);
    vi.advanceTimersByTime(999);
    expect(deadline.signal.aborted).toBe(false);
    expect(deadline.elapsedMs()).toBe(999);
    await passTime(1);
    expect(deadline.signal.reason).toBeInstanceOf(DeadlineExceeded);
  });

  test("stops for as long as something outside is waited for", async () => {
    const deadline = startDeadline(1_000);
    vi.advanceTimersByTime(600);
    const outside = deadline.outside(() => new Promise((resolve) => setTimeout(resolve, 5_000)));
    await vi.advanceTimersByTimeAsync(5_000);
    await outside;
    expect(deadline.elapsedMs()).toBe(600);
    vi.advanceTimersByTime(399);
    expect(deadline.signal.aborted).toBe(false);
    await passTime(1);
    expect(deadline.signal.aborted).toBe(true);
  });

  test("goes on after something outside failed", async () => {
    const deadline = startDeadline(1_000);
    await expect(deadline.outside(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await passTime(1_000);
    expect(deadline.signal.aborted).toBe(true);
  });

  test("aborts with what it is given, and then has no timer", async () => {
    const deadline = startDeadline(1_000);
    const reason = new Error("shutting down");
    const outside = deadline.outside(() => new Promise((resolve) => setTimeout(resolve, 10)));
    deadline.abort(reason);
    await vi.advanceTimersByTimeAsync(10);
    await outside;
    expect(deadline.signal.reason).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("has no timer once disposed of", () => {
    startDeadline(1_000).dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("startPart", () => {
  test("is over before the whole, which goes on", async () => {
    const whole = startDeadline(1_000);
    const part = startPart(whole, 400);
    await passTime(400);
    expect(part.signal.reason).toBeInstanceOf(DeadlineExceeded);
    expect(whole.signal.aborted).toBe(false);
  });

  test("is over with the whole, for the same reason, also where that is over already", () => {
    const whole = startDeadline(1_000);
    const part = startPart(whole, 4_000);
    const reason = new Error("shutting down");
    whole.abort(reason);
    expect(part.signal.reason).toBe(reason);
    expect(startPart(whole, 4_000).signal.reason).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("stops together with the whole for as long as something outside is waited for", async () => {
    const whole = startDeadline(1_000);
    const part = startPart(whole, 400);
    const outside = part.outside(() => new Promise((resolve) => setTimeout(resolve, 5_000)));
    await vi.advanceTimersByTimeAsync(5_000);
    await outside;
    expect([whole.elapsedMs(), part.elapsedMs()]).toEqual([0, 0]);
    await passTime(400);
    expect([whole.signal.aborted, part.signal.aborted]).toEqual([false, true]);
  });

  test("leaves the whole alone once disposed of", () => {
    const whole = startDeadline(1_000);
    const part = startPart(whole, 400);
    part.dispose();
    whole.abort(new Error("later"));
    expect(part.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
