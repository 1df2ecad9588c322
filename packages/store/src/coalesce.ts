export type CoalesceOptions<Key, Value> = {
  /** Answers what there is of the keys, each given once, in one query. */
  readonly load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  readonly maxKeys: number;
  readonly maxInFlight: number;
};

/** The look-ups that the next query answers. */
type Gathering<Key, Value> = {
  readonly keys: Set<Key>;
  readonly answer: PromiseWithResolvers<ReadonlyMap<Key, Value>>;
};

/**
 * Makes many look-ups at once few queries: what is asked for in one turn of the event loop, or while `maxInFlight`
 * queries are under way, goes into the next one, with at most `maxKeys` keys. Nothing is kept: each query begins after the
 * look-ups it answers, so none is told what was true before it asked. A query that fails fails the look-ups in it alone.
 */
export function coalesce<Key, Value>({
  load,
  maxKeys,
  maxInFlight,
}: CoalesceOptions<Key, Value>): (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>> {
  const waiting: Gathering<Key, Value>[] = [];
  let inFlight = 0;
  let scheduled = false;

  function join(key: Key): Gathering<Key, Value> {
    const last = waiting.at(-1);
    if (last !== undefined && (last.keys.has(key) || last.keys.size < maxKeys)) {
      last.keys.add(key);
      return last;
    }
    const next = { keys: new Set([key]), answer: Promise.withResolvers<ReadonlyMap<Key, Value>>() };
    waiting.push(next);
    return next;
  }

  /** After everything else of this turn, so that requests that arrived together go together. */
  function schedule(): void {
    if (scheduled || inFlight >= maxInFlight || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      while (inFlight < maxInFlight) {
        const gathering = waiting.shift();
        if (gathering === undefined) return;
        void send(gathering);
      }
    });
  }

  async function send({ keys, answer }: Gathering<Key, Value>): Promise<void> {
    inFlight += 1;
    try {
      answer.resolve(await load([...keys]));
    } catch (error) {
      answer.reject(error);
    } finally {
      inFlight -= 1;
      schedule();
    }
  }

  return async (keys) => {
    const joined = new Set(keys.map(join));
    schedule();
    const answers = await Promise.all([...joined].map(({ answer }) => answer.promise));
    const found = new Map<Key, Value>();
    for (const key of keys) {
      for (const answer of answers) {
        const value = answer.get(key);
        if (value !== undefined) found.set(key, value);
      }
    }
    return found;
  };
}
