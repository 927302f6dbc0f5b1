// What every script of the pages may count on: its view's context, and what the browser's window holds.
import type { FaultView, ViewFunctions, ViewNews, ViewValues } from "./server";

declare global {
  type ViewName = keyof ViewFunctions;

  /** What a view gets beside its place and its value. */
  interface Ctx<Name extends ViewName> {
    element: HTMLElement;
    root: HTMLElement;
    props: { value: ViewValues[Name] };
    /** What the view keeps for itself. */
    state: Record<string, any>;
    server: Record<string, (args: unknown[]) => Promise<any>>;
    upload: ((...args: any[]) => Promise<any>) | null;
    watch(name: string, task: () => void): void;
    trigger(name: string, value?: unknown): void;
    /** Call a function of the page on the server. Rejects with a `Refusal`. */
    call<F extends keyof ViewFunctions[Name]>(
      name: F, ...args: ViewFunctions[Name][F] extends (...args: infer A) => unknown ? A : never
    ): Promise<ViewFunctions[Name][F] extends (...args: any[]) => infer R ? R : never>;
    /** Ask a polled function of the page: `value` is null when `version` is still the newest. Rejects with a `Refusal`. */
    news<F extends keyof ViewNews[Name]>(
      name: F, version: string, ...args: ViewNews[Name][F] extends (...args: infer A) => unknown ? A : never
    ): Promise<{ version: string; value: (ViewNews[Name][F] extends (...args: any[]) => infer R ? R : never) | null }>;
  }

  /** What the parts of a view share: its context, and whatever they keep. */
  type Parts<Name extends ViewName> = { ctx: Ctx<Name>; [name: string]: any };

  /** A view: it draws `value` into `root`, and is called again on each new value. */
  type View<Name extends ViewName> = (root: HTMLElement, value: ViewValues[Name], ctx: Ctx<Name>) => void | Promise<void>;

  /** The error of a refused call. */
  type Refusal = Error & FaultView;

  /** What can stand in an element: text, elements, lists of these, or nothing. */
  type Child = Node | string | number | null | undefined | false | Child[];

  interface Window {
    /** The colour scheme, set before anything is painted (kit/early.js). */
    TS: { scheme(choice?: string): void; schemeChosen(): string; [name: string]: any };
  }
}
