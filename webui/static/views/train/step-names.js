/* The steps of the wizard, and their addresses. */

/** In the order in which they are gone through. */
export const STEPS = ["model", "data", "budget", "method", "review"];

/** The address of a step. */
export const stepUrl = (step) => location.pathname + "?" + new URLSearchParams({ step });
