/* The data set that is open: what its tabs ask of the page around them. */

/**
 * How many rows a page of the list has, which rows wait to be rewritten, which operation the address asked for, and the page's own acts
 * (set when a data set is shown).
 * @type {{pageRows: number, toRewrite: number[] | null, wanted: {operation: string, values: URLSearchParams} | null, openTab(key: string): unknown, reload(...opened: unknown[]): Promise<unknown>}}
 */
export const openSet = { pageRows: 50, toRewrite: null, wanted: null, openTab: (_key) => undefined, reload: async () => undefined };
