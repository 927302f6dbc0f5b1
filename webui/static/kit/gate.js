/* One gate for everything that asks the server by itself. While the server does not answer the gate is shut: nothing asks
   but the gate, later each time. Without a page, so that it can be tested. */

const MOST_SECONDS = 30;
const SPREAD = 0.2; // of the time to wait, so that many tabs do not come back at the same moment

/** Seconds until the next try, the `tries`-th in a row: twice as long each time, and never longer than half a minute. */
export const secondsToWait = (tries, random = Math.random) => Math.min(MOST_SECONDS, 2 ** tries) * (1 - SPREAD * random());

/** A gate. `ask()` resolves to whether the server answers; `tell()` is called when what `state()` says has changed.
    `clock`: {now(), later(seconds, task) -> cancel, random()}; `seen()`: whether anybody looks at the page. */
export function makeGate({ ask, tell, clock, seen }) {
  const self = { away: false, tries: 0, next: 0, asking: null, cancel: () => {} };

  const wait = () => {
    const seconds = secondsToWait(self.tries, clock.random);
    self.tries += 1;
    self.next = clock.now() + seconds;
    self.cancel = clock.later(seconds, () => { if (seen()) look(); });
  };

  /** Ask once, however many want to know at the same time. */
  const look = () => {
    self.asking ||= ask().then((answers) => {
      self.asking = null;
      self.cancel();
      self.away = !answers;
      if (answers) self.tries = 0;
      else wait();
      tell();
      return answers;
    });
    if (self.away) tell();
    return self.asking;
  };

  return {
    /** May the page ask by itself now? */
    open: () => !self.away,
    /** A call got no answer: is the server gone? Resolves to whether it answers; asks nothing while that is known. */
    doubt: () => (self.away ? Promise.resolve(false) : look()),
    /** It is known to be gone. */
    lost: () => {
      if (self.away) return;
      self.away = true;
      wait();
      tell();
    },
    /** Try again at once: by hand, or because the page is looked at again or the network is back. */
    now: () => (self.away ? look() : Promise.resolve(true)),
    /** {away, trying, seconds until the next try}. */
    state: () => ({ away: self.away, trying: Boolean(self.asking), seconds: Math.max(0, Math.ceil(self.next - clock.now())) }),
  };
}
