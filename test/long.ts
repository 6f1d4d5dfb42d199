/** What the ordinary run leaves to `npm run test:long`, and says so. */

/** Whether this is the long run. */
export const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;

/** True in the long run; else tells what is left out, and why that may be. */
export function isLong(what: string, why: string): boolean {
  if (!LONG) console.log(`skipped: ${what}: ${why}; \`npm run test:long\` runs it`);
  return LONG;
}
