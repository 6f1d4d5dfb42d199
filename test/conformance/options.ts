/** Options for an instance in a test: nothing granted, a frozen clock, a fixed seed, no waiting. */
import type { InstanceOptions } from "../../src/host/plugin.ts";

export function plainOptions(overrides: Partial<InstanceOptions> = {}): InstanceOptions {
  return {
    id: 1,
    imports: new Map(),
    seed: new Uint8Array(32),
    now: () => 1_700_000_000_000,
    sleep: () => Promise.resolve(),
    log: () => {},
    ...overrides,
  };
}
