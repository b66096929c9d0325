import { deferred } from './deferred.ts';

/**
 * The items of several sources as they come. A source is read on only once its last item was taken, so nothing piles up here.
 * The first error ends the others; leaving early ends all.
 */
export async function* merge<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const ready: { readonly item: T; readonly taken: () => void }[] = [];
  let running = sources.length;
  let failure: { readonly error: unknown } | undefined;
  let over = false;
  let news = deferred<void>();
  const tell = (): void => news.resolve();

  const pump = async (source: AsyncGenerator<T>): Promise<void> => {
    try {
      for await (const item of source) {
        if (over) return;
        const taken = deferred<void>();
        ready.push({ item, taken: () => taken.resolve() });
        tell();
        await taken.promise;
        if (over) return;
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      running--;
      tell();
    }
  };

  const pumps = sources.map(pump);
  try {
    for (;;) {
      if (failure !== undefined) throw failure.error;
      const [next] = ready;
      if (next !== undefined) {
        yield next.item;
        ready.shift();
        next.taken();
      } else if (running === 0) return;
      else {
        await news.promise;
        news = deferred();
      }
    }
  } finally {
    over = true;
    for (const { taken } of ready) taken();
    // A source that waits for its agent ends by the statement's signal, not by us.
    void Promise.all(pumps);
  }
}
