/* Calls that wait for one another. */

/** `task`, one call after the other: what is asked for "since the last answer" must not be asked twice at once. */
export function inTurn(task) {
  let last = Promise.resolve();
  return (...args) => {
    const next = () => task(...args);
    return (last = last.then(next, next));
  };
}
